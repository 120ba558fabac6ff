import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { HTTP, updateScene } from '../../test/support/update-scene.ts'
import { openAdvisories } from './open.ts'
import { packAdvisories } from './pack.ts'
import { updateAdvisories } from './update.ts'

const scene = updateScene()

describe('a packed database', () => {
  it('carries everything to another machine, origins and times included, and is opened as it is', async () => {
    await scene.update()
    const file = join(scene.cacheDir, 'carry.bulwark')
    const packed = packAdvisories(scene.cacheDir, file)
    expect(packed).toMatchObject({ records: 41, digest: expect.stringMatching(/^sha256:/) })
    const other = join(scene.cacheDir, 'other')
    const report = await updateAdvisories(
      { cacheDir: other, from: file },
      { env: {}, now: () => new Date(), http: HTTP },
    )
    expect(report.ecosystems.map((one) => one.records)).toEqual([1, 40])
    const direct = openAdvisories(file)
    const carried = openAdvisories(other)
    for (const database of [direct, carried]) {
      expect(database.origin('NPM-1000')).toEqual({ source: 'osv', fetchedAt: '2026-02-01T00:00:00.000Z' })
      expect(database.kev('CVE-2026-0001')?.name).toBe('A flaw')
      expect(database.epss('CVE-2026-0001')?.on).toBe('2026-01-03')
      expect(database.affected('Debian', 'openssl')).toHaveLength(1)
      database.close()
    }
  })

  it.each([
    ['changed', (file: Buffer) => (file[5_000] ^= 1)],
    ['with another size', (file: Buffer) => file.write('9', 92, 'latin1')],
    ['with another title', (file: Buffer) => file.write('9', 19, 'latin1')],
  ])('is refused when %s', async (_name, spoil) => {
    await scene.update()
    const file = join(scene.cacheDir, 'carry.bulwark')
    packAdvisories(scene.cacheDir, file)
    const bytes = await readFile(file)
    spoil(bytes)
    await writeFile(file, bytes)
    expect(() => openAdvisories(file)).toThrow(file)
    const other = join(scene.cacheDir, 'other')
    const io = { env: {}, now: () => new Date(), http: HTTP }
    await expect(updateAdvisories({ cacheDir: other, from: file }, io)).rejects.toMatchObject({ input: file })
    expect(await readdir(join(other, 'advisories'))).toEqual([])
    await writeFile(file, bytes.subarray(0, bytes.length - 1000))
    expect(() => openAdvisories(file)).toThrow(file)
  })
})
