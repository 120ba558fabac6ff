import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { osvRecord, zipOf } from '../../test/mirror-server.ts'
import { zipped } from '../../test/support/zip-writer.ts'
import { visitZip, type ZipItem } from './zip-records.ts'

describe('archives of records', () => {
  let folder = ''
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'bulwark-zip-'))
  })
  afterAll(() => rm(folder, { recursive: true, force: true }))

  async function visited(bytes: Uint8Array, limits?: Parameters<typeof visitZip>[3]): Promise<ZipItem[]> {
    const path = join(folder, 'a.zip')
    await writeFile(path, bytes)
    const items: ZipItem[] = []
    await visitZip(path, 'a.zip', (item) => items.push(item), limits)
    return items
  }

  it('gives every record under its bare name, and bombs as wrong', async () => {
    const zip = zipOf([
      ['A.json', '{}'],
      ['/abs/../B.json', '{}'],
      ['readme.txt', 'x'],
      ['bomb.json', Buffer.alloc(15_000_000)],
      ['large.json', Buffer.alloc(17_000_000)],
    ])
    const limits = { entries: 10, entryBytes: 16 * 1024 ** 2, totalBytes: 1e9, ratio: 500 }
    expect((await visited(zip, limits)).map((item) => ('wrong' in item ? [item.name, item.wrong] : item.name))).toEqual(
      ['A', 'B', ['bomb', expect.stringContaining('500 times')], ['large', expect.stringContaining('larger than')]],
    )
    await expect(visited(zip, { ...limits, entries: 3 })).rejects.toMatchObject({ input: 'a.zip' })
    await expect(visited(zip, { ...limits, totalBytes: 3 })).rejects.toMatchObject({ input: 'a.zip' })
  })

  it('are refused when their directory holds more than it counts, so that nothing of it is lost', async () => {
    const entries = ['A.json', 'B.json', 'C.json'].map((name) => ({ name, body: '{}' }))
    await expect(visited(zipped(entries, { count: 2 }))).rejects.toMatchObject({
      input: 'a.zip',
      message: expect.stringContaining('holds more than the 2 entries'),
    })
    expect(await visited(zipped(entries))).toHaveLength(3)
    expect(await visited(zipped([]))).toEqual([])
  })

  it('are read or refused with their name wherever they are changed or cut', async () => {
    const zip = zipOf(
      Array.from({ length: 5 }, (_, index) => [`R-${index}.json`, JSON.stringify(osvRecord(`R-${index}`))]),
    )
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat(zip.length - 1), fc.nat(255)), { maxLength: 4 }),
        fc.nat(zip.length),
        async (changes, length) => {
          const spoiled = Buffer.from(zip)
          for (const [at, value] of changes) spoiled[at] = value
          const rejected = await visited(length > zip.length / 2 ? spoiled : spoiled.subarray(0, length)).catch(
            (error) => error,
          )
          if (!Array.isArray(rejected)) expect(rejected).toMatchObject({ name: 'Failure', input: 'a.zip' })
        },
      ),
    )
  })
})
