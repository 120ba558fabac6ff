import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { testContext } from '../../../test/support/registry-context.ts'
import { ContainersStorageRoot, type Stored } from '../../../test/support/storage-roots.ts'
import { type ImageOptions, sha256, tarball } from '../../../test/support/tar-writer.ts'
import { DEFAULT_LIMITS } from '../../lib/limits.ts'
import { parseImageName } from '../name/image-name.ts'
import type { Image, OpenContext } from '../types.ts'
import { crioDoor, podmanDoor } from './door.ts'
import { fileNameOf } from './graph-root.ts'

let root: ContainersStorageRoot
beforeEach(() => {
  root = new ContainersStorageRoot(mkdtempSync(path.join(tmpdir(), 'bulwark-storage-')))
})
afterEach(() => rmSync(root.path, { recursive: true, force: true }))

function contextOf(more: Partial<OpenContext> = {}): OpenContext {
  const { platform: _, ...context } = testContext({ engines: { podmanRoot: root.path } })
  return { ...context, ...more }
}

/** The image of that name, or why there is none. Without a prefix it is any door's. */
async function open(name: string, more: Partial<OpenContext> = {}, prefix = 'podman:'): Promise<Image | string> {
  const answer = await podmanDoor.open(parseImageName(name), `${prefix}${name}`, contextOf(more))
  if (!('found' in answer)) return answer.absent
  return answer.found.kind === 'image' ? answer.found.image : answer.found.kind
}

async function idOf(name: string, more: Partial<OpenContext> = {}, prefix?: string): Promise<string> {
  const image = await open(name, more, prefix)
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

function descriptor({ digest }: Stored, architecture: string, os = 'linux'): Record<string, unknown> {
  return { mediaType: 'application/vnd.oci.image.manifest.v1+json', digest, size: 1, platform: { os, architecture } }
}

describe('an image in containers/storage', () => {
  it('has its layers where they lie unpacked, each with its description', async () => {
    const image = imageOf('app')
    const stored = root.addImage(image, ['localhost/app:1'])
    root.write()
    const found = (await open('app:1')) as Image
    const { imageId, digest } = stored
    expect(found).toMatchObject({ imageId, digest, tags: ['localhost/app:1'], diagnostics: [] })
    const at = stored.layers.map((id) => ({ at: 'tar-split', split: root.splitOf(id), roots: [root.folderOf(id)] }))
    expect(found.layers.map(({ locator }) => locator)).toEqual(at)
    expect(found.layers.map(({ diffId, sizeBytes }) => [diffId, sizeBytes])).toEqual(
      image.layers.map((layer) => [sha256(layer), layer.length]),
    )
  })

  it('is found by name, short name, digest, and beginning of its ID', async () => {
    const local = root.addImage(imageOf('local'), ['localhost/app:latest', 'localhost/app:2'])
    const hub = root.addImage(imageOf('hub'), ['docker.io/library/app:latest'])
    const other = root.addImage(imageOf('other'), ['quay.example/team/tool:3'])
    root.write()
    const named: readonly (readonly [string, Stored])[] = [
      ['app', local],
      ['localhost/app', local],
      ['app:2', local],
      ['docker.io/app', hub],
      ['docker.io/library/app:latest', hub],
      ['library/app', hub],
      [`any.example/name@${hub.digest}`, hub],
      [other.imageId, other],
      [other.imageId.slice(7, 19), other],
      ['tool:3', other],
      ['team/tool:3', other],
    ]
    for (const [name, { imageId }] of named) expect(await idOf(name), name).toBe(imageId)
    for (const name of ['app:3', 'ool:3', 'quay.example/tool:3', 'f'.repeat(12)])
      expect(await idOf(name), name).toContain('no image of this name')
    expect(await idOf(`app@sha256:${'0'.repeat(64)}`)).toContain('no image of this digest')
    // Not meant where the user did not say podman: another registry's image may be.
    expect(await idOf('tool:3', {}, '')).toContain('no image of this name')
  })

  it('is not guessed where a short name or an ID could mean several', async () => {
    root.addImage(imageOf('a'), ['quay.example/a/tool:1'])
    root.addImage(imageOf('b'), ['ghcr.example/b/tool:1'])
    for (const end of ['a', 'b']) root.images.push({ id: `abc${end}`, names: null, 'big-data-names': null })
    root.write()
    expect(await idOf('tool:1')).toMatch(/several images have this name.*quay.example\/a\/tool:1, ghcr/)
    expect(await idOf('abc')).toContain('2 images have an ID that begins so')
  })

  it('of a list of manifests is that of the wanted platform', async () => {
    const arm = root.addImage(imageOf('arm', { architecture: 'arm64', variant: 'v8' }), [])
    const amd = root.addImage(imageOf('amd'), [])
    const gone = { ...amd, digest: `sha256:${'1'.repeat(64)}` }
    const attested = { ...descriptor(amd, 'unknown', 'unknown') }
    const list = [descriptor(arm, 'arm64'), descriptor(amd, 'amd64'), descriptor(gone, 's390x'), attested]
    const index = root.addIndex(list, ['localhost/multi:1'])
    root.addIndex([descriptor(gone, 's390x')], ['localhost/none:1'])
    root.write()
    expect(await idOf('multi:1', { platform: 'linux/arm64' })).toBe(arm.imageId)
    expect(await idOf(`multi@${index.digest}`, { platform: 'linux/amd64' })).toBe(amd.imageId)
    expect(await idOf('multi:1', { platform: 'linux/s390x' })).toMatch(/it has it for linux.*, linux.* only$/)
    expect(await idOf('none:1')).toContain('none of their images')
    const platforms = (await podmanDoor.platforms?.(parseImageName('multi:1'), contextOf())) ?? []
    expect([...platforms].sort((a, b) => a.platform.localeCompare(b.platform))).toEqual([
      { platform: 'linux/amd64', reference: `podman:${amd.imageId}` },
      { platform: 'linux/arm64/v8', reference: `podman:${arm.imageId}` },
    ])
    expect(await podmanDoor.platforms?.(parseImageName('nothing:1'), contextOf())).toBeUndefined()
    // The list is no image; those of it stand for themselves.
    const all = await podmanDoor.list?.(contextOf())
    expect([...(all ?? [])].sort()).toEqual([`podman:${arm.imageId}`, `podman:${amd.imageId}`].sort())
  })

  it('stands in the list once, by a reference that leads to it', async () => {
    const twice = root.addImage(imageOf('twice'), ['localhost/app:1', 'localhost/app:2'])
    const odd = root.addImage(imageOf('odd'), ['no name at all', '__proto__'])
    const none = root.addImage(imageOf('none'), [])
    const elsewhere = new ContainersStorageRoot(root.path, 'vfs')
    const same = elsewhere.addImage(imageOf('same'), ['localhost/app:1'])
    root.write()
    elsewhere.write()
    const all = (await podmanDoor.list?.(contextOf())) ?? []
    const ids = await Promise.all(all.map((reference) => idOf(reference.slice('podman:'.length))))
    expect([...ids].sort()).toEqual([twice, odd, none, same].map(({ imageId }) => imageId).sort())
    expect(all).toContain(`podman:${same.imageId}`)
  })

  it('is found with each driver, and by CRI-O in its own root', async () => {
    for (const driver of ['vfs', 'btrfs', 'aufs'])
      new ContainersStorageRoot(root.path, driver).addImage(imageOf(driver), [`localhost/${driver}:1`])
    const vfs = new ContainersStorageRoot(path.join(root.path, 'crio'), 'vfs')
    const stored = vfs.addImage(imageOf('app'), ['localhost/app:1'])
    vfs.write()
    const context = contextOf({ engines: { crioRoot: vfs.path } })
    const answer = await crioDoor.open(parseImageName('app:1'), 'cri-o:app:1', context)
    expect(answer).toMatchObject({ found: { image: { imageId: stored.imageId } } })
    expect(await crioDoor.list?.(context)).toEqual(['cri-o:localhost/app:1'])
    const [layer] = stored.layers
    expect(answer).toMatchObject({ found: { image: { layers: [{ locator: { roots: [vfs.folderOf(layer)] } }, {}] } } })
  })
})

describe('layers in containers/storage', () => {
  it('without tar-split, half unpacked or swapped are absent with the reason', async () => {
    const { layers } = root.addImage(imageOf('app'), ['localhost/app:1'])
    rmSync(root.splitOf(layers[0]))
    root.layers[1].flags = { incomplete: true }
    root.write()
    expect(await absences('app:1')).toEqual([
      expect.stringContaining('keeps no description of its archive (tar-split)'),
      'the engine has not finished unpacking it',
    ])
    root.layers[1] = { ...root.layers[1], flags: null, 'diff-digest': sha256(Buffer.from('another')) }
    root.write()
    expect((await absences('app:1'))[1]).toContain('another layer in its place')
    delete root.layers[1]['diff-digest']
    root.write()
    expect((await absences('app:1'))[1]).toContain('does not say which layer')
  })

  it('pulled by a table of contents do not speak for the diff ID', async () => {
    root.addImage(imageOf('app'), ['localhost/app:1'])
    const table = sha256(Buffer.from('table'))
    delete root.layers[1]['diff-digest']
    root.layers[1]['toc-digest'] = table
    root.write()
    const { layers } = (await open('app:1')) as Image
    expect(layers.map(({ factsKey }) => factsKey)).toEqual([undefined, `toc:${table}`])
  })

  it('whose chain is broken, circular or too long are said to be so', async () => {
    const { layers } = root.addImage(imageOf('app'), ['localhost/app:1'])
    const [below, top] = root.layers.splice(0)
    root.layers.push(top)
    root.write()
    expect(await absences('app:1')).toEqual(['the storage does not list it', undefined])
    root.layers.push({ ...below, parent: layers[1] })
    root.write()
    await expect(open('app:1')).rejects.toMatchObject({ code: 'storage-damaged', message: /stand on themselves/ })
    root.layers[1] = { ...below, parent: 'deeper' }
    root.layers.push({ ...below, id: 'deeper' })
    root.write()
    await expect(open('app:1')).rejects.toMatchObject({ code: 'storage-damaged', message: /3 layers.*names 2/ })
  })

  it('stand on those of another root', async () => {
    root.addImage(imageOf('app'), ['localhost/app:1'])
    const other = new ContainersStorageRoot(root.path, 'vfs')
    other.images.push({ id: 'x' })
    other.layers.push(...root.layers.splice(0, 1))
    root.write()
    other.write()
    const image = (await open('app:1')) as Image
    expect(image.layers[0].absent).toContain('tar-split')
    expect(image.layers[1].absent).toBeUndefined()
  })
})

describe('lists and documents of containers/storage', () => {
  it('are read again while they are being written', async () => {
    const { imageId } = root.addImage(imageOf('app'), ['localhost/app:1'])
    root.write()
    const whole = readFileSync(root.imageList)
    writeFileSync(root.imageList, whole.subarray(0, whole.length / 2))
    // The first look is over when a timer can fire.
    const [opened] = await Promise.all([
      idOf('app:1'),
      new Promise((resolve) => setTimeout(resolve, 1)).then(() => writeFileSync(root.imageList, whole)),
    ])
    expect(opened).toBe(imageId)
    writeFileSync(root.imageList, whole.subarray(0, whole.length / 2))
    await expect(open('app:1')).rejects.toMatchObject({ code: 'storage-damaged', message: /not valid JSON/ })
    writeFileSync(root.imageList, '')
    expect(await open('app:1')).toContain('no image of this name')
  })

  it.each([
    ['no list', '{"a":1}', /is no list/],
    ['a number', '[7]', /holds an entry that is none/],
    ['null', '[null]', /holds an entry that is none/],
    ['an ID that leads out', '[{"id":"../../etc"}]', /holds an entry that is none/],
    ['an ID that is the folder above', '[{"id":".."}]', /holds an entry that is none/],
    ['names of the wrong type', '[{"id":"a","names":{"__proto__":1}}]', /holds an entry that is none/],
    ['a digest that is none', '[{"id":"a","digest":"sha256:../../x"}]', /holds an entry that is none/],
    ['nothing but brackets', '['.repeat(200_000), /not valid JSON/],
  ])('of %s are refused', async (_, text, why) => {
    root.addImage(imageOf('app'), ['localhost/app:1'])
    root.write()
    writeFileSync(root.imageList, text)
    await expect(open('app:1')).rejects.toMatchObject({ code: 'storage-damaged', message: why })
  })

  it.each([
    ['no list', '{"a":1}', /is no list/],
    ['an ID that leads out', '[{"id":"ID/../../etc"}]', /holds an entry that is none/],
    ['a parent of the wrong type', '[{"id":"ID","parent":{"__proto__":{}}}]', /holds an entry that is none/],
    ['a size below nothing', '[{"id":"ID","diff-size":-1}]', /holds an entry that is none/],
  ])('of layers with %s are refused', async (_, text, why) => {
    const { layers } = root.addImage(imageOf('app'), ['localhost/app:1'])
    const hostile = text.replace('ID', layers[1])
    if (hostile.includes('..')) root.images[0].layer = `${layers[1]}/../../etc`
    root.write()
    writeFileSync(root.layerList, hostile)
    await expect(open('app:1')).rejects.toMatchObject({ code: 'storage-damaged', message: why })
  })

  it('that are changed, missing, too large, no file or a circle of links are refused by name', async () => {
    const { imageId, digest } = root.addImage(imageOf('app'), ['localhost/app:1'])
    root.write()
    const id = imageId.slice(7)
    const at = (name: string): string => path.join(root.path, 'overlay-images', id, fileNameOf(name))
    const config = readFileSync(at(imageId))
    writeFileSync(at(imageId), `${config} `)
    await expect(open('app:1')).rejects.toMatchObject({ code: 'digest-mismatch' })
    const limits = { ...DEFAULT_LIMITS, documentBytes: 600 }
    root.document(id, imageId, 'x'.repeat(601))
    const small = root.document.bind(root, id)
    await expect(open('app:1', { limits })).rejects.toMatchObject({ code: 'storage-damaged', message: /more than the/ })
    rmSync(at(imageId))
    await expect(open('app:1')).rejects.toMatchObject({ code: 'storage-damaged', message: /no config of the image/ })
    mkdirSync(at(imageId))
    await expect(open('app:1')).rejects.toMatchObject({ code: 'storage-damaged', message: /is not a file/ })
    rmSync(at(imageId), { recursive: true })
    symlinkSync(at(imageId), at(imageId))
    await expect(open('app:1')).rejects.toMatchObject({ code: 'storage-unreadable', message: /ELOOP/ })
    for (const name of ['manifest', `manifest-${digest}`]) small(name, '{"manifests":[{"digest":"sha256:0"}]}')
    await expect(open('app:1')).rejects.toMatchObject({ code: 'digest-mismatch' })
    delete root.images[0].digest
    root.write()
    await expect(open('app:1')).rejects.toMatchObject({ code: 'document-invalid' })
    rmSync(at('manifest'))
    await expect(open('app:1')).rejects.toMatchObject({ message: /no manifest of the image/ })
    // What is wrong with one image is said when that is opened.
    expect(await podmanDoor.list?.(contextOf())).toEqual(['podman:localhost/app:1'])
  })

  it('have the file names that the storage gives them', () => {
    expect(fileNameOf('manifest')).toBe('manifest')
    expect(fileNameOf('sha256:ab')).toBe('=c2hhMjU2OmFi')
    expect(fileNameOf('..')).toBe('=Li4=')
    expect(fileNameOf('../x')).toMatch(/^=[^/]+$/)
    expect(() => fileNameOf('~~?')).toThrow(/cannot be a file/)
  })

  it('that are nowhere leave the door without an answer', async () => {
    const absent = await open('app:1', { engines: { podmanRoot: path.join(root.path, 'nowhere') } })
    expect(absent).toContain(`no storage at ${root.path}/nowhere`)
  })
})
