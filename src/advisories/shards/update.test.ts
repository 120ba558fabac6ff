import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ecosystemFiles, osvRecord } from '../../../test/mirror-server.ts'
import { HTTP, outcomeOf, updateScene } from '../../../test/support/update-scene.ts'
import { openAdvisories } from '../open.ts'
import { databasePath, rememberEcosystems } from '../state.ts'
import { updateAdvisories } from '../update.ts'
import type { UpdateOptions } from '../update-types.ts'
import { buildAdvisories } from './index.ts'

// One machine (`scene`) makes the shards, another draws from them.
const scene = updateScene()

let folder: string
let machine: string
let server: Server
let served: { path: string; bytes: number }[]
/** What the server does to a file before it serves it. */
let change: (path: string, content: Buffer) => Buffer | number

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bulwark-shards-'))
  machine = await mkdtemp(join(tmpdir(), 'bulwark-machine-'))
  served = []
  change = (_path, content) => content
  server = createServer(async (request, response) => {
    const path = (request.url ?? '').slice(1)
    const content = await readFile(join(folder, path)).catch(() => undefined)
    const etag = content && `"${content.length}-${content.subarray(0, 400).toString('base64url').slice(-50)}"`
    if (etag !== undefined && request.headers['if-none-match'] === etag) return response.writeHead(304).end()
    const given = content === undefined ? 404 : change(path, content)
    if (typeof given === 'number') return response.writeHead(given).end()
    served.push({ path, bytes: given.length })
    return response.writeHead(200, etag === undefined ? {} : { etag }).end(given)
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
})
afterEach(async () => {
  server.closeAllConnections()
  await new Promise((done) => server.close(done))
  for (const path of [folder, machine]) await rm(path, { recursive: true, force: true })
})

const address = () => `http://127.0.0.1:${(server.address() as AddressInfo).port}`
const build = () => buildAdvisories(databasePath(scene.cacheDir), folder)
const draw = (options: Partial<UpdateOptions> = {}, signal?: AbortSignal) =>
  updateAdvisories(
    { cacheDir: machine, from: address(), ...options },
    { env: {}, now: () => new Date('2026-02-02T00:00:00Z'), http: HTTP, ...(signal && { signal }) },
  )
const look = <T>(work: (database: ReturnType<typeof openAdvisories>) => T): T => {
  const database = openAdvisories(databasePath(machine))
  try {
    return work(database)
  } finally {
    database.close()
  }
}
const debian = (count: number, fixed: string, modified: string) =>
  ecosystemFiles(
    scene.server.files,
    'Debian',
    Array.from({ length: count }, (_, index) =>
      osvRecord(`DEBIAN-CVE-2025-${1000 + index}`, {
        modified: index === 7 ? modified : '2026-01-01T00:00:00Z',
        affected: ['Debian:11', 'Debian:12'].map((ecosystem) => ({
          package: { ecosystem, name: `package-${index}` },
          ranges: [{ type: 'ECOSYSTEM', events: [{ introduced: '0' }, { fixed: index === 7 ? fixed : '1' }] }],
        })),
      }),
    ),
  )
const fixOf = () => look((database) => database.affected('Debian:12', 'package-7')[0]?.ranges[0].events[1].fixed)
const shards = async () => (await readdir(join(machine, 'advisories', 'shards'))).sort()

describe('a machine that draws shards', () => {
  beforeEach(async () => {
    debian(2_000, '2', '2026-01-01T00:00:00Z')
    await scene.update()
    build()
  })

  it('fetches what it needs, then nothing, then what changed as a delta', async () => {
    const report = await draw({ ecosystems: ['Debian:12'] })
    expect(outcomeOf(report, 'Debian')).toMatchObject({ outcome: 'taken', records: 2_000 })
    expect(report.status).toMatchObject({ from: address(), checkedAt: '2026-02-02T00:00:00.000Z', everything: false })
    expect(served).toHaveLength(1 + 1 + 2)
    const whole = Math.max(...served.slice(1).map((one) => one.bytes))
    expect(fixOf()).toBe('2')

    served = []
    expect(outcomeOf(await draw(), 'Debian')).toMatchObject({ outcome: 'unchanged' })
    expect(served).toEqual([])

    debian(2_000, '3', '2026-01-05T00:00:00Z')
    await scene.update()
    build()
    expect(outcomeOf(await draw(), 'Debian')).toMatchObject({ outcome: 'changed' })
    expect(fixOf()).toBe('3')
    const [manifest, delta, ...more] = served
    expect([manifest.path, more]).toEqual(['manifest.json', []])
    expect(delta.bytes).toBeLessThan(whole / 5)
    expect(look((database) => database.status().ecosystems.map((one) => one.name))).toEqual(['Debian'])
  })

  it('takes what its scans have met, and everything when asked', async () => {
    await rememberEcosystems(machine, ['npm'])
    await draw()
    expect(look((database) => database.status().ecosystems.map((one) => one.name))).toEqual(['npm'])
    await draw({ all: true })
    expect(look((database) => database.status())).toMatchObject({ everything: true })
  })

  it('takes the whole shard where a delta does not fit or lies', async () => {
    await draw({ ecosystems: ['Debian:12'] })
    debian(2_000, '3', '2026-01-05T00:00:00Z')
    await scene.update()
    const { manifest } = build()
    const deltas = new Set(
      manifest.ecosystems.flatMap((one) => one.shards.flatMap((shard) => shard.deltas.map((delta) => delta.digest))),
    )
    change = (path, content) => (deltas.has(path.replace('shards/', '')) ? Buffer.from(content).fill(7, 0, 4) : content)
    const report = await draw()
    expect(report.warnings.join()).toContain('a delta did not lead to its shard')
    expect(fixOf()).toBe('3')
  })

  it('refuses a digest that lies and keeps what it had', async () => {
    await draw({ ecosystems: ['Debian:12'] })
    const before = await shards()
    change = (path, content) =>
      path.startsWith('shards/') ? Buffer.concat([content.subarray(0, -1), Buffer.from([1])]) : content
    await expect(draw({ ecosystems: ['npm'] })).rejects.toMatchObject({ code: 'digest-mismatch' })
    expect(await shards()).toEqual(before)
    expect(fixOf()).toBe('2')
    change = (path, content) => (path === 'manifest.json' ? Buffer.from('<html>') : content)
    await writeFile(join(folder, 'manifest.json'), `${await readFile(join(folder, 'manifest.json'), 'utf8')} `)
    await expect(draw()).rejects.toMatchObject({ code: 'shard-manifest' })
    change = () => 503
    await expect(draw()).rejects.toMatchObject({ code: 'http-status' })
    expect(fixOf()).toBe('2')
  })

  it('goes on where it was stopped', async () => {
    const stop = new AbortController()
    let blobs = 0
    change = (path, content) => {
      if (path.startsWith('shards/') && ++blobs === 2) stop.abort()
      return content
    }
    await expect(draw({ all: true }, stop.signal)).rejects.toMatchObject({ kind: 'interrupted' })
    expect(() => look(() => {})).toThrow('no advisories')
    await draw({ all: true })
    expect(fixOf()).toBe('2')
    expect((await readdir(join(machine, 'advisories'))).filter((name) => name.startsWith('new-'))).toEqual([])
  })

  it('may be one of two at once over one folder', async () => {
    const both = await Promise.all([draw({ ecosystems: ['Debian:12'] }), draw({ ecosystems: ['npm'] })])
    expect(both.map((one) => one.complete)).toEqual([true, true])
    expect(look((database) => database.status().ecosystems.map((one) => one.name))).toEqual(['Debian', 'npm'])
  })

  it('reads them from a folder, and changes to and from the bucket', async () => {
    await draw({ from: folder, ecosystems: ['npm'] })
    expect(look((database) => database.status().from)).toBe(folder)
    await draw({ from: scene.server.url })
    expect(look((database) => database.status().from)).toBe(scene.server.url)
    await draw({ ecosystems: ['npm'] })
    expect(look((database) => database.status().from)).toBe(address())
    expect(await readdir(join(machine, 'advisories'))).not.toContain('advisories.db')
  })
})
