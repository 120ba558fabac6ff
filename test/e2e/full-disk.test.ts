import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { ecosystemFiles, mirrorServer, osvRecord } from '../mirror-server.ts'
import { ALL_FINDINGS, smallMirror, useFlagFixtures } from '../support/flag-fixtures.ts'

const fixtures = useFlagFixtures()
const mounted: string[] = []

/** A file system of so many kibibytes, or undefined where this user or machine may not mount one. */
function smallDisk(name: string, kibibytes: number): string | undefined {
  const folder = join(fixtures.folder, name)
  mkdirSync(folder)
  const { status } = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${kibibytes}k`, 'none', folder])
  if (status !== 0) return undefined
  mounted.push(folder)
  return folder
}

/** Fills what is left of a disk. */
function fill(folder: string): void {
  const piece = Buffer.alloc(4096)
  try {
    for (let i = 0; ; i++) writeFileSync(join(folder, `filling${i}`), piece)
  } catch {
    // It is full now.
  }
}

const MAY_NOT = 'may not mount a file system here'

describe('a full disk', () => {
  afterAll(() => {
    for (const folder of mounted) spawnSync('umount', [folder])
  })

  it('under the advisories: the update fails by name, and the last good database stays', async (context) => {
    const disk = smallDisk('disk', 2048)
    if (disk === undefined) return context.skip(MAY_NOT)
    const server = await mirrorServer(smallMirror())
    try {
      const at = ['--cache-dir', disk]
      const update = ['advisories', 'update', '--all', '--from', server.url, ...at]
      expect((await fixtures.run(update)).status).toBe(0)
      const large = Array.from({ length: 4000 }, (_, i) =>
        osvRecord(`GHSA-many-${i}`, { details: randomBytes(1000).toString('base64') }),
      )
      ecosystemFiles(server.files, 'npm', large)
      const ran = await fixtures.run(update)
      expect(ran.status, ran.stdout).toBe(3)
      expect(ran.stderr).toMatch(/^error: .*(no space|disk is full)/im)
      expect(ran.stderr).not.toMatch(/defect of bulwark/)
      expect(await fixtures.found(fixtures.image, at)).toEqual(ALL_FINDINGS)
      expect(readdirSync(join(disk, 'advisories')).filter((name) => /^new-|\.tmp/.test(name))).toEqual([])
    } finally {
      await server.close()
    }
  })

  it('under the store of layers: the answer comes all the same', async (context) => {
    const disk = smallDisk('full', 64)
    if (disk === undefined) return context.skip(MAY_NOT)
    fill(disk)
    const words = ['--cache-dir', disk, '--advisories', join(fixtures.cache, 'advisories/advisories.db')]
    expect(await fixtures.found(fixtures.image, words)).toEqual(ALL_FINDINGS)
  })

  it('under the report: an error that names it, and no half of it', async (context) => {
    const disk = smallDisk('reports', 8)
    if (disk === undefined) return context.skip(MAY_NOT)
    const words = ['--format', 'json', '--all-findings', '--output', join(disk, 'report.json')]
    const ran = await fixtures.scan(fixtures.lockFolder(), words)
    expect(ran.status, ran.stderr).toBe(3)
    expect(ran.stderr).toMatch(/^error: .*report\.json: the report could not be written: no space left on device$/m)
    expect(readdirSync(disk)).toEqual([])
  })
})
