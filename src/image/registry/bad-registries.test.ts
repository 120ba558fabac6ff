import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  ALL_MISDEEDS,
  type HostileRegistry,
  hostileRegistry,
  type Misdeed,
} from '../../../test/support/hostile-registry.ts'
import { plainConfiguration, shortPatience, testClient, testContext } from '../../../test/support/registry-context.ts'
import { Failure } from '../../lib/failure.ts'
import { streamLayer } from '../layer/stream.ts'
import { parseImageName } from '../name/image-name.ts'
import type { Image } from '../types.ts'
import { openWith } from './door.ts'
import { tagsOf } from './listing.ts'
import type { Credential } from './types.ts'

const PASSWORD = 'correct-horse-battery'
const CREDENTIAL: Credential = { kind: 'basic', username: 'ann', password: PASSWORD, from: 'test' }
const BASIC = `Basic ${Buffer.from(`ann:${PASSWORD}`).toString('base64')}`

/** What each misdeed comes to: a failure's code and words, or `whole`. */
const EXPECTED: Record<Misdeed, 'whole' | readonly [code: string, says: RegExp]> = {
  honest: 'whole',
  'manifest-digest': ['digest-mismatch', /manifest is sha256:.*is stated/],
  'config-digest': ['digest-mismatch', /config is sha256:/],
  'layer-digest': ['gzip-corrupt|digest-mismatch', /./],
  'layer-longer': ['layer-too-long', /more than the \d+ bytes stated/],
  'layer-shorter': ['size-mismatch', /has 100 bytes, but \d+ are stated/],
  'layer-ends-early': ['registry-connection', /ended after 100 of/],
  'layer-endless': ['layer-too-long|gzip-corrupt|digest-mismatch', /./],
  'layer-html': ['size-mismatch', /bytes, but \d+ are stated/],
  'layer-hangs': ['registry-connection', /less than 1024 bytes came within 200 ms/],
  'layer-trickles': ['registry-connection', /less than 1024 bytes came within 200 ms/],
  'layer-drops': 'whole',
  'layer-drops-no-ranges': 'whole',
  'layer-drops-at-once': ['registry-connection', /broke off/],
  'layer-wrong-part': ['size-mismatch', /a part from byte 0 came, not from \d+/],
  'layer-changes': ['registry-blob-changed', /became another while it was read/],
  'layer-missing': ['registry-blob-missing', /is not there \(404\)/],
  'index-size': ['size-mismatch', /bytes, but 17 are stated/],
  'index-media-type': ['registry-media-type', /is said to be application\/vnd\.oci\.image\.index/],
  'index-and-image': ['registry-media-type', /an index and an image at once/],
  'index-of-itself': ['digest-mismatch|index-circular', /./],
  'index-deep': ['index-too-deep', /nested deeper than 8/],
  'manifest-endless': ['registry-document-too-large', /larger than \d+ bytes/],
  'manifest-huge': ['registry-document-too-large', /larger than \d+ bytes/],
  'manifest-html': ['registry-media-type', /is a web page/],
  'manifest-encoded': ['registry-encoding', /encoded/],
  'manifest-nonsense': ['document-invalid', /is not valid JSON/],
  'manifest-schema-1': ['manifest-schema-1', /schema 1/],
  'manifest-hangs': ['registry-connection', /came within 200 ms/],
  'manifest-chunked': 'whole',
  'answers-never': ['registry-connection', /no answer within 300 ms/],
  'headers-slow': ['registry-connection', /no answer within 300 ms/],
  'headers-endless': ['registry-not-http|registry-not-tls', /./],
  'not-http': ['registry-not-http|registry-not-tls', /./],
  'redirects-in-circles': ['registry-redirect-refused', /go in circles/],
  'redirects-for-ever': ['registry-redirect-refused', /more than 5 times/],
  'redirects-to-file': ['registry-redirect-refused', /redirects to file:/],
  'redirects-to-ftp': ['registry-redirect-refused', /redirects to ftp:/],
  'redirects-to-metadata': ['registry-address-refused', /169\.254\.169\.254 is not connected to/],
  'redirects-to-mapped-metadata': ['registry-address-refused', /::ffff:a9fe:a9fe is not connected to/],
  'redirects-nowhere': ['registry-redirect-refused', /no address/],
  'fails-twice': 'whole',
  'fails-always': ['registry-status', /500 from 127\.0\.0\.1:\d+ \(UNKNOWN: no {2}\[31mdisk\)/],
  'limits-shortly': 'whole',
  'limits-for-long': ['registry-rate-limited', /of 100 requests in 6 h of .* ends at 20\d\d-\d\d-\d\dT/],
  'limits-until': ['registry-rate-limited', /it ends at 2100-01-01T00:00:00\.000Z/],
  'limits-by-window': ['registry-rate-limited', /it ends at 20/],
  'limits-without-end': ['registry-rate-limited', /does not say when that ends/],
  'refuses-all': ['registry-unauthorized', /401 from .*; tried: credentials of test/],
  'denies-all': ['registry-denied', /403 from .*; tried: credentials of test/],
  'has-nothing': ['absent', /has no manifest 1 of hostile\/has-nothing/],
  'token-refused': ['registry-unauthorized', /401 from/],
  'token-useless': ['registry-unauthorized', /tried: credentials of test, anonymous/],
  'token-html': ['registry-token-service', /what is not JSON/],
  'token-endless': ['registry-document-too-large', /larger than/],
  'token-splits-headers': ['registry-token-service', /without a token/],
  'token-from-metadata': ['registry-address-refused', /169\.254\.169\.254/],
  'token-from-file': ['registry-realm-refused', /file:/],
  'token-redirects': ['registry-unreachable', /localhost:1/],
  'tags-endless': 'whole',
  'tags-huge': 'whole',
  'tags-in-circles': 'whole',
  'tags-nonsense': 'whole',
}

let registry: HostileRegistry
beforeAll(async () => {
  registry = await hostileRegistry()
})
afterAll(() => registry.close())

interface Outcome {
  readonly failure?: Failure
  readonly absent?: string
  readonly lines: readonly string[]
  readonly pauses: readonly number[]
}

/** Opens the image and reads its layers. */
async function read(misdeed: Misdeed): Promise<Outcome> {
  const context = testContext()
  const pauses: number[] = []
  const client = testClient(context, plainConfiguration([CREDENTIAL]), shortPatience(pauses))
  const reference = registry.image(misdeed)
  try {
    const answer = await openWith(client, parseImageName(reference), reference, context)
    if ('absent' in answer) {
      return { ...(answer.serious && { failure: answer.serious }), absent: answer.absent, lines: context.lines, pauses }
    }
    if (answer.found.kind !== 'image') throw new Error('no image')
    await readLayers(answer.found.image)
    return { lines: context.lines, pauses }
  } catch (error) {
    if (error instanceof Failure) return { failure: error, lines: context.lines, pauses }
    throw error
  } finally {
    await context.close()
  }
}

async function readLayers(image: Image): Promise<void> {
  const { limits, signal } = testContext()
  for (const { locator, bytes, diffId, blob } of image.layers) {
    if (locator?.at !== 'remote') throw new Error('no remote layer')
    const expect = { diffId, ...(blob && { blob }) }
    await streamLayer(locator, { name: 'layer', expect, bytes, limits, signal, onChunk: () => {} })
  }
}

describe('a registry that misbehaves', () => {
  it.each(ALL_MISDEEDS)(
    '%s: ends in a clear error or in the whole image, soon and without secrets',
    async (misdeed) => {
      const start = performance.now()
      const { failure, absent, lines } = await read(misdeed)
      const expected = EXPECTED[misdeed]
      if (expected === 'whole') expect(failure?.message ?? absent).toBeUndefined()
      else {
        const [code, says] = expected
        expect(failure?.code ?? (absent === undefined ? 'whole' : 'absent')).toMatch(new RegExp(`^(${code})$`))
        expect(failure?.message ?? absent).toMatch(says)
        if (failure !== undefined) expect(failure.input).toBeDefined()
      }
      expect(performance.now() - start).toBeLessThan(5000)
      const said = [...lines, failure?.message, ...(failure?.hints ?? []), absent].join('\n')
      for (const secret of [PASSWORD, BASIC.slice(6), 'worthless']) expect(said).not.toContain(secret)
    },
  )

  it('is read on from where a connection broke, not from the beginning', async () => {
    registry.reset()
    await read('layer-drops')
    const ranges = registry.requests.flatMap(({ range }) => (range === undefined ? [] : [range]))
    expect(ranges.length).toBeGreaterThanOrEqual(6)
    expect(new Set(ranges).size).toBe(ranges.length)
  })

  it('is waited for as long as it asks, when that is not long', async () => {
    registry.reset()
    expect((await read('limits-shortly')).pauses).toContain(1000)
  })

  it('names the flag with which a link-local address is allowed', async () => {
    expect((await read('redirects-to-metadata')).failure?.hints.join()).toContain('--allow-address 169.254.169.254/32')
  })

  it('is told apart by what it refuses: who asks, what is asked, or that it is there', async () => {
    expect((await read('refuses-all')).failure?.hints.join()).toMatch(/wrong or have expired: docker login 127/)
    expect((await read('denies-all')).failure?.hints.join()).toMatch(/ask for the right to pull/)
    expect((await read('has-nothing')).failure).toBeUndefined()
  })

  it('gets credentials only when it asks for them', async () => {
    registry.reset()
    await read('honest')
    expect(registry.requests.map(({ authorization }) => authorization)).not.toContain(BASIC)
  })
})

describe('lists of tags', () => {
  const list = async (misdeed: Misdeed): Promise<readonly string[] | Failure> => {
    const context = testContext()
    try {
      return await tagsOf(parseImageName(registry.image(misdeed)), testClient(context), context)
    } catch (error) {
      if (error instanceof Failure) return error
      throw error
    } finally {
      await context.close()
    }
  }

  it('are bounded, however they come', { timeout: 30_000 }, async () => {
    expect(await list('tags-endless')).toMatchObject({ code: 'registry-list-too-long' })
    expect(await list('tags-huge')).toMatchObject({ code: 'registry-document-too-large' })
    expect(await list('tags-nonsense')).toMatchObject({ code: 'registry-list-invalid' })
  })

  it('end where pages go in circles', async () => {
    expect(await list('tags-in-circles')).toEqual(['a', 'b'])
    expect(await list('honest')).toEqual(['1'])
  })
})
