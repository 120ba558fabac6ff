import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ContainerdEngine } from '../support/containerd-engine.ts'
import { answerOf, doorImage } from '../support/door-image.ts'
import { tarOf } from '../support/image-builder.ts'
import { type RunningEngine, startDocker, startPodman } from '../support/running-engines.ts'
import { useSandbox } from '../support/sandbox.ts'
import { dockerArchive, type ImageOptions, ociArchive } from '../support/tar-writer.ts'

const box = useSandbox()
const NAMES = ['podman', 'docker', 'containerd'].flatMap((door) =>
  ['a', 'b'].map((end) => `${door}:example.test/${door}/${end}:1`),
)
let podman: RunningEngine | string = 'not started'
let docker: RunningEngine | string = 'not started'
let containerd: ContainerdEngine | string = 'not started'
let vfs: RunningEngine | string = 'not started'

/** An image whose first layer all of them share. */
function imageOf(reference: string): ImageOptions {
  const base = tarOf([
    { name: 'etc/' },
    { name: 'etc/os-release', text: 'ID=debian\nVERSION_ID="12"\n' },
    { name: 'var/lib/dpkg/' },
    { name: 'var/lib/dpkg/status', text: 'Package: libc6\nStatus: install ok installed\nVersion: 2.36-9\n\n' },
  ])
  const own = tarOf([
    {
      name: 'app/node_modules/own/package.json',
      text: `{"name":"own","version":"1.0.0-${reference.replace(/\W/g, '')}"}`,
    },
  ])
  return { layers: [base, own], tags: [reference] }
}

function imagesOf(door: string): readonly ImageOptions[] {
  return NAMES.filter((name) => name.startsWith(door)).map((name) => imageOf(name.slice(door.length + 1)))
}

beforeAll(async () => {
  podman = startPodman()
  vfs = startPodman('vfs')
  ;[docker, containerd] = await Promise.all([startDocker(), ContainerdEngine.start()])
  for (const [door, engine] of [
    ['podman', podman],
    ['docker', docker],
  ] as const)
    for (const [i, image] of imagesOf(door).entries())
      if (typeof engine !== 'string')
        engine.run('load', '-q', '-i', box.file(`${door}${i}.tar`, dockerArchive([image])))
  for (const image of imagesOf('containerd')) if (typeof containerd !== 'string') containerd.import(ociArchive([image]))
})
afterAll(async () => {
  for (const engine of [podman, docker, vfs]) if (typeof engine !== 'string') await engine.close()
  if (typeof containerd !== 'string') await containerd.stop()
})

interface BatchDocument {
  readonly summary: readonly {
    readonly reference: string
    readonly outcome: { readonly kind: string; readonly message?: string }
  }[]
}

/** Where the engines are; the reason where one is not here. */
function roots(): readonly string[] | string {
  if (typeof podman === 'string') return podman
  if (typeof docker === 'string') return docker
  if (typeof containerd === 'string') return containerd
  const own = ['--podman-root', podman.root, '--docker-root', docker.root, '--containerd-root', containerd.root]
  return [...own, '--crio-root', join(box.folder, 'nowhere')]
}

function outcomes(stdout: string): Record<string, string> {
  const { summary }: BatchDocument = JSON.parse(stdout)
  expect(summary.map(({ reference }) => reference).sort()).toEqual([...NAMES].sort())
  return Object.fromEntries(summary.map(({ reference, outcome }) => [reference, outcome.kind]))
}

const SCAN = ['scan', '--offline', '--format', 'json', '--debug']

describe('all images of the engines of a machine', () => {
  it('stand in the summary once each, and a layer that they share is read once', async (ctx) => {
    const at = roots()
    if (typeof at === 'string') return ctx.skip(at)
    const words = [...SCAN, '--advisories', box.advisories, ...at]
    // One image at a time: two that wait for one reading both tell of it.
    const ran = await box.run([...words, '--all', '--parallel', '1'])
    expect(ran.status, ran.stderr).toBe(0)
    expect(new Set(Object.values(outcomes(ran.stdout)))).toEqual(new Set(['scanned']))
    // One that all share, and each one's own.
    const read = ran.stderr.match(/^debug: cache: reading .*$/gm) ?? []
    expect(read, read.join('\n')).toHaveLength(1 + NAMES.length)

    const listed = await box.run([...words, '--images-from', '-'], {
      shell: `printf '%s\\n' ${NAMES.join(' ')} | "$@"`,
    })
    expect(listed.status, listed.stderr).toBe(0)
    expect(new Set(Object.values(outcomes(listed.stdout)))).toEqual(new Set(['scanned']))
    expect(listed.stderr).not.toContain('debug: cache: reading')
  })

  it('fail alone where one is damaged', async (ctx) => {
    const at = roots()
    if (typeof at === 'string' || typeof podman === 'string') return ctx.skip(String(at))
    const [bad] = NAMES
    const id = podman.run('image', 'inspect', '--format', '{{.Id}}', bad.slice('podman:'.length))
    rmSync(join(podman.root, 'overlay-images', id), { recursive: true })
    const ran = await box.run([...SCAN, '--advisories', box.advisories, ...at, '--all'])
    expect(ran.status, ran.stderr).toBe(3)
    const kinds = Object.entries(outcomes(ran.stdout)).filter(([, kind]) => kind !== 'scanned')
    expect(kinds).toEqual([[bad, 'failed']])
  })
})

describe('storage of podman with the driver vfs', () => {
  it('gives the answer of the archive', async (ctx) => {
    if (typeof vfs === 'string') return ctx.skip(vfs)
    const archive = box.file('door.tar', dockerArchive([doorImage('localhost/door:1')]))
    vfs.run('load', '-q', '-i', archive)
    const expected = await box.report(archive)
    box.forget()
    const ran = await box.report('podman:localhost/door:1', ['--podman-root', vfs.root])
    expect(answerOf(ran.stdout)).toEqual(answerOf(expected.stdout))
  })
})
