import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { RemoteBytes } from '../image/index.ts'
import { Failure } from '../lib/failure.ts'
import { bytesOver, serveBytes } from './thread-bytes.ts'

const KIB = 1024
const signal = new AbortController().signal

let channel: MessageChannel
let stop: AbortController
beforeEach(() => {
  channel = new MessageChannel()
  stop = new AbortController()
})
afterEach(() => {
  channel.port1.close()
  channel.port2.close()
})

type Ports = Parameters<typeof serveBytes>[0]

/** The bytes as the other side of a channel gets them. */
function across(bytes: RemoteBytes): RemoteBytes {
  serveBytes(channel.port1 as unknown as Ports, bytes, stop.signal)
  return bytesOver(channel.port2 as unknown as Ports)
}

/** A source of pieces of a size that counts what was taken of it and whether it was let go. */
function counting(pieceBytes: number, pieces: number) {
  const seen = { taken: 0, ended: 0, opened: 0 }
  const bytes: RemoteBytes = {
    async *open({ offset, length = pieceBytes * pieces }) {
      seen.opened++
      try {
        for (let done = 0; done < length; done += pieceBytes) {
          const piece = new Uint8Array(Math.min(pieceBytes, length - done)).fill((offset + done) & 0xff)
          seen.taken += piece.length
          yield piece
        }
      } finally {
        seen.ended++
      }
    },
  }
  return { bytes, seen }
}

async function all(pieces: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const got: Uint8Array[] = []
  for await (const piece of pieces) got.push(piece)
  return Buffer.concat(got)
}

/** Lets everything that is under way between the two ports arrive. */
async function settled(): Promise<void> {
  for (let i = 0; i < 50; i++) await new Promise((resolve) => setImmediate(resolve))
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setImmediate(resolve))
}

describe('bytes for another thread', () => {
  it('arrive in order, small pieces put together, whatever their sizes', async () => {
    const parts = [0, 1, 700 * KIB, 3, 0, 1200 * KIB, 512 * KIB].map((size, i) => new Uint8Array(size).fill(i + 1))
    const bytes: RemoteBytes = {
      async *open() {
        for (const part of parts) yield part.slice()
      },
    }
    const got: Uint8Array[] = []
    for await (const piece of across(bytes).open({ offset: 0 }, signal)) got.push(piece)
    expect(Buffer.concat(got).equals(Buffer.concat(parts))).toBe(true)
    expect(got.slice(0, -1).every((piece) => piece.length === 512 * KIB)).toBe(true)
  })

  it('are none where there are none', async () => {
    expect((await all(across(counting(1, 0).bytes).open({ offset: 0 }, signal))).length).toBe(0)
  })

  it('are asked for by range, with the reason', async () => {
    const asked: unknown[] = []
    const bytes: RemoteBytes = {
      async *open(range) {
        asked.push(range)
        yield Uint8Array.of(1)
      },
    }
    const range = { offset: 7, length: 1, because: 'for a test' }
    await all(across(bytes).open(range, signal))
    expect(asked).toEqual([range])
  })

  it('are held back while nobody takes them', async () => {
    const { bytes, seen } = counting(256 * KIB, 1000)
    const pieces = across(bytes).open({ offset: 0 }, signal)[Symbol.asyncIterator]()
    await pieces.next()
    await settled()
    // Three pieces of 512 KiB on the way, one for the one that was taken, and what the source prepared for the next.
    expect(seen.taken).toBeLessThanOrEqual(5 * 512 * KIB)
    await pieces.return?.()
  })

  it('are let go at the source when they are no longer wanted', async () => {
    const { bytes, seen } = counting(512 * KIB, 1000)
    for await (const _ of across(bytes).open({ offset: 0 }, signal)) break
    await until(() => seen.ended === 1)
    const { taken } = seen
    await settled()
    expect(seen.taken).toBe(taken)
  })

  it('come in several streams at once, each its own', async () => {
    const { bytes, seen } = counting(100 * KIB, 1)
    const remote = across(bytes)
    const ranges = [0, 1, 2, 3].map((offset) => ({ offset, length: 900 * KIB + offset }))
    const got = await Promise.all(ranges.map((range) => all(remote.open(range, signal))))
    expect(got.map((one) => one.length)).toEqual(ranges.map(({ length }) => length))
    expect(got.map((one) => one[0])).toEqual([0, 1, 2, 3])
    expect(seen.opened).toBe(4)
    // And again, after all of them have ended.
    expect((await all(remote.open({ offset: 9, length: 5 }, signal)))[0]).toBe(9)
  })
})

describe('bytes that cannot be had', () => {
  it('are a failure in its own words, after those that came', async () => {
    const bytes: RemoteBytes = {
      async *open() {
        yield new Uint8Array(512 * KIB)
        throw new Failure('blob-missing', 'the registry has no such blob', {
          input: 'registry.example',
          hints: ['ask'],
        })
      },
    }
    const pieces = across(bytes).open({ offset: 0 }, signal)[Symbol.asyncIterator]()
    expect((await pieces.next()).value).toHaveLength(512 * KIB)
    await expect(pieces.next()).rejects.toMatchObject({
      name: 'Failure',
      code: 'blob-missing',
      input: 'registry.example',
      hints: ['ask'],
    })
  })

  it('are a failure too when the source throws at once or something of its own', async () => {
    const bytes: RemoteBytes = {
      open() {
        throw new TypeError('not a function')
      },
    }
    await expect(all(across(bytes).open({ offset: 0 }, signal))).rejects.toMatchObject({ message: 'not a function' })
  })

  it('one stream fails and the next one works', async () => {
    const bytes: RemoteBytes = {
      async *open({ offset }) {
        if (offset === 0) throw new Failure('gone', 'gone')
        yield Uint8Array.of(offset)
      },
    }
    const remote = across(bytes)
    await expect(all(remote.open({ offset: 0 }, signal))).rejects.toMatchObject({ code: 'gone' })
    expect([...(await all(remote.open({ offset: 5 }, signal)))]).toEqual([5])
  })
})

describe('a stream that is cancelled', () => {
  /** A source that never answers, until its signal. */
  const hanging = () => {
    const seen = { aborted: 0 }
    const bytes: RemoteBytes = {
      async *open(_, cancelled) {
        await new Promise((resolve) => cancelled.addEventListener('abort', resolve))
        seen.aborted++
      },
    }
    return { bytes, seen }
  }

  it('by the thread that reads, ends at once and frees the source', async () => {
    const { bytes, seen } = hanging()
    const cancel = new AbortController()
    const reading = all(across(bytes).open({ offset: 0 }, cancel.signal))
    await settled()
    cancel.abort()
    await expect(reading).rejects.toMatchObject({ name: 'AbortError' })
    await until(() => seen.aborted === 1)
  })

  it('before it began, asks for nothing that stays', async () => {
    const { bytes, seen } = counting(KIB, 10)
    await expect(all(across(bytes).open({ offset: 0 }, AbortSignal.abort()))).rejects.toMatchObject({
      name: 'AbortError',
    })
    await settled()
    expect(seen.opened - seen.ended).toBe(0)
  })

  it('by the thread that serves, frees the source', async () => {
    const { bytes, seen } = hanging()
    void across(bytes).open({ offset: 0 }, signal)[Symbol.asyncIterator]().next()
    await settled()
    stop.abort()
    await until(() => seen.aborted === 1)
  })

  it('by the end of its port, frees the source', async () => {
    const { bytes, seen } = hanging()
    void across(bytes).open({ offset: 0 }, signal)[Symbol.asyncIterator]().next()
    await settled()
    channel.port2.close()
    await until(() => seen.aborted === 1)
  })
})
