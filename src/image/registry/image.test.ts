import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import {
  plainConfiguration,
  type TestContext,
  testClient,
  testContext,
} from '../../../test/support/registry-context.ts'
import { type BuiltManifest, buildDocument, buildImage, buildIndex } from '../../../test/support/registry-image.ts'
import { type SmallRegistry, smallRegistry } from '../../../test/support/small-registry.ts'
import { Failure } from '../../lib/failure.ts'
import { parseImageName } from '../name/image-name.ts'
import type { Image, OpenContext } from '../types.ts'
import { openWith } from './door.ts'
import { platformsOf } from './image.ts'
import { repositoriesOf, tagsOf } from './listing.ts'
import { type Repository, repositoryOf } from './manifests.ts'
import { attestationsOf, referrersOf } from './referrers.ts'

const amd64 = buildImage([[{ name: 'a', text: 'amd64' }], [{ name: 'b', text: 'b' }]])
const arm64 = buildImage([[{ name: 'a', text: 'arm64' }]], {
  platform: { os: 'linux', architecture: 'arm64' },
  encoding: 'zstd',
})
const armV6 = buildImage([[{ name: 'a', text: 'v6' }]], {
  platform: { os: 'linux', architecture: 'arm', variant: 'v6' },
})
const armV7 = buildImage([[{ name: 'a', text: 'v7' }]], {
  platform: { os: 'linux', architecture: 'arm', variant: 'v7' },
})
const attested = buildIndex([amd64, arm64, armV6, armV7], { attested: true })
const docker = buildImage([[{ name: 'a', text: 'docker' }]], { family: 'docker' })
const list = buildIndex([docker], { family: 'docker' })
const { mediaType } = attested
const nested: BuiltManifest = {
  ...buildDocument(mediaType, {
    schemaVersion: 2,
    mediaType,
    manifests: [attested, list].map(({ mediaType: type, digest, bytes }) => ({
      mediaType: type,
      digest,
      size: bytes.length,
    })),
  }),
  manifests: [attested, list],
}

let registry: SmallRegistry
beforeAll(async () => {
  registry = await smallRegistry()
  registry.put('team/shop', 'all', attested)
  registry.put('team/shop', 'one', amd64)
  registry.put('team/docker', 'list', list)
  registry.put('team/nested', '1', nested)
  registry.put('team/foreign', '1', foreign())
  registry.put('team/artifact', '1', artifact())
  registry.put('team/shop', amd64.digest.replace(':', '-'), referrers())
})
afterAll(() => registry.close())

const contexts: TestContext[] = []
afterEach(async () => {
  for (const context of contexts.splice(0)) await context.close()
})

function contextOf(given: Partial<OpenContext> = {}): TestContext {
  const context = testContext(given)
  contexts.push(context)
  return context
}

function repository(text: string, context: OpenContext = contextOf()): Repository {
  const name = parseImageName(`${registry.host}/${text}`)
  return repositoryOf(name, text, testClient(context), context)
}

async function open(text: string, context: OpenContext = contextOf()): Promise<Image> {
  const name = parseImageName(`${registry.host}/${text}`)
  const answer = await openWith(testClient(context, plainConfiguration()), name, text, context)
  if ('absent' in answer) throw answer.serious ?? new Failure('absent', answer.absent)
  if (answer.found.kind !== 'image') throw new Error('no image')
  return answer.found.image
}

function foreign(): BuiltManifest {
  const document = JSON.parse(amd64.bytes.toString())
  document.layers[0].mediaType = 'application/vnd.oci.image.layer.nondistributable.v1.tar+gzip'
  document.layers[0].urls = [`http://${'x'.repeat(10)}.invalid/layer`]
  return { ...buildDocument(amd64.mediaType, document), blobs: amd64.blobs }
}

function artifact(): BuiltManifest {
  const document = JSON.parse(amd64.bytes.toString())
  document.config.mediaType = 'application/vnd.example.chart.config.v1+json'
  return { ...buildDocument(amd64.mediaType, document), blobs: amd64.blobs }
}

function referrers(): BuiltManifest {
  const entry = (artifactType: string): object => ({
    mediaType: amd64.mediaType,
    digest: amd64.digest,
    size: amd64.bytes.length,
    artifactType,
  })
  return buildDocument(mediaType, { schemaVersion: 2, mediaType, manifests: [entry('a/b'), entry('c/d')] })
}

describe('an image of a registry', () => {
  it('is that of the wanted platform, or of this machine', async () => {
    expect((await open('team/shop:all', contextOf({ platform: 'linux/arm64' }))).digest).toBe(arm64.digest)
    expect((await open('team/shop:all')).digest).toBe(amd64.digest)
    expect((await open('team/shop:all', contextOf({ platform: 'linux/arm/v6' }))).digest).toBe(armV6.digest)
    expect((await open('team/shop:all', contextOf({ platform: 'linux/arm' }))).digest).toBe(armV7.digest)
    expect((await open('team/docker:list')).digest).toBe(docker.digest)
    await expect(open('team/shop:all', contextOf({ platform: 'linux/s390x' }))).rejects.toMatchObject({
      code: 'platform-not-found',
      message: expect.stringContaining('linux/arm64'),
    })
  })

  it('has its layers in order, each with what it is and where it comes from', async () => {
    const { layers, imageId, config, tags } = await open('team/shop:one')
    expect(imageId).toBe(amd64.config)
    expect(config.architecture).toBe('amd64')
    expect(tags).toEqual([`${registry.host}/team/shop:one`])
    expect(
      layers.map(({ index, diffId, blob, sizeBytes, createdBy, locator }) => ({
        index,
        diffId,
        blob,
        sizeBytes,
        createdBy,
        locator,
      })),
    ).toEqual(
      amd64.layers.map(({ diffId, blob, sizeBytes }, index) => ({
        ...{ index, diffId, blob, sizeBytes, createdBy: `step ${index}` },
        locator: { at: 'remote', length: sizeBytes },
      })),
    )
  })

  it('is found in nested indexes', async () => {
    const context = contextOf({ platform: 'linux/arm64' })
    expect((await open('team/nested:1', context)).digest).toBe(arm64.digest)
    expect((await platformsOf(repository('team/nested:1'))).length).toBe(5)
  })

  it('is the same by tag and by digest, of itself or of an index', async () => {
    const byTag = await open('team/shop:all')
    for (const digest of [amd64.digest, attested.digest]) {
      const { layers, imageId } = await open(`team/shop@${digest}`)
      expect(imageId).toBe(byTag.imageId)
      expect(layers.map(({ diffId }) => diffId)).toEqual(byTag.layers.map(({ diffId }) => diffId))
    }
  })

  it('costs one request when it is known, none by digest, and nothing of it is believed unseen', async () => {
    const context = contextOf()
    await open('team/shop:all', context)
    registry.requests.length = 0
    await open('team/shop:all', context)
    expect(registry.requests).toEqual(['HEAD /v2/team/shop/manifests/all'])
    registry.requests.length = 0
    await open(`team/shop@${attested.digest}`, context)
    expect(registry.requests).toEqual([])
    context.kept.set(amd64.digest, Buffer.from('{}'))
    await open(`team/shop@${attested.digest}`, context)
    expect(registry.requests).toEqual([`GET /v2/team/shop/manifests/${amd64.digest}`])
  })

  it('is had without the network when it is known; what is not known is said', async () => {
    const context = contextOf()
    await open('team/shop:all', context)
    const offline = { ...context, network: { ...context.network, offline: true } }
    registry.requests.length = 0
    const { layers } = await open(`team/shop@${attested.digest}`, offline)
    expect(layers.map(({ absent, locator }) => [absent, locator])).toEqual(
      layers.map(() => ['it is not known yet, and registries are not asked (--offline)', undefined]),
    )
    await expect(open('team/shop:all', offline)).rejects.toMatchObject({ code: 'absent', message: /--offline/ })
    await expect(open(`team/shop@${docker.digest}`, offline)).rejects.toMatchObject({ code: 'absent' })
    expect(registry.requests).toEqual([])
  })

  it('has a foreign layer that is not asked for', async () => {
    const { layers } = await open('team/foreign:1')
    expect(layers[0].locator).toBeUndefined()
    expect(layers[0].absent).toContain('foreign')
    expect(layers[1].locator?.at).toBe('remote')
  })

  it('is none where it is another kind of artifact', async () => {
    await expect(open('team/artifact:1')).rejects.toMatchObject({ code: 'not-an-image' })
  })

  it('is absent where the registry has no such name', async () => {
    await expect(open('team/shop:none')).rejects.toMatchObject({ code: 'absent' })
    await expect(open('team/none:1')).rejects.toMatchObject({ code: 'absent' })
  })
})

describe('what stands beside images', () => {
  it('is never a platform of theirs', async () => {
    const platforms = await platformsOf(repository('team/shop:all'))
    expect(platforms.map(({ platform }) => platform)).toEqual([
      'linux/amd64',
      'linux/arm64',
      'linux/arm/v6',
      'linux/arm/v7',
    ])
    expect(platforms[1].reference).toBe(`registry:${registry.host}/team/shop@${arm64.digest}`)
    expect(await platformsOf(repository('team/shop:one'))).toMatchObject([{ platform: 'linux/amd64' }])
  })

  it('are SBOM and provenance of the image that they name', async () => {
    const found = await attestationsOf(repository('team/shop:all'), arm64.digest)
    expect(found.map(({ kind, predicateType }) => [kind, predicateType])).toEqual([
      ['sbom', 'https://spdx.dev/Document'],
      ['provenance', 'https://slsa.dev/provenance/v0.2'],
    ])
    expect(attested.manifests.some(({ digest }) => digest === found[0].manifest)).toBe(true)
    expect(await attestationsOf(repository('team/shop:one'), amd64.digest)).toEqual([])
  })

  it('are referrers, by the tag scheme where the registry has no API for them', async () => {
    expect((await referrersOf(repository('team/shop:one'), amd64.digest)).length).toBe(2)
    expect(await referrersOf(repository('team/shop:one'), amd64.digest, 'c/d')).toMatchObject([{ artifactType: 'c/d' }])
    expect(await referrersOf(repository('team/shop:one'), arm64.digest)).toEqual([])
  })
})

describe('lists', () => {
  it('are the tags of a repository and the repositories of a registry', async () => {
    const context = contextOf()
    const tags = await tagsOf(parseImageName(`${registry.host}/team/shop`), testClient(context), context)
    expect(tags.slice(0, 2)).toEqual(['all', 'one'])
    expect(await repositoriesOf(registry.host, testClient(context), context)).toContain('team/docker')
    await expect(
      tagsOf(parseImageName(`${registry.host}/team/none`), testClient(context), context),
    ).rejects.toMatchObject({
      code: 'registry-not-found',
    })
  })
})
