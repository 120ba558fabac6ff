import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ecosystemFiles, type MirrorServer, mirrorServer, osvRecord } from '../mirror-server.ts'
import { ALL_FINDINGS, namesIn, smallMirror, useFlagFixtures } from '../support/flag-fixtures.ts'
import { type RegistryServer, registryMissing, startRegistry } from '../support/registry-server.ts'
import { type RegistryTap, registryTap } from '../support/registry-tap.ts'
import { expectRefused, type Ran, type RunOptions } from '../support/sandbox.ts'

const fixtures = useFlagFixtures()
const PASSWORD = 'correct-horse'
const missing = registryMissing({ htpasswd: { ci: PASSWORD } })

/** The machine that fetches advisories and publishes them, and the one that draws from it. */
const updater = () => join(fixtures.folder, 'updater')
let pipelines = 0
const pipeline = () => join(fixtures.folder, `pipeline-${++pipelines}`)

const run = (cacheDir: string, words: readonly string[], options: RunOptions = {}): Promise<Ran> =>
  fixtures.run([...words, '--cache-dir', cacheDir], options)
const succeeded = async (ran: Promise<Ran>): Promise<Ran> => {
  const ended = await ran
  expect(ended.status, ended.stderr).toBe(0)
  return ended
}

describe.skipIf(missing !== undefined)(`one database for a company${missing ? ` (${missing})` : ''}`, () => {
  let mirror: MirrorServer
  let registry: RegistryServer
  let tap: RegistryTap
  beforeAll(async () => {
    mirror = await mirrorServer(smallMirror())
    registry = await startRegistry()
    tap = await registryTap(registry.host)
    mkdirSync(updater(), { recursive: true })
    await succeeded(run(updater(), ['advisories', 'update', '--all', '--from', mirror.url]))
  })
  afterAll(async () => {
    await tap?.close()
    await registry?.stop()
    await mirror?.close()
  })

  const place = (name: string) => `${tap.host}/security/${name}`
  const publish = (name: string, options: RunOptions = {}) =>
    run(updater(), ['advisories', 'publish', place(name), '--format', 'json'], options)
  const blobs = (method: string) =>
    tap.requests.filter((line) => line.startsWith(`${method} `) && line.includes('/blobs/'))

  it('is published once, drawn in parts, and scans with it find what they find with the whole', async () => {
    const published = JSON.parse((await succeeded(publish('first'))).stdout)
    expect(published).toMatchObject({
      place: `oci://${place('first')}:latest`,
      digest: expect.stringMatching(/^sha256:/),
    })
    expect(published.uploaded).toBeGreaterThan(3)
    expect(JSON.parse((await succeeded(publish('first'))).stdout)).toMatchObject({
      uploaded: 0,
      digest: published.digest,
    })

    const machine = pipeline()
    tap.pass()
    await succeeded(run(machine, ['advisories', 'update', '--from', place('first'), '--ecosystems', 'npm']))
    const status = JSON.parse((await run(machine, ['advisories', 'status', '--format', 'json'])).stdout)
    expect(status).toMatchObject({ from: published.place, everything: false, ecosystems: [{ name: 'npm' }] })
    expect(blobs('GET')).toHaveLength(3)
    // The scan fetches what it lacks: the shard of Alpine's release.
    tap.pass()
    const found = await run(machine, ['scan', '-f', 'json', fixtures.image])
    expect(namesIn(found)).toEqual(ALL_FINDINGS)
    expect(blobs('GET')).toHaveLength(1)
    const offline = await run(machine, ['scan', '-f', 'json', '--offline', fixtures.image])
    expect(namesIn(offline)).toEqual(ALL_FINDINGS)
  })

  it('comes to a machine that knows nothing but where it is', async () => {
    await succeeded(publish('second'))
    const env = { BULWARK_ADVISORIES_URL: `oci://${place('second')}` }
    const found = await run(pipeline(), ['scan', '-f', 'json', fixtures.image], { env })
    expect(namesIn(found)).toEqual(ALL_FINDINGS)
  })

  it('is pushed and drawn as what changed', async () => {
    await succeeded(publish('daily'))
    const machine = pipeline()
    await succeeded(run(machine, ['advisories', 'update', '--from', place('daily'), '--all']))
    ecosystemFiles(mirror.files, 'Debian', [
      osvRecord('DEBIAN-CVE-2099-0012', {
        modified: '2026-03-01T00:00:00Z',
        upstream: ['CVE-2099-0012'],
        affected: [{ package: { ecosystem: 'Debian:12', name: 'linux' }, ranges: [] }],
      }),
    ])
    await succeeded(run(updater(), ['advisories', 'update', '--all', '--from', mirror.url]))
    const { uploaded } = JSON.parse((await succeeded(publish('daily'))).stdout)
    expect(uploaded).toBeLessThanOrEqual(3)
    tap.pass()
    const ran = await succeeded(run(machine, ['advisories', 'update', '--format', 'json', '--from', place('daily')]))
    const outcomes = JSON.parse(ran.stdout).ecosystems.map((one: { name: string; outcome: string }) => [
      one.name,
      one.outcome,
    ])
    expect(outcomes).toEqual([
      ['Alpine', 'unchanged'],
      ['Debian', 'changed'],
      ['npm', 'unchanged'],
    ])
    expect(blobs('GET')).toHaveLength(2)
  })

  it('survives a push that is killed half-way, and two at once', async () => {
    const reached = tap.hold(
      (line) => line.startsWith('PUT ') && tap.requests.filter((one) => one.startsWith('PUT ')).length === 3,
    )
    const killed = publish('killed', {
      shell: '"$@" & program=$!; read _ < "$GO"; kill -9 $program',
      env: { GO: await gate(reached) },
    })
    await reached
    await killed
    tap.pass()
    expectRefused(await run(pipeline(), ['advisories', 'update', '--from', place('killed'), '--all']), 3, 'killed')
    const both = await Promise.all([publish('killed'), publish('killed')])
    for (const ran of both) expect(ran.status, ran.stderr).toBe(0)
    const machine = pipeline()
    await succeeded(run(machine, ['advisories', 'update', '--from', place('killed'), '--all']))
    expect(namesIn(await run(machine, ['scan', '-f', 'json', '--offline', fixtures.image]))).toEqual(ALL_FINDINGS)
  })

  it('survives an update that is killed half-way, goes on where it stopped, and two at once', async () => {
    await succeeded(publish('drawn'))
    const machine = pipeline()
    tap.pass()
    const reached = tap.hold((line) => line.startsWith('GET ') && line.includes('/blobs/') && blobs('GET').length === 4)
    const update = ['advisories', 'update', '--from', place('drawn'), '--all']
    const killed = run(machine, update, {
      shell: '"$@" & program=$!; read _ < "$GO"; kill -9 $program',
      env: { GO: await gate(reached) },
    })
    await reached
    await killed
    tap.pass()
    const both = await Promise.all([run(machine, update), run(machine, update)])
    for (const ran of both) expect(ran.status, ran.stderr).toBe(0)
    expect(namesIn(await run(machine, ['scan', '-f', 'json', '--offline', fixtures.image]))).toEqual(ALL_FINDINGS)
  })

  it('refuses a digest that lies, and keeps what it had', async () => {
    await succeeded(publish('lying'))
    const machine = pipeline()
    await succeeded(run(machine, ['advisories', 'update', '--from', place('lying'), '--ecosystems', 'Alpine']))
    tap.change = (line, body) =>
      line.includes('/blobs/') ? Buffer.concat([body.subarray(0, -1), Buffer.from([7])]) : body
    expectRefused(await run(machine, ['advisories', 'update', '--from', place('lying'), '--all']), 3, 'sha256:')
    tap.pass()
    expect(
      namesIn(await run(machine, ['scan', '-f', 'json', '--offline', '--pkg-types', 'os', fixtures.image])),
    ).not.toEqual([])
  })

  it('asks who publishes where the registry does', async () => {
    const closed = await startRegistry({ htpasswd: { ci: PASSWORD } })
    try {
      const to = `${closed.host}/security/advisories`
      expectRefused(await run(updater(), ['advisories', 'publish', to]), 3, 'log in')
      const access = ['--username', 'ci', '--password', PASSWORD]
      await succeeded(run(updater(), ['advisories', 'publish', to, ...access]))
      expectRefused(await run(pipeline(), ['advisories', 'update', '--from', to]), 3, 'log in')
      await succeeded(run(pipeline(), ['advisories', 'update', '--from', to, ...access]))
    } finally {
      await closed.stop()
    }
  })

  /** A pipe from which a shell reads one line when something has happened. */
  async function gate(when: Promise<unknown>): Promise<string> {
    const { execFileSync } = await import('node:child_process')
    const { writeFile } = await import('node:fs/promises')
    const path = join(fixtures.folder, `gate-${++pipelines}`)
    rmSync(path, { force: true })
    execFileSync('mkfifo', [path])
    void when.then(() => writeFile(path, 'go\n'))
    return path
  }
})
