import { createHash, hash } from 'node:crypto'
import { setImmediate } from 'node:timers/promises'
import { deflateRawSync, gzipSync, zstdCompressSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { InflateStage } from './inflate-stage.ts'

const TEXT = Buffer.from('what is in this image '.repeat(500))

describe('a stage that cannot go on settles every promise it gave', () => {
  it.each([
    ['zstd', zstdCompressSync(TEXT)],
    ['gzip', gzipSync(TEXT)],
  ] as const)('rejects writes to corrupt %s', async (format, packed) => {
    packed[0] ^= 0xff
    const stage = new InflateStage(format, () => undefined)
    await expect(Promise.all([stage.write(packed), stage.write(packed)])).rejects.toThrow()
    await expect(stage.end()).rejects.toThrow()
  })

  it('rejects with what the consumer of its output threw', async () => {
    const stage = new InflateStage('gzip', () => {
      throw new Error('too much')
    })
    const writes = Promise.all([stage.write(gzipSync(TEXT)), stage.end()])
    await expect(writes).rejects.toThrow('too much')
  })

  it('says how much it used when the data ended before the input did', async () => {
    const packed = deflateRawSync(TEXT)
    const stage = new InflateStage('raw', () => undefined)
    expect(await stage.write(Buffer.concat([packed, Buffer.from('garbage')]))).toBe(packed.length)
    await stage.end()
  })
})

describe('output that comes faster than it is taken', () => {
  const large = Buffer.from(Array.from({ length: 1_500_000 }, (_, i) => `line ${i}\n`).join(''))

  it.each([
    ['gzip', gzipSync(large)],
    ['zstd', zstdCompressSync(large)],
  ] as const)('is handed over whole and in order (%s)', async (format, packed) => {
    const seen = createHash('sha256')
    const stage = new InflateStage(format, (chunk) => {
      seen.update(chunk)
      return undefined
    })
    await stage.write(packed)
    await stage.end()
    expect(seen.digest('hex')).toBe(hash('sha256', large))
  })

  it('stays valid until the consumer has had its time', async () => {
    const seen = createHash('sha256')
    let underWay = 0
    const stage = new InflateStage('gzip', async (chunk) => {
      expect(++underWay).toBe(1)
      for (let turn = 0; turn < 3; turn++) await setImmediate()
      seen.update(chunk)
      underWay--
    })
    await stage.write(gzipSync(large))
    await stage.end()
    expect(seen.digest('hex')).toBe(hash('sha256', large))
  })

  it('holds the input back', async () => {
    let release = (): void => {}
    const held = new Promise<void>((resolve) => {
      release = resolve
    })
    const stage = new InflateStage('gzip', () => held)
    let written = false
    const writing = stage.write(gzipSync(large)).then(() => {
      written = true
    })
    for (let turn = 0; turn < 200; turn++) await setImmediate()
    expect(written).toBe(false)
    release()
    await Promise.all([writing, stage.end()])
    expect(written).toBe(true)
  })
})
