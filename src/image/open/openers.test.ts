import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import zlib from 'node:zlib'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  dockerArchive,
  dockerArchiveEntries,
  type ImageOptions,
  imageConfig,
  ociArchive,
  ociFiles,
  ociLayout,
  sha256,
  tarball,
  writeFiles,
} from '../../../test/support/tar-writer.ts'
import { Failure } from '../../lib/failure.ts'
import { DEFAULT_LIMITS, type Limits } from '../../lib/limits.ts'
import { passArchive } from '../archive/pass.ts'
import { streamLayer } from '../layer/stream.ts'
import type { Image } from '../types.ts'
import { openLocal } from './openers.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'bulwark-open-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

const base = tarball([{ name: 'etc/os-release', body: 'ID=alpine\n' }])
const upper = tarball([{ name: 'app', body: 'x'.repeat(3_000_000) }])
const simple: ImageOptions = { layers: [base, upper], tags: ['shop:1.0'] }

const context = (more: { platform?: string; limits?: Partial<Limits> } = {}) => ({
  signal: new AbortController().signal,
  ...(more.platform === undefined ? {} : { platform: more.platform }),
  limits: { ...DEFAULT_LIMITS, ...more.limits },
})

function save(bytes: Uint8Array, name = 'image.tar'): string {
  const file = path.join(folder, name)
  writeFileSync(file, bytes)
  return file
}

/** Opens, reads all layers, and verifies them. */
async function openImage(reference: string, platform?: string): Promise<Image> {
  const options = context(platform === undefined ? {} : { platform })
  const target = await openLocal(reference, options)
  if (target.kind === 'sequential') {
    const sink = { chunk: () => {}, done: () => {}, failed: () => {} }
    return target.archive.resolve(await passArchive(target.archive, { ...options, layer: () => sink })).image
  }
  if (target.kind !== 'image') throw new Error(`opened as ${target.kind}`)
  for (const { locator, diffId, blob } of target.image.layers) {
    const expected = { diffId, ...(blob === undefined ? {} : { blob }) }
    if (locator?.at === 'file')
      await streamLayer(locator, { ...options, name: diffId, expect: expected, onChunk: () => {} })
  }
  return target.image
}

async function failureOf(action: Promise<unknown>): Promise<Failure> {
  const error = await action.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  if (error instanceof Failure) return error
  throw error ?? new Error('nothing was thrown')
}

const zip = (bytes: Uint8Array) => zlib.gzipSync(bytes, { level: 1 })

describe('images that are whole', () => {
  it.each<[string, () => string]>([
    ['docker save', () => save(dockerArchive([simple]))],
    ['docker save, gzip', () => save(zip(dockerArchive([simple])))],
    ['docker save, zstd', () => save(zlib.zstdCompressSync(dockerArchive([simple])))],
    ['docker save of gzip layers, gzip', () => save(zip(dockerArchive([{ ...simple, compression: 'gzip' }])))],
    ['OCI archive', () => save(ociArchive([{ ...simple, compression: 'gzip' }]))],
    ['OCI archive of zstd layers, gzip', () => save(zip(ociArchive([{ ...simple, compression: 'zstd' }])))],
    [
      'OCI layout',
      () => {
        ociLayout(folder, [{ ...simple, compression: 'gzip' }])
        return folder
      },
    ],
  ])('%s', async (_, make) => {
    const image = await openImage(make())
    expect(image.layers.map((layer) => layer.diffId)).toEqual([sha256(base), sha256(upper)])
    expect(image.layers.map((layer) => layer.createdBy)).toEqual(['layer 0', 'layer 1'])
    expect(image.layers.every((layer) => layer.absent === undefined)).toBe(true)
    expect(image.tags).toEqual(['shop:1.0'])
    expect(image.imageId).toBe(sha256(imageConfig(simple)))
  })

  it('finds a layer that occurs again behind its link', async () => {
    const twice = { layers: [base, upper, base], tags: ['twice:1'] }
    const archive = dockerArchive([twice])
    for (const file of [save(archive), save(zip(archive), 'image.tgz')]) {
      const { layers } = await openImage(file)
      expect(layers.map((layer) => layer.absent)).toEqual([undefined, undefined, undefined])
    }
  })

  it('knows a directory and a file', async () => {
    const file = save(Buffer.from('{}'), 'package-lock.json')
    expect(await openLocal(file, context())).toMatchObject({ kind: 'file' })
    expect(await openLocal(folder, context())).toMatchObject({ kind: 'tree' })
    expect(await openLocal(`file:${file}`, context())).toMatchObject({ kind: 'file' })
  })
})

describe('which image', () => {
  const other = { layers: [upper], tags: ['registry.example/team/other:2', 'other:latest'] }

  it('lists the tags when several are there and none is chosen', async () => {
    const file = save(dockerArchive([simple, other]))
    const failure = await failureOf(openImage(file))
    expect(failure).toMatchObject({ code: 'image-choice-needed', input: file })
    expect(failure.message).toMatch(/shop:1\.0.*other:2/)
    expect(failure.hints.join()).toContain(`${file}:shop:1.0`)
  })

  it.each([':shop:1.0', '@0', ':other', '@1', ':registry.example/team/other:2'])('is chosen by %s', async (choice) => {
    const image = await openImage(save(dockerArchive([simple, other])) + choice)
    expect(image.layers).toHaveLength(choice.includes('other') || choice === '@1' ? 1 : 2)
  })

  it('says which there are when the chosen one is not', async () => {
    const failure = await failureOf(openImage(`${save(dockerArchive([simple]))}:nope`))
    expect(failure).toMatchObject({ code: 'no-such-image' })
    expect(failure.message).toContain('shop:1.0')
  })

  it('is chosen by platform, and the missing one is named with those that are there', async () => {
    ociLayout(folder, [
      { layers: [base], architecture: 'amd64' },
      { layers: [upper], architecture: 'arm64', variant: 'v8' },
      { layers: [upper], os: 'unknown', architecture: 'unknown' },
    ])
    expect((await openImage(folder, 'linux/arm64')).config.architecture).toBe('arm64')
    expect((await openImage(folder, 'linux/arm64/v8')).config.architecture).toBe('arm64')
    const failure = await failureOf(openImage(folder, 'linux/s390x'))
    expect(failure).toMatchObject({ code: 'platform-not-found', input: folder })
    expect(failure.message).toMatch(/linux\/amd64.*linux\/arm64\/v8/)
    expect((await failureOf(openImage(folder, 'nonsense'))).kind).toBe('usage')
  })

  it('ends indexes that name themselves or nest too deep', async () => {
    const files = ociFiles([simple])
    let inner = files.get('index.json')!
    for (let i = 0; i < 20; i++) {
      files.set(`blobs/sha256/${sha256(inner).slice(7)}`, inner)
      const entry = { mediaType: 'application/vnd.oci.image.index.v1+json', digest: sha256(inner), size: inner.length }
      inner = Buffer.from(JSON.stringify({ manifests: [entry, entry] }))
      if (i === 3) {
        writeFiles(folder, files.set('index.json', inner))
        expect((await openImage(folder)).layers).toHaveLength(2)
      }
    }
    writeFiles(folder, files.set('index.json', inner))
    expect((await failureOf(openImage(folder))).code).toBe('index-too-deep')
  })
})

describe('images that lie or are damaged', () => {
  it('names a layer that is not what the config says', async () => {
    const lie = { ...simple, diffIds: [sha256(base), sha256(base)] }
    expect((await failureOf(openImage(save(dockerArchive([lie]))))).code).toBe('digest-mismatch')
    const failure = await failureOf(openImage(save(zip(dockerArchive([lie])))))
    expect(failure.code).toBe('digest-mismatch')
    expect(failure.input).toContain('layer 1')
  })

  it('names a config and a manifest that were changed', async () => {
    const changed = dockerArchiveEntries([simple]).map((entry) =>
      entry.name.toString().endsWith('.json') && entry.name !== 'manifest.json'
        ? { ...entry, body: imageConfig({ ...simple, env: ['EVIL=1'] }) }
        : entry,
    )
    const failure = await failureOf(openImage(save(tarball(changed))))
    expect(failure.code).toBe('digest-mismatch')
    expect(failure.message).toContain('config')
    const files = ociFiles([simple])
    const { manifests } = JSON.parse(files.get('index.json')!.toString())
    files.set(`blobs/sha256/${manifests[0].digest.slice(7)}`, Buffer.from('{}'))
    writeFiles(folder, files)
    expect((await failureOf(openImage(folder))).code).toBe('digest-mismatch')
  })

  it('says when the number of layers differs, and when a layer is missing', async () => {
    expect((await failureOf(openImage(save(dockerArchive([{ ...simple, diffIds: [sha256(base)] }]))))).code).toBe(
      'layer-count-mismatch',
    )
    const files = ociFiles([simple])
    files.delete(`blobs/sha256/${sha256(upper).slice(7)}`)
    writeFiles(folder, files)
    expect((await openImage(folder)).layers.map((layer) => layer.absent)).toEqual([undefined, 'its blob is missing'])
  })

  it('fails a corrupt layer alone in an archive that is one stream', async () => {
    const entries = dockerArchiveEntries([{ ...simple, compression: 'gzip' }])
    const damaged = entries.map((entry) => {
      if (!(entry.body instanceof Uint8Array) || entry.body[0] !== 0x1f || entry.body.length < 1000) return entry
      return { ...entry, body: entry.body.subarray(0, entry.body.length - 500) }
    })
    const image = await openImage(save(zip(tarball(damaged))))
    expect(image.layers[0].absent).toBeUndefined()
    expect(image.layers[1].absent).toContain('gzip')
  })

  it('names the archive when it is truncated, as a file and as a stream', async () => {
    const archive = dockerArchive([simple])
    const plain = await failureOf(openImage(save(archive.subarray(0, 1_000_000))))
    expect(plain).toMatchObject({ code: 'tar-truncated', input: path.join(folder, 'image.tar') })
    const zipped = zip(archive)
    expect((await failureOf(openImage(save(zipped.subarray(0, zipped.length >> 1))))).code).toBe('gzip-truncated')
    expect((await failureOf(openImage(save(zip(archive.subarray(0, 1_000_000)))))).code).toBe('tar-truncated')
  })

  it('bounds documents', async () => {
    const file = save(dockerArchive([simple]))
    const failure = await failureOf(openLocal(file, context({ limits: { documentBytes: 100 } })))
    expect(failure.code).toBe('document-too-large')
  })

  it('is not led out of the archive or the layout', async () => {
    const entries = dockerArchiveEntries([simple])
    const manifest = JSON.parse(String(entries.at(-1)?.body))
    manifest[0].Layers = ['../../etc/passwd', '/etc/passwd']
    const changed = [...entries.slice(0, -1), { name: 'manifest.json', body: JSON.stringify(manifest) }]
    const { layers } = await openImage(save(tarball(changed)))
    expect(layers.every((layer) => layer.locator === undefined && layer.absent !== undefined)).toBe(true)
    const layout = path.join(folder, 'layout')
    ociLayout(layout, [simple])
    const blob = path.join(layout, 'blobs/sha256', sha256(upper).slice(7))
    unlinkSync(blob)
    symlinkSync('/etc/passwd', blob)
    expect((await failureOf(openImage(layout))).code).toBe('leaves-layout')
  })
})

describe('what is no image', () => {
  it.each<[string, () => string, string]>([
    ['nothing', () => path.join(folder, 'gone'), 'no-such-target'],
    ['a device', () => '/dev/null', 'target-not-a-file'],
    ['an empty file', () => save(Buffer.alloc(0)), 'empty-target'],
    ['an empty archive', () => save(tarball([])), 'not-an-image-archive'],
    ['some other archive', () => save(tarball([{ name: 'readme' }])), 'not-an-image-archive'],
    [
      'a manifest that is no JSON',
      () => save(tarball([{ name: 'manifest.json', body: 'foobar' }])),
      'document-invalid',
    ],
    [
      'a manifest of another shape',
      () => save(tarball([{ name: 'manifest.json', body: '{"a":1}' }])),
      'document-invalid',
    ],
    ['a file where a folder is forced', () => `dir:${save(Buffer.from('x'))}`, 'target-of-other-kind'],
  ])('%s', async (_, make, code) => {
    const failure = await failureOf(openImage(make()))
    expect(failure.code).toBe(code)
    expect(failure.input).toContain(failure.input?.startsWith('/dev') ? '/dev/null' : folder)
  })

  it('a pipe is not waited for, a root file system is recognised', async () => {
    const pipe = path.join(folder, 'pipe')
    execFileSync('mkfifo', [pipe])
    expect((await failureOf(openLocal(pipe, context()))).message).toContain('pipe')
    expect((await failureOf(openImage(save(base)))).message).toContain('root file system')
  })
})
