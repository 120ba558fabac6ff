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
