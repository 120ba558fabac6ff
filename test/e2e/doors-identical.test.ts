import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Digest } from '../../src/model/digest.ts'
import { ContainerdEngine } from '../support/containerd-engine.ts'
import { answerOf, doorImage } from '../support/door-image.ts'
import type { BuiltManifest } from '../support/registry-image.ts'
import { pushImage, type RegistryServer, registryMissing, startRegistry } from '../support/registry-server.ts'
import { type RunningEngine, startDocker, startPodman } from '../support/running-engines.ts'
import { useSandbox } from '../support/sandbox.ts'
import { dockerArchive, type ImageOptions, ociArchive, ociFiles, ociLayout } from '../support/tar-writer.ts'

const box = useSandbox()
const IMAGE = doorImage('localhost/door:1')
let archive: string
let podman: RunningEngine | string = 'not started'
let docker: RunningEngine | string = 'not started'
let containerd: ContainerdEngine | string = 'not started'
let registry: RegistryServer | string = 'not started'

beforeAll(async () => {
  archive = box.file('door.tar', dockerArchive([IMAGE]))
  podman = startPodman()
  ;[docker, containerd] = await Promise.all([startDocker(), ContainerdEngine.start()])
  if (typeof podman !== 'string') podman.run('load', '-q', '-i', archive)
  if (typeof docker !== 'string') docker.run('load', '-q', '-i', archive)
  if (typeof containerd !== 'string') containerd.import(ociArchive([IMAGE]))
  registry = registryMissing() ?? (await startRegistry())
  if (typeof registry !== 'string')
    await pushImage(registry, 'door', '1', manifestOf({ ...IMAGE, compression: 'gzip' }))
})
afterAll(async () => {
  for (const engine of [podman, docker]) if (typeof engine !== 'string') await engine.close()
  if (typeof containerd !== 'string') await containerd.stop()
  if (typeof registry !== 'string') await registry.stop()
})

/** How the image is named at a door, and the words that lead there; the reason where that door is not here. One entry a door. */
const DOORS: Readonly<Record<string, () => { readonly target: string; readonly words?: readonly string[] } | string>> =
  {
    'OCI layout': () => {
      ociLayout(`${box.folder}/layout`, [{ ...IMAGE, compression: 'gzip' }])
      return { target: `${box.folder}/layout` }
    },
    'OCI archive': () => ({ target: box.file('oci.tar', ociArchive([{ ...IMAGE, compression: 'zstd' }])) }),
    podman: () => onDisk(podman, 'podman:localhost/door:1', '--podman-root'),
    // CRI-O keeps its images as podman does.
    'cri-o': () => onDisk(podman, 'cri-o:localhost/door:1', '--crio-root'),
    docker: () => onDisk(docker, 'docker:localhost/door:1', '--docker-root'),
    containerd: () =>
      typeof containerd === 'string'
        ? containerd
        : { target: 'containerd:localhost/door:1', words: ['--containerd-root', containerd.root] },
    registry: () =>
      typeof registry === 'string'
        ? registry
        : { target: `registry:${registry.host}/door:1`, words: ['--offline=false', '--no-update'] },
    'API of podman': () => throughApi(podman, 'podman:localhost/door:1', '--podman-host'),
    'API of docker': () => throughApi(docker, 'docker:localhost/door:1', '--docker-host'),
  }

/** The image of a layout as a registry takes it. */
function manifestOf(image: ImageOptions): BuiltManifest {
  const files = ociFiles([image])
  const [{ digest, mediaType }] = JSON.parse(String(files.get('index.json'))).manifests
  const all = [...files].filter(([name]) => name.startsWith('blobs/'))
  const blobs = new Map(all.map(([name, bytes]): [Digest, Buffer] => [`sha256:${name.slice(13)}`, Buffer.from(bytes)]))
  const bytes = blobs.get(digest)
  if (bytes === undefined) throw new Error('the layout has no manifest')
  blobs.delete(digest)
  return { mediaType, digest, bytes, blobs, manifests: [] }
}

function onDisk(engine: RunningEngine | string, target: string, flag: string) {
  return typeof engine === 'string' ? engine : { target, words: [flag, engine.root] }
}

function throughApi(engine: RunningEngine | string, target: string, flag: string) {
  return typeof engine === 'string' ? engine : { target, words: [flag, `unix://${engine.socket}`] }
}

describe('one image through every door', () => {
  it.for(Object.keys(DOORS))('%s', async (door, ctx) => {
    const at = DOORS[door]()
    if (typeof at === 'string') return ctx.skip(at)
    if (door === 'API of podman' && typeof podman !== 'string') await podman.serve()
    const expected = await box.report(archive)
    expect(expected.report.components.map(({ name }) => name).sort()).toEqual(
      expect.arrayContaining(['curl', 'deep', 'libc6', 'new', 'odd']),
    )
    expect(expected.report.components.map(({ name }) => name)).not.toContain('gone')
    box.forget()
    const ran = await box.report(at.target, at.words)
    expect(JSON.stringify(answerOf(ran.stdout))).toBe(JSON.stringify(answerOf(expected.stdout)))
  })
})
