import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, it } from 'vitest'
import { boltFile } from '../../../test/support/bolt-writer.ts'
import { catalog } from '../../../test/support/catalog.ts'
import { podman, podmanContainers } from './podman.ts'

const BOLT = 'home/u/.local/share/containers/storage/libpod/bolt_state.db'
const SQLITE = 'var/lib/containers/storage/db.sql'
const ID = 'a8036f14f15ead9517115576fb4462894a000620c2be556410f6c24afb8a482b'

interface Container {
  readonly image?: string
  readonly name?: string
  readonly imageId?: string
  readonly state: number
}

function configOf({ image, name, imageId = ID }: Container): string {
  return JSON.stringify({ RawImageName: image, rootfsImageName: name, rootfsImageID: imageId, spec: 'x'.repeat(9000) })
}

function bolt(containers: readonly Container[]): Uint8Array {
  const ctr = Object.fromEntries(
    containers.map((one, i) => [
      `${i}`,
      { config: configOf(one), state: JSON.stringify({ state: one.state }), dependencies: {} },
    ]),
  )
  return boltFile({ 'all-ctrs': { 0: 'name' }, ctr })
}

function sqlite(containers: readonly Container[]): Uint8Array {
  const folder = mkdtempSync(join(tmpdir(), 'bulwark-podman-'))
  try {
    const database = new DatabaseSync(join(folder, 'db.sql'))
    database.exec(
      'CREATE TABLE ContainerConfig(ID TEXT PRIMARY KEY NOT NULL, Name TEXT, PodID TEXT, JSON TEXT NOT NULL)',
    )
    database.exec(
      'CREATE TABLE ContainerState(ID TEXT PRIMARY KEY NOT NULL, State INTEGER, ExitCode INTEGER, JSON TEXT)',
    )
    containers.forEach((one, i) => {
      database.prepare('INSERT INTO ContainerConfig VALUES (?, ?, NULL, ?)').run(`${i}`, `c${i}`, configOf(one))
      database
        .prepare('INSERT INTO ContainerState VALUES (?, 1, 0, ?)')
        .run(`${i}`, JSON.stringify({ state: one.state }))
    })
    database.close()
    return readFileSync(join(folder, 'db.sql'))
  } finally {
    rmSync(folder, { recursive: true })
  }
}

describe("podman's containers", () => {
  const containers: readonly Container[] = [
    { image: 'redis', name: 'docker.io/library/redis:latest', state: 3 },
    { image: 'quay.io/org/app:1', name: 'quay.io/org/app:1', state: 5 },
    { image: 'docker.io/hello-world', name: 'docker.io/library/hello-world:latest', state: 6 },
    { imageId: '', state: 3 },
  ]

  it.each([
    [BOLT, bolt(containers)],
    [SQLITE, sqlite(containers)],
  ])('have images: %s', (path, database) => {
    const running = catalog(podman, { [path]: database })
    expect(running.components.map(({ name, version, purl }) => [name, version, purl])).toEqual([
      ['redis', ID, `pkg:docker/redis@sha256:${ID}`],
      ['quay.io/org/app:1', ID, `pkg:docker/org/app@sha256:${ID}?repository_url=quay.io`],
    ])
    expect(running.diagnostics).toMatchObject([{ code: 'containers-not-running', effect: 'notice', path }])
    const all = catalog(podmanContainers({ stopped: true }), { [path]: database })
    expect(all.components.map(({ name }) => name)).toEqual(['redis', 'quay.io/org/app:1', 'docker.io/hello-world'])
    expect(all.diagnostics).toEqual([])
  })

  it('that are recorded wrongly are told, the others listed', () => {
    const database = boltFile({
      ctr: {
        a: { config: 'no JSON', state: '' },
        b: { config: configOf({ image: 'x\u001b', state: 3 }), state: '{"state":3}' },
        c: { config: configOf({ image: 'redis', imageId: 'short', state: 3 }), state: '{"state":3}' },
        d: { config: configOf({ image: 'redis', state: 3 }), state: '{"state":3}' },
      },
    })
    const answer = catalog(podman, { [BOLT]: database })
    expect(answer.components.map(({ name }) => name)).toEqual(['redis'])
    expect(answer.diagnostics.map(({ code }) => code)).toEqual(Array(3).fill('podman-database-damaged'))
  })

  it.each([BOLT, SQLITE])('in a file that is no database are a diagnostic that names it: %s', (path) => {
    for (const bytes of [
      '',
      'clearly not a db.\n',
      Buffer.concat([Buffer.from('SQLite format 3\0'), Buffer.alloc(9000)]),
    ])
      expect(catalog(podman, { [path]: bytes }).diagnostics[0]).toMatchObject({ path, effect: 'partial' })
  })
})
