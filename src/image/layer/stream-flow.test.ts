import { randomBytes } from 'node:crypto'
import zlib from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { DEFAULT_LIMITS } from '../../lib/limits.ts'
import type { RemoteBytes } from '../types.ts'
import { streamLayer } from './stream.ts'

const MIB = 1024 * 1024

/** A layer of so many mebibytes that comes piece by piece, counting how many were asked for and whether it was let go. */
function counted(pieces: readonly Uint8Array<ArrayBuffer>[]) {
  const seen = { asked: 0, closed: 0 }
  const bytes: RemoteBytes = {
    async *open() {
      try {
        for (const piece of pieces) {
          seen.asked++
          yield piece
        }
      } finally {
        seen.closed++
      }
    },
  }
  return { bytes, seen }
}

const noise = Array.from({ length: 32 }, () => new Uint8Array(randomBytes(MIB)))
const packed = zlib.gzipSync(Buffer.concat(noise), { level: 1 })
const gzip = Array.from(
  { length: Math.ceil(packed.length / MIB) },
  (_, i) => new Uint8Array(packed.subarray(i * MIB, (i + 1) * MIB)),
)

describe.each([
  ['plain', noise],
  ['gzip', gzip],
] as const)('a layer that is streamed, %s', (_, pieces) => {
  it('ends at once when it is cancelled, and lets its source go', async () => {
    const { bytes, seen } = counted(pieces)
    const cancel = new AbortController()
    let chunks = 0
    const streaming = streamLayer(
      { at: 'remote' },
      {
        ...{ name: 'the-layer', expect: {}, limits: DEFAULT_LIMITS, signal: cancel.signal, bytes },
        onChunk: () => {
          if (++chunks === 2) cancel.abort()
        },
      },
    )
    await expect(streaming).rejects.toMatchObject({ kind: 'interrupted' })
    // What was on its way when it happened, and no more.
    expect(seen.asked).toBeLessThan(12)
    expect(seen.closed).toBe(1)
  })

  it('holds its source back for as long as it is behind', async () => {
    const { bytes, seen } = counted(pieces)
    let done = 0
    let furthest = 0
    await streamLayer(
      { at: 'remote' },
      {
        ...{ name: 'the-layer', expect: {}, limits: DEFAULT_LIMITS, signal: new AbortController().signal, bytes },
        onChunk: (chunk) => {
          done += chunk.length
          furthest = Math.max(furthest, seen.asked - done / MIB)
        },
      },
    )
    expect(done).toBe(32 * MIB)
    expect(furthest).toBeLessThan(12)
  })
})
