import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ContainerdEngine } from '../support/containerd-engine.ts'
import { type RunningEngine, startDocker, startPodman } from '../support/running-engines.ts'
import { expectRefused, type Ran, type Report, useSandbox } from '../support/sandbox.ts'
import { dockerArchive, tarball } from '../support/tar-writer.ts'

const sandbox = useSandbox()
const IMAGE = 'localhost/drift:1'
const APK = (name: string, version: string): string =>
  `P:${name}\nV:${version}\nA:x86_64\nL:MIT\nF:usr/bin\nR:${name}\n\n`

/** What somebody does in the container: two tools, a changed program of a package, another package, special bits, a file less. */
const DRIFT = [
  'B=/bin/busybox',
  '$B touch /quiet',
  '$B cp /bin/busybox /tmp/miner',
  "$B printf '#!/bin/sh\\n' > /opt/run.sh",
  "$B printf '#!/bin/sh\\necho evil\\n' > /usr/bin/app",
  `$B printf '${APK('nmap', '7.9-r1').replaceAll('\n', '\\n')}' >> /lib/apk/db/installed`,
  "$B printf 'x' > /usr/bin/nmap",
  '$B chmod 755 /usr/bin/nmap',
  '$B chmod 4755 /bin/su',
  '$B touch /usr/bin/same',
  '$B rm /etc/motd',
].join('; ')

const EXPECTED = [
  'file removed: /etc/motd',
  // What the miner was copied from is known by its content.
  expect.stringMatching(/^package added: busybox \d/),
  'package added: nmap 7.9-r1',
  'program added: /tmp/miner',
  'script added: /opt/run.sh',
  'script changed: /usr/bin/app',
  'setuid gained: /bin/su',
]

/** An Alpine of two layers that holds little more than busybox. */
function imageArchive(): string {
  const busybox = readFileSync('/bin/busybox')
  const folders = ['bin/', 'etc/', 'lib/apk/db/', 'opt/', 'tmp/', 'usr/bin/', 'data/'].map((name) => ({
    name,
    flag: '5',
  }))
  const base = tarball([
    ...folders,
    { name: 'bin/busybox', body: busybox, mode: 0o755 },
    { name: 'bin/su', body: busybox.subarray(0, 4096), mode: 0o755 },
    { name: 'etc/os-release', body: 'ID=alpine\nVERSION_ID=3.20.0\nNAME="Alpine Linux"\n' },
    { name: 'etc/motd', body: 'welcome' },
  ])
  const app = tarball([
    { name: 'lib/apk/db/installed', body: APK('app', '1.0-r0') },
    { name: 'usr/bin/app', body: '#!/bin/sh\necho good\n', mode: 0o755 },
    { name: 'usr/bin/same', body: '#!/bin/sh\n', mode: 0o755 },
  ])
  return sandbox.file('image.tar', dockerArchive([{ layers: [base, app], tags: [IMAGE] }]))
}

interface DriftReport extends Report {
  readonly subject: { readonly kind: string; readonly imageId: string }
  readonly findings: readonly {
    readonly id: string
    readonly kind: string
    readonly title: string
    readonly remarks: string[]
  }[]
  readonly layers: readonly { readonly createdBy?: string }[]
}

const drift = (ran: Ran): DriftReport => {
  expect(ran.stdout, ran.stderr).not.toBe('')
  return JSON.parse(ran.stdout) as DriftReport
}
const titles = ({ findings }: DriftReport): string[] =>
  findings
    .filter(({ kind }) => kind === 'drift')
    .map(({ title }) => title)
    .sort()

describe.each([
  ['podman', async () => startPodman(), '--podman-root'],
  ['docker', startDocker, '--docker-root'],
] as const)('a container of %s', (name, start, flag) => {
  let engine: RunningEngine | string
  beforeAll(async () => {
    engine = await start()
    if (typeof engine === 'string') return
    engine.run('load', '-i', imageArchive())
    const volume = join(sandbox.folder, `volume-${name}`)
    mkdirSync(volume, { recursive: true })
    writeFileSync(join(volume, 'tool'), '#!/bin/sh\n', { mode: 0o755 })
    engine.run(
      'run',
      '-d',
      '--name',
      'shop',
      '--network',
      'none',
      '-v',
      `${volume}:/data`,
      IMAGE,
      '/bin/busybox',
      'sleep',
      '600',
    )
    engine.run('exec', 'shop', '/bin/busybox', 'sh', '-c', DRIFT)
    engine.run('create', '--name', 'fresh', '--network', 'none', IMAGE, '/bin/busybox', 'true')
  }, 90_000)
  afterAll(async () => {
    if (typeof engine !== 'string') await engine.close()
  }, 60_000)

  const scan = async (container: string, ...words: readonly string[]): Promise<Ran> => {
    if (typeof engine === 'string') throw new Error(engine)
    return sandbox.scan(`container:${container}`, [flag, engine.root, '--format', 'json', ...words])
  }

  it('is scanned as it runs: packages, and what differs from its image', async (ctx) => {
    if (typeof engine === 'string') return ctx.skip(engine)
    const report = drift(await scan('shop'))
    expect(titles(report)).toEqual(EXPECTED)
    expect(report.subject.kind).toBe('container')
    expect(report.components.map((one) => one.name)).toEqual(['app', 'nmap', 'busybox', 'busybox'])
    expect(report.findings.find(({ title }) => title.startsWith('package added: nmap'))?.remarks[0]).toContain(
      '1 of its files',
    )
    expect(report.findings.find(({ title }) => title.includes('/usr/bin/app'))?.remarks[0]).toContain(
      'package app 1.0-r0',
    )
    expect(report.layers.at(-1)?.createdBy).toBe('written in the container shop')
    const notice = report.diagnostics.find(({ code }) => code === 'volumes-not-read')
    expect(notice?.message).toContain('/data')
    expect(report.diagnostics.filter(({ effect }) => effect !== 'notice').map(({ code }) => code)).toEqual([
      'advisories-missing',
    ])
    // What was written since then is seen: nothing of the container's own is kept.
    engine.run('exec', 'shop', '/bin/busybox', 'cp', '/bin/busybox', '/opt/late')
    expect(titles(drift(await scan('shop')))).toContain('program added: /opt/late')
    engine.run('exec', 'shop', '/bin/busybox', 'rm', '/opt/late')
  })

  it('is scanned when it has stopped, by the beginning of its ID', async (ctx) => {
    if (typeof engine === 'string') return ctx.skip(engine)
    const id = engine.run('inspect', '--format', '{{.Id}}', 'shop')
    engine.run('kill', 'shop')
    expect(titles(drift(await scan(`${name}/${id.slice(0, 12)}`)))).toEqual(EXPECTED)
  })

  it('has no drift when nothing was written in it', async (ctx) => {
    if (typeof engine === 'string') return ctx.skip(engine)
    const report = drift(await scan('fresh'))
    expect(titles(report)).toEqual([])
    expect(report.components.map((one) => one.name)).toEqual(['app', 'busybox'])
  })

  it('that is not there, or may not be read, is an error that says so', async (ctx) => {
    if (typeof engine === 'string') return ctx.skip(engine)
    expectRefused(await scan('gone'), 3, 'no container is called so')
    expectRefused(await scan('a/b/c'), 2, 'names no container')
  })
})

describe('a container of containerd', () => {
  let engine: ContainerdEngine | string
  beforeAll(async () => {
    engine = await ContainerdEngine.start()
  }, 60_000)
  afterAll(async () => {
    if (typeof engine !== 'string') await engine.stop()
  })

  it('is scanned as it runs', async (ctx) => {
    if (typeof engine === 'string') return ctx.skip(engine)
    engine.import(readFileSync(imageArchive()), 'default', true)
    engine.ctr(['run', '-d', IMAGE, 'shop', '/bin/busybox', 'sleep', '600'])
    try {
      engine.ctr(['tasks', 'exec', '--exec-id', 'drift', 'shop', '/bin/busybox', 'sh', '-c', DRIFT])
      const words = ['--containerd-root', engine.root, '--format', 'json']
      expect(titles(drift(await sandbox.scan('container:shop', words)))).toEqual(EXPECTED)
    } finally {
      engine.ctr(['tasks', 'delete', '--force', 'shop'])
    }
  })
})
