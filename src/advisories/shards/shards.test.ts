import { existsSync } from 'node:fs'
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ecosystemFiles, osvRecord } from '../../../test/mirror-server.ts'
import { componentOf, inventoryOf } from '../../../test/support/advisories.ts'
import { IMAGE } from '../../../test/support/matching.ts'
import { updateScene } from '../../../test/support/update-scene.ts'
import { openStored } from '../database/read.ts'
import { matchInventory } from '../matching/match.ts'
import { databasePath } from '../state.ts'
import { allShards } from './all-shards.ts'
import { buildShards } from './build.ts'
import { applyDelta, makeDelta, pack, unpack } from './delta.ts'
import { parseManifest, type ShardManifest } from './manifest.ts'
import { openShards, shardPath } from './open.ts'

const scene = updateScene()

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bulwark-shards-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const fixedIn = (id: string, fixes: Record<string, string>, name = 'openssl', more = {}) =>
  osvRecord(id, {
    upstream: [id.replace('DEBIAN-', '')],
    affected: Object.entries(fixes).map(([ecosystem, fixed]) => ({
      package: { ecosystem, name },
      ranges: [{ type: 'ECOSYSTEM', events: [{ introduced: '0' }, { fixed }] }],
    })),
    ...more,
  })

let edition = 0
/** What the source has now: the last Debian record is newer each time. */
const publish = (count: number, fixed = '3.0.9') => {
  const { files } = scene.server
  files.set('ecosystems.txt', Buffer.from('Debian\nGo\nnpm\n'))
  ecosystemFiles(files, 'Debian', [
    ...Array.from({ length: count }, (_, index) =>
      fixedIn(`DEBIAN-CVE-2025-${1000 + index}`, { 'Debian:11': '1', 'Debian:12': '2' }, `package-${index % 50}`),
    ),
    fixedIn('DEBIAN-CVE-2026-0002', { 'Debian:12': fixed }, 'openssl', {
      modified: new Date(Date.UTC(2026, 0, 2, 0, 0, edition++)).toISOString(),
    }),
  ])
  ecosystemFiles(files, 'Go', [
    osvRecord('GHSA-aaaa-bbbb-cccc', {
      aliases: ['CVE-2026-0002'],
      summary: 'A flaw in openssl',
      severity: [{ type: 'CVSS_V3', score: 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H' }],
      affected: [],
    }),
  ])
}

const build = () => {
  const database = openStored(databasePath(scene.cacheDir))
  try {
    return buildShards(database, folder)
  } finally {
    database.close()
  }
}

/** A machine that has fetched those shards. */
const fetched = async (manifest: ShardManifest, keep: (name: string, release: string) => boolean): Promise<string> => {
  const here = join(folder, 'machine')
  await rm(here, { recursive: true, force: true })
  await mkdir(join(here, 'shards'), { recursive: true })
  await copyFile(join(folder, 'manifest.json'), join(here, 'manifest.json'))
  const wanted = manifest.ecosystems.flatMap((one) => one.shards.filter((shard) => keep(one.name, shard.release)))
  for (const shard of [manifest.exploitation, ...wanted])
    await writeFile(
      shardPath(here, shard),
      unpack(await readFile(join(folder, 'shards', shard.packed.digest)), shard.bytes),
    )
  return here
}

const inventory = (version: string, ecosystem = 'Debian:12') =>
  inventoryOf([componentOf({ name: 'openssl', version, ecosystem })])

describe('a database of shards', () => {
  it('is one file for each release, the same bytes from the same database', async () => {
    publish(300)
    await scene.update()
    const first = build()
    expect(
      first.manifest.ecosystems.map((one) => [one.name, one.shards.map((shard) => [shard.release, shard.records])]),
    ).toEqual([
      [
        'Debian',
        [
          ['11', 300],
          ['12', 301],
        ],
      ],
      ['Go', [['', 1]]],
      ['npm', [['', 40]]],
    ])
    const names = await readdir(join(folder, 'shards'))
    const bytes = await readFile(join(folder, 'manifest.json'))
    expect(build().manifest).toEqual(first.manifest)
    expect(await readFile(join(folder, 'manifest.json'))).toEqual(bytes)
    expect(await readdir(join(folder, 'shards'))).toEqual(names)
  })

  it('gives what the whole database gives, with severity and title from ecosystems that were not fetched', async () => {
    publish(20)
    await scene.update()
    const whole = scene.look((database) => matchInventory(inventory('3.0.1'), database, IMAGE).findings)
    expect(whole).toMatchObject([
      { severity: { value: 'critical' }, title: expect.stringContaining('A flaw in openssl') },
    ])
    const { manifest } = build()
    const machine = await fetched(manifest, (name, release) => name === 'Debian' && release === '12')
    const database = openShards(machine)
    try {
      const found = matchInventory(inventory('3.0.1'), database, IMAGE)
      const plain = (list: readonly object[]) =>
        list.map((finding) =>
          JSON.parse(JSON.stringify(finding, (key, value) => (key === 'advisories' ? undefined : value))),
        )
      expect(plain(found.findings)).toEqual(plain(whole))
      expect(database.names('CVE-2026-0002')).toContain('GHSA-aaaa-bbbb-cccc')
      expect(database.kev('CVE-2026-0001')).toBeDefined()
      expect(database.epss('CVE-2026-0001')).toMatchObject({ probability: 0.5, on: '2026-01-03' })
      expect(database.status()).toMatchObject({
        everything: false,
        ecosystems: [{ name: 'Debian', releases: ['12'], records: 21 }],
      })
      expect(database.status().listed).toEqual(['Debian', 'Go', 'npm'])
      const other = matchInventory(inventory('1.0', 'Debian:11'), database, {
        includeKernelHeaders: false,
        image: true,
      })
      expect(other.coverage).toMatchObject([{ ecosystem: 'Debian:11', state: 'missing' }])
    } finally {
      database.close()
    }
  })

  it('changes by a delta that is small, and only where something changed', async () => {
    publish(3_000)
    await scene.update()
    const before = build()
    publish(3_000, '3.0.10')
    await scene.update({ force: true })
    const after = build()
    expect(after.changed).toBe(1)
    const [, twelve] = after.manifest.ecosystems[0].shards
    const [, old] = before.manifest.ecosystems[0].shards
    expect(twelve.deltas.map((delta) => delta.from)).toEqual([old.digest])
    expect(twelve.deltas[0].bytes).toBeLessThan(twelve.packed.bytes / 10)
    const read = (digest: string) => readFile(join(folder, 'shards', digest))
    const made = applyDelta(
      unpack(await read(old.packed.digest), old.bytes),
      await read(twelve.deltas[0].digest),
      twelve.bytes,
    )
    expect(made).toEqual(unpack(await read(twelve.packed.digest), twelve.bytes))
    expect(after.updateBytes).toBe(twelve.deltas[0].bytes)
  })

  it('keeps no file that its last builds do not name', async () => {
    for (const fixed of ['1', '2', '3', '4', '5', '6']) {
      publish(10, fixed)
      await scene.update({ force: true })
      build()
    }
    const named = new Set<string>()
    for (const name of ['manifest.json', 'older-1.json', 'older-2.json', 'older-3.json']) {
      const manifest = parseManifest(await readFile(join(folder, name)), name)
      for (const shard of allShards(manifest)) for (const one of [shard.packed, ...shard.deltas]) named.add(one.digest)
    }
    expect(new Set(await readdir(join(folder, 'shards')))).toEqual(named)
    expect((await readdir(folder)).filter((name) => name.startsWith('new-') || name.startsWith('.'))).toEqual([])
    for (const digest of named) expect(existsSync(join(folder, 'shards', digest))).toBe(true)
  })
})

describe('a manifest', () => {
  it.each([
    ['<html>', 'not JSON'],
    ['{}', 'no manifest'],
    ['{"format": 99, "ecosystems": [], "exploitation": {}}', 'another version'],
    ['{"format": 1, "ecosystems": [{"name": "../../etc"}], "exploitation": {}}', 'damaged'],
  ])('is refused for %j', (text, why) => {
    expect(() => parseManifest(Buffer.from(text), 'manifest.json')).toThrow(why)
  })
})

describe('a delta', () => {
  it('leads from any bytes to any others', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 2_000 }), fc.uint8Array({ maxLength: 2_000 }), (a, b) => {
        expect(Buffer.from(applyDelta(a, makeDelta(a, b), b.length)).equals(Buffer.from(b))).toBe(true)
        expect(Buffer.from(unpack(pack(b), b.length)).equals(Buffer.from(b))).toBe(true)
      }),
      { numRuns: 50 },
    )
  })
})
