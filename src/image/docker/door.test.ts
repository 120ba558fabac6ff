import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { testContext } from '../../../test/support/registry-context.ts'
import { DockerDataRoot } from '../../../test/support/storage-roots.ts'
import { type ImageOptions, sha256, tarball } from '../../../test/support/tar-writer.ts'
import { parseImageName } from '../name/image-name.ts'
import type { Image, OpenContext } from '../types.ts'
import { dockerDoor } from './door.ts'

let root: DockerDataRoot
beforeEach(() => {
  root = new DockerDataRoot(mkdtempSync(path.join(tmpdir(), 'bulwark-docker-')))
})
afterEach(() => rmSync(root.path, { recursive: true, force: true }))

function contextOf(more: Partial<OpenContext> = {}): OpenContext {
  const { platform: _, ...context } = testContext({ engines: { dockerRoot: root.path } })
  return { ...context, ...more }
}

async function open(name: string, more: Partial<OpenContext> = {}): Promise<Image | string> {
  const answer = await dockerDoor.open(parseImageName(name), `docker:${name}`, contextOf(more))
  if (!('found' in answer)) return answer.absent
  return answer.found.kind === 'image' ? answer.found.image : answer.found.kind
}

async function idOf(name: string, more: Partial<OpenContext> = {}): Promise<string> {
  const image = await open(name, more)
  return typeof image === 'string' ? image : image.imageId
}

/** Why each layer is not here. */
async function absences(name: string): Promise<readonly (string | undefined)[]> {
  const image = await open(name)
  return typeof image === 'string' ? [image] : image.layers.map(({ absent }) => absent)
}

function imageOf(text: string, more: Partial<ImageOptions> = {}): ImageOptions {
  return { layers: [tarball([{ name: 'base', body: 'b' }]), tarball([{ name: text, body: text }])], ...more }
}

describe('an image in the storage of Docker', () => {
  it('is found by tag, digest and beginning of its ID, and has its layers unpacked', async () => {
    const image = imageOf('app')
    const { imageId, digest } = root.addImage(image, ['app:latest', 'quay.example/team/app:1'])
    root.name(`app@${digest}`, imageId)
    root.write()
    const names = ['app', 'docker.io/library/app:latest', 'quay.example/team/app:1', `app@${digest}`, imageId]
    for (const name of [...names, imageId.slice(7, 19)]) expect(await idOf(name), name).toBe(imageId)
    for (const name of ['app:2', 'team/app:1', 'constructor', 'f'.repeat(12)])
      expect(await idOf(name), name).toContain('no image of this name')
    const found = (await open('app')) as Image
    expect(found).toMatchObject({ digest, tags: ['app:latest', 'quay.example/team/app:1'] })
    expect(found.layers.map(({ diffId, locator }) => [diffId, locator?.at])).toEqual(
      image.layers.map((layer) => [sha256(layer), 'tar-split']),
    )
    expect(await idOf('app', { platform: 'linux/s390x' })).toContain('linux/amd64 only')
    const platforms = await dockerDoor.platforms?.(parseImageName('app'), contextOf())
    expect(platforms).toEqual([{ platform: 'linux/amd64', reference: `docker:${imageId}` }])
  })

  it('stands in the list once, by a reference that leads to it, and steps of a build do not', async () => {
    const step = root.addImage(imageOf('step'), [])
    const built = root.addImage(imageOf('built'), ['app:1', 'app:2'], step)
    const none = root.addImage(imageOf('none'), [])
    const elsewhere = new DockerDataRoot(root.path, 'vfs')
    const same = elsewhere.addImage(imageOf('same'), ['app:1'])
    root.write()
    elsewhere.write()
    const all = (await dockerDoor.list?.(contextOf())) ?? []
    const ids = await Promise.all(all.map((reference) => idOf(reference.slice('docker:'.length))))
    expect([...ids].sort()).toEqual([built, none, same].map(({ imageId }) => imageId).sort())
  })
})

describe('damaged storage of Docker', () => {
  it('has layers that are absent with the reason', async () => {
    const { layers } = root.addImage(imageOf('app'), ['app:1'])
    root.write()
    rmSync(path.join(root.layerOf(layers[0]), 'tar-split.json.gz'))
    writeFileSync(path.join(root.layerOf(layers[1]), 'diff'), 'x'.repeat(4000))
    expect(await absences('app:1')).toEqual([
      expect.stringContaining('no description of its archive (tar-split)'),
      `Docker holds another layer in its place (${'x'.repeat(100)})`,
    ])
    rmSync(root.layerOf(layers[0]), { recursive: true })
    expect((await absences('app:1'))[0]).toBe('Docker does not have it')
  })

  it.each(['../../../etc', '..', '.', '', 'a/b', 'a\0b', 'x'.repeat(129)])('refuses the cache ID %j', async (id) => {
    const { layers } = root.addImage(imageOf('app'), ['app:1'])
    root.write()
    writeFileSync(path.join(root.layerOf(layers[0]), 'cache-id'), id)
    await expect(open('app:1')).rejects.toMatchObject({ code: 'storage-damaged', message: /holds no ID/ })
  })

  it.each([
    ['torn', '{"Repositories":{"a', /not valid JSON/],
    ['a list', '[]', /no list of repositories/],
    ['of the wrong type', '{"Repositories":{"app":{"app:1":7}}}', /no list of repositories/],
  ])('with names that are %s is refused', async (_, text, why) => {
    root.addImage(imageOf('app'), ['app:1'])
    root.write()
    writeFileSync(root.list, text)
    await expect(open('app:1')).rejects.toMatchObject({ code: 'storage-damaged', message: why })
  })

  it('with names that mean something to JavaScript, or lead out, leads nowhere', async () => {
    const { imageId } = root.addImage(imageOf('app'), ['app:1'])
    const names = `{"__proto__":{"app:1":"${imageId}"},"app":{"app:1":"sha256:../../x","__proto__":"${imageId}"}}`
    root.write()
    writeFileSync(root.list, `{"Repositories":${names}}`)
    expect(await open('app:1')).toContain('no image of this name')
    expect(({} as Record<string, unknown>)['app:1']).toBeUndefined()
  })

  it('with a config that is changed, gone or a circle of links says so', async () => {
    const { imageId } = root.addImage(imageOf('app'), ['app:1'])
    root.write()
    const config = root.configOf(imageId)
    writeFileSync(config, `${readFileSync(config)} `)
    await expect(open('app:1')).rejects.toMatchObject({ code: 'digest-mismatch' })
    rmSync(config)
    expect(await open('app:1')).toContain('is not there any more')
    symlinkSync(config, config)
    await expect(open('app:1')).rejects.toMatchObject({ code: 'storage-unreadable', message: /ELOOP/ })
  })
})
