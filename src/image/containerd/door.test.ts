import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ContainerdRoot } from '../../../test/support/containerd-root.ts'
import { compress, type ImageOptions, sha256, tarball } from '../../../test/support/tar-writer.ts'
import { DEFAULT_LIMITS } from '../../lib/limits.ts'
import { parseImageName } from '../name/image-name.ts'
import { sharedResources } from '../open/shared-resources.ts'
import type { Image, OpenContext } from '../types.ts'
import { containerdDoor } from './door.ts'

let root: ContainerdRoot
beforeEach(() => {
  root = new ContainerdRoot(mkdtempSync(path.join(tmpdir(), 'bulwark-containerd-')))
})
afterEach(() => rmSync(root.path, { recursive: true, force: true }))

function contextOf(more: Partial<OpenContext> = {}): OpenContext {
  return {
    signal: new AbortController().signal,
    limits: DEFAULT_LIMITS,
    environment: {},
    network: { offline: true, allowAddresses: [], insecureRegistries: [], pullSecrets: [] },
    engines: { containerdRoot: root.path },
    explain: () => {},
    shared: sharedResources(),
    ...more,
  }
}

/** The image of that name, or why there is none. */
async function open(name: string, more: Partial<OpenContext> = {}): Promise<Image | string> {
  root.write()
  const answer = await containerdDoor.open(parseImageName(name), `containerd:${name}`, contextOf(more))
  if (!('found' in answer)) return answer.absent
  return answer.found.kind === 'image' ? answer.found.image : answer.found.kind
}

async function digestOf(name: string, more: Partial<OpenContext> = {}): Promise<string | undefined> {
  const image = await open(name, more)
  return typeof image === 'string' ? image : image.digest
}

function imageOf(text: string, more: Partial<ImageOptions> = {}): ImageOptions {
  return { layers: [tarball([{ name: 'base' }]), tarball([{ name: text }])], compression: 'gzip', ...more }
}

describe('an image in the storage of containerd', () => {
  it('is found by every way to write its name, and has verified blobs for layers', async () => {
    const image = imageOf('app')
    const target = root.addImage(image)
    root.name('default', 'docker.io/library/app:latest', target)
    const found = await open('app')
    expect(found).toMatchObject({ digest: target.digest, tags: ['docker.io/library/app:latest'], diagnostics: [] })
    const { layers } = found as Image
    expect(layers.map(({ diffId, blob }) => [diffId, blob])).toEqual(
      image.layers.map((layer) => [sha256(layer), sha256(compress(layer, 'gzip'))]),
    )
    expect(layers.every(({ locator }) => locator?.at === 'file' && locator.encoding === 'gzip')).toBe(true)
    const digest = target.digest.slice(7)
    const names = ['docker.io/app', 'index.docker.io/library/app:latest', `app@${target.digest}`, digest.slice(0, 12)]
    for (const name of names) expect(await digestOf(name)).toBe(target.digest)
    for (const name of ['app:1', 'apps', 'ap']) expect(await digestOf(name)).toContain('no namespace')
    expect(await digestOf(`app@sha256:${'0'.repeat(64)}`)).toContain('latest is another')
  })

  it('of a namespace is taken in their order, and only there when one is named', async () => {
    const [first, second, third] = ['a', 'b', 'c'].map((text) => root.addImage(imageOf(text)))
    root.name('aaa', 'docker.io/library/app:latest', first)
    root.name('moby', 'docker.io/library/app:latest', second)
    root.name('k8s.io', 'docker.io/library/app:latest', third)
    root.name('k8s.io', third.digest, third)
    expect(await digestOf('app')).toBe(third.digest)
    expect(await digestOf('app', { environment: { CONTAINERD_NAMESPACE: 'aaa' } })).toBe(first.digest)
    expect(await digestOf('app', { environment: { CONTAINERD_NAMESPACE: 'none' } })).toContain('namespace none')
    expect(await digestOf(`app@${first.digest}`)).toBe(first.digest)
    expect([...((await containerdDoor.list?.(contextOf())) ?? [])].sort()).toEqual(
      [
        'containerd:docker.io/library/app:latest',
        `containerd:docker.io/library/app@${first.digest}`,
        `containerd:docker.io/library/app@${second.digest}`,
      ].sort(),
    )
  })

  it('of Kubernetes is listed once, by its tag, and found by the ID that it has there', async () => {
    const target = root.addImage(imageOf('pod'))
    const id = `sha256:${'c'.repeat(64)}`
    for (const name of ['registry.k8s.io/pause:3.9', `registry.k8s.io/pause@${target.digest}`, id])
      root.name('k8s.io', name, target)
    expect(await digestOf('cccccccccccc')).toBe(target.digest)
    expect(await digestOf(`sha256:${'c'.repeat(20)}`)).toBe(target.digest)
    expect(await containerdDoor.list?.(contextOf())).toEqual(['containerd:registry.k8s.io/pause:3.9'])
  })

  it('of several platforms is that of the wanted one, when it was pulled', async () => {
    const images = ['amd64', 'arm64', 's390x'].map((architecture) => imageOf(architecture, { architecture }))
    root.name('default', 'docker.io/library/multi:latest', root.addIndex(images, [0, 2]))
    const [amd64, , s390x] = images.map((image) => root.digestOf(image).digest)
    expect(await digestOf('multi', { platform: 'linux/amd64' })).toBe(amd64)
    expect(await digestOf('multi', { platform: 'linux/s390x' })).toBe(s390x)
    expect(await digestOf('multi', { platform: 'linux/arm64' })).toBe(
      'namespace default: it was pulled for linux/amd64, linux/s390x only, not for linux/arm64',
    )
    expect(await containerdDoor.platforms?.(parseImageName('multi'), contextOf())).toEqual([
      { platform: 'linux/amd64', reference: `containerd:docker.io/library/multi@${amd64}` },
      { platform: 'linux/s390x', reference: `containerd:docker.io/library/multi@${s390x}` },
    ])
    expect(await digestOf(`multi@${s390x}`)).toBe(s390x)
    expect(await containerdDoor.platforms?.(parseImageName('none'), contextOf())).toBeUndefined()
  })

  it('of one platform is not taken for another', async () => {
    root.name('default', 'docker.io/library/one:latest', root.addImage(imageOf('one', { architecture: 's390x' })))
    expect(await open('one')).toMatchObject({ config: { architecture: 's390x' } })
    expect(await open('one', { platform: 'linux/arm64' })).toContain('has no image for linux/arm64')
  })

  it('whose blobs were discarded lies unpacked', async () => {
    const image = imageOf('gone')
    const blobs = image.layers.map((layer) => sha256(compress(layer, 'gzip')))
    root.name('default', 'docker.io/library/gone:latest', root.addImage(image, blobs))
    expect(await open('gone')).toContain('none of its layers is here')
    const [first, second] = image.layers.map(sha256)
    const chain = `sha256:${createHash('sha256').update(`${first} ${second}`).digest('hex')}`
    const folder = root.addSnapshot(chain)
    root.addSnapshot(first, 2)
    const { layers } = (await open('gone')) as Image
    expect(layers[0]).toMatchObject({ diffId: first, absent: 'its blob is missing' })
    expect(layers[1]).toMatchObject({ diffId: second, locator: { at: 'folder', root: folder } })
    expect(layers[1]).toMatchObject({ factsKey: `overlay:${chain}` })
    expect(layers[1]).not.toHaveProperty('absent')
  })

  it('whose index or config is gone is not here', async () => {
    root.name('default', 'docker.io/library/lost:latest', { digest: `sha256:${'1'.repeat(64)}`, mediaType: 'x' })
    expect(await open('lost')).toContain('no such file')
    const mediaType = 'application/vnd.oci.image.index.v1+json'
    root.name('default', 'docker.io/library/index:latest', { digest: `sha256:${'2'.repeat(64)}`, mediaType })
    expect(await open('index')).toContain('no such file')
    root.addImage(imageOf('another'))
    expect(await open('lost')).toContain('it is no image')
    expect(await open('index')).toContain('is not there')
  })

  it('that was changed on disk is refused', async () => {
    const target = root.addImage(imageOf('bad'))
    root.name('default', 'docker.io/library/bad:latest', target)
    writeFileSync(path.join(root.path, `io.containerd.content.v1.content/blobs/sha256/${target.digest.slice(7)}`), '{}')
    await expect(open('bad')).rejects.toMatchObject({ code: 'digest-mismatch' })
  })
})

describe('the storage of containerd', () => {
  const name = parseImageName('app')

  it('that is none, or not there, is said', async () => {
    const answer = await containerdDoor.open(name, 'app', contextOf())
    expect(answer).toEqual({ absent: `${root.path} is no storage of containerd` })
    const context = contextOf({ engines: {}, environment: { CONTAINERD_CONFIG: path.join(root.path, 'config.toml') } })
    writeFileSync(path.join(root.path, 'config.toml'), `version = 2\nroot = "${root.path}/none"\n`)
    expect(await containerdDoor.open(name, 'app', context)).toMatchObject({ absent: expect.any(String) })
  })

  it('is where its configuration says', async () => {
    const target = root.addImage(imageOf('app'))
    root.name('default', 'docker.io/library/app:latest', target)
    root.write()
    const config = path.join(root.path, 'config.toml')
    writeFileSync(config, `version = 2\nroot = "${root.path}"\n`)
    const context = contextOf({ engines: {}, environment: { CONTAINERD_CONFIG: config } })
    expect(await containerdDoor.open(name, 'app', context)).toMatchObject({
      found: { image: { digest: target.digest } },
    })
  })

  it('whose database is damaged is an error that names it', async () => {
    root.write()
    const database = path.join(root.path, 'io.containerd.metadata.v1.bolt/meta.db')
    writeFileSync(database, 'x'.repeat(9000))
    const failing = containerdDoor.open(name, 'app', contextOf())
    await expect(failing).rejects.toMatchObject({ code: 'bolt-damaged', input: database })
  })
})
