import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import {
  endpointOf,
  plainConfiguration,
  shortPatience,
  testClient,
  testContext,
} from '../../../test/support/registry-context.ts'
import { buildImage } from '../../../test/support/registry-image.ts'
import { parseImageName } from '../name/image-name.ts'
import type { Asked, RegistryClient } from './client.ts'
import { openWith } from './door.ts'
import type { Credential, RegistryConfiguration } from './types.ts'

const image = buildImage([[{ name: 'a', text: 'a' }]])
const BASIC: Credential = { kind: 'basic', username: 'ann', password: 'pass word:é', from: 'file A' }
const OTHER: Credential = { kind: 'basic', username: 'bob', password: 'other', from: 'file B' }
const IDENTITY: Credential = { kind: 'identity', token: 'refresh-me', from: 'helper' }
const GIVEN: Credential = { kind: 'bearer', token: 'given', from: 'flag' }

interface Seen {
  readonly method: string
  readonly url: URL
  readonly authorization: string | undefined
  readonly headers: IncomingMessage['headers']
  readonly body: string
}
type Handler = (seen: Seen, response: ServerResponse) => void

const closing: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closing.splice(0)) await close()
})

/** A server of one test, with what it saw. */
async function serve(handler: Handler): Promise<{ readonly host: string; readonly seen: Seen[] }> {
  const seen: Seen[] = []
  const server = createServer((request, response) => {
    const parts: Buffer[] = []
    request.on('data', (part: Buffer) => parts.push(part))
    request.on('end', () => {
      const { authorization } = request.headers
      const url = new URL(request.url ?? '/', `http://${request.headers.host}`)
      const body = Buffer.concat(parts).toString()
      seen.push({ method: request.method ?? '', url, authorization, headers: request.headers, body })
      handler(seen[seen.length - 1], response)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  closing.push(async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })
  return { host: `127.0.0.1:${(server.address() as AddressInfo).port}`, seen }
}

/** Serves the image to requests that `lets` lets in. */
function registryFor(lets: (seen: Seen) => boolean, challenge: (seen: Seen) => string): Handler {
  return (seen, response) => {
    const { pathname } = seen.url
    if (!lets(seen)) return void response.writeHead(401, { 'www-authenticate': challenge(seen) }).end()
    const blob = image.blobs.get(pathname.split('/').at(-1) as never)
    if (blob !== undefined) return void response.end(blob)
    if (!pathname.includes('/manifests/')) return void response.writeHead(404).end()
    const headers = { 'content-type': image.mediaType, 'docker-content-digest': image.digest }
    response.writeHead(200, headers).end(seen.method === 'HEAD' ? undefined : image.bytes)
  }
}

const bearer = ({ url }: Seen): string =>
  `Bearer realm="${url.origin}/token",service="the service",scope="repository:team/shop:pull"`

interface Opened {
  readonly opened: boolean
  readonly why?: string
  readonly lines: readonly string[]
}

async function open(host: string, configuration: RegistryConfiguration, path = 'team/shop:1'): Promise<Opened> {
  const context = testContext()
  closing.push(() => context.close())
  const client = testClient(context, configuration)
  const answer = await openWith(client, parseImageName(`${host}/${path}`), 'x', context)
  const { lines } = context
  return 'found' in answer ? { opened: true, lines } : { opened: false, why: answer.absent, lines }
}

describe('who asks is proven', () => {
  it('by Basic credentials where that is asked for, in UTF-8, and only once for all requests', async () => {
    const expected = `Basic ${Buffer.from('ann:pass word:é').toString('base64')}`
    const { host, seen } = await serve(
      registryFor(
        ({ authorization }) => authorization === expected,
        () => 'Basic realm="r"',
      ),
    )
    expect((await open(host, plainConfiguration([BASIC]))).opened).toBe(true)
    expect(seen.map(({ authorization }) => authorization)).toEqual([undefined, expected, expected, expected])
  })

  it('by a token that Basic credentials get, which is fetched once', async () => {
    const { host, seen } = await serve((one, response) => {
      if (one.url.pathname === '/token') response.end(JSON.stringify({ token: 'let-me-in', expires_in: 300 }))
      else registryFor(({ authorization }) => authorization === 'Bearer let-me-in', bearer)(one, response)
    })
    expect((await open(host, plainConfiguration([BASIC]))).opened).toBe(true)
    const tokens = seen.filter(({ url }) => url.pathname === '/token')
    expect(tokens).toHaveLength(1)
    expect(tokens[0].authorization).toMatch(/^Basic /)
    expect(Object.fromEntries(tokens[0].url.searchParams)).toEqual({
      service: 'the service',
      scope: 'repository:team/shop:pull',
      account: 'ann',
    })
  })

  it('by a token that an identity token gets, as a form', async () => {
    const { host, seen } = await serve((one, response) => {
      if (one.url.pathname === '/token') response.end(JSON.stringify({ access_token: 'let-me-in' }))
      else registryFor(({ authorization }) => authorization === 'Bearer let-me-in', bearer)(one, response)
    })
    expect((await open(host, plainConfiguration([IDENTITY]))).opened).toBe(true)
    const asked = seen.find(({ url }) => url.pathname === '/token')
    expect(asked?.method).toBe('POST')
    expect(Object.fromEntries(new URLSearchParams(asked?.body))).toMatchObject({
      grant_type: 'refresh_token',
      refresh_token: 'refresh-me',
      service: 'the service',
      scope: 'repository:team/shop:pull',
    })
  })

  it('by nobody in particular, when all credentials were refused', async () => {
    const { host, seen } = await serve((one, response) => {
      if (one.url.pathname !== '/token')
        registryFor(({ authorization }) => authorization === 'Bearer anybody', bearer)(one, response)
      else if (one.authorization !== undefined || one.method === 'POST') response.writeHead(401).end()
      else response.end(JSON.stringify({ token: 'anybody' }))
    })
    const { opened, lines } = await open(host, plainConfiguration([BASIC, IDENTITY]))
    expect(opened).toBe(true)
    expect(lines).toContain(`${host}: anonymous: accepted`)
    expect(lines.join()).toContain('credentials of file A: refused')
    expect(seen.filter(({ url }) => url.pathname === '/token').length).toBe(3)
  })

  it('by the next credential when one was refused, asking for costly ones last', async () => {
    const expected = `Basic ${Buffer.from('bob:other').toString('base64')}`
    const { host, seen } = await serve(
      registryFor(
        ({ authorization }) => authorization === expected,
        () => 'Basic realm=r',
      ),
    )
    const more = async (): Promise<{ credentials: Credential[]; problems: string[] }> => ({
      credentials: [OTHER],
      problems: [],
    })
    const configuration: RegistryConfiguration = {
      ...plainConfiguration(),
      credentials: async () => ({ credentials: [BASIC], problems: [], more }),
    }
    expect((await open(host, configuration)).opened).toBe(true)
    expect(seen.map(({ authorization }) => authorization?.slice(0, 10))).toEqual([
      undefined,
      'Basic YW5u',
      'Basic Ym9i',
      'Basic Ym9i',
      'Basic Ym9i',
    ])
  })

  it('by a token that the user gave, as it is', async () => {
    const { host } = await serve(registryFor(({ authorization }) => authorization === 'Bearer given', bearer))
    expect((await open(host, plainConfiguration([GIVEN]))).opened).toBe(true)
  })

  it('with a new token when one ends, or is refused before it should', async () => {
    let issued = 0
    let now = 0
    const { host, seen } = await serve((one, response) => {
      if (one.url.pathname === '/token') response.end(JSON.stringify({ token: `t${++issued}`, expires_in: 60 }))
      else
        registryFor(({ authorization }) => authorization === `Bearer t${issued}` && issued > 0, bearer)(one, response)
    })
    const context = testContext({ documents: undefined })
    closing.push(() => context.close())
    const client = testClient(context, plainConfiguration([BASIC]), shortPatience([], { now: () => now }))
    const endpoint = endpointOf(`http://${host}`, 'team/shop')
    const ask = async (): Promise<number> => {
      const wish = {
        method: 'GET',
        path: 'team/shop/manifests/1',
        scope: 'repository:team/shop:pull',
        input: 'x',
      } as const
      const asked = await client.ask(endpoint, wish)
      asked.discard()
      return asked.status
    }
    expect(await ask()).toBe(200)
    expect(await ask()).toBe(200)
    expect(issued).toBe(1)
    now = 55_000
    expect(await ask()).toBe(200)
    expect(issued).toBe(2)
    issued++
    expect(await ask()).toBe(200)
    expect(issued).toBe(4)
    expect(seen.filter(({ authorization }) => authorization === 'Bearer t1')).toHaveLength(2)
  })
})

describe('credentials are for the host that they are for', () => {
  it('and go to no host that it redirects to', async () => {
    const storage = await serve(
      (one, response) => void response.end(image.blobs.get(one.url.pathname.split('/').at(-1) as never)),
    )
    const { host } = await serve((one, response) => {
      if (!one.url.pathname.includes('/blobs/') || one.authorization === undefined)
        return registryFor(
          ({ authorization }) => authorization !== undefined,
          () => 'Basic realm=r',
        )(one, response)
      const to = `http://name:word@${storage.host}${one.url.pathname}?signature=secret`
      response.writeHead(307, { location: to }).end()
    })
    const configuration = plainConfiguration([BASIC], ({ domain, path }) => [
      endpointOf(`http://${domain}`, path, { headers: { 'x-secret': 'for the registry' } }),
    ])
    const { opened, lines } = await open(host, configuration)
    expect(opened).toBe(true)
    expect(storage.seen.length).toBeGreaterThan(0)
    for (const { headers } of storage.seen) {
      expect(headers.authorization).toBeUndefined()
      expect(headers['x-secret']).toBeUndefined()
    }
    expect(lines.join('\n')).not.toMatch(/signature|word@|for the registry/)
  })

  it('nor to a token service that such a host names', async () => {
    const elsewhere = await serve((one, response) => {
      if (one.url.pathname === '/token') return void response.end(JSON.stringify({ token: 'taken' }))
      const realm = `Bearer realm="http://${one.headers.host}/token",service="s"`
      response.writeHead(401, { 'www-authenticate': realm }).end()
    })
    const { host } = await serve(
      (one, response) =>
        void response.writeHead(307, { location: `http://${elsewhere.host}${one.url.pathname}` }).end(),
    )
    const { opened, lines } = await open(host, plainConfiguration([BASIC]))
    expect(opened).toBe(false)
    expect(elsewhere.seen.map(({ url }) => url.pathname)).not.toContain('/token')
    expect(elsewhere.seen.every(({ authorization }) => authorization === undefined)).toBe(true)
    expect(lines.join('\n')).toContain('is given none')
  })
})

describe('mirrors', () => {
  const mirrored = (mirror: string, more: object = {}): RegistryConfiguration =>
    plainConfiguration([], ({ domain, path }) => [
      endpointOf(`http://${mirror}`, `copy/${path}`, { isMirror: true, because: 'a mirror', ...more }),
      endpointOf(`http://${domain}`, path),
    ])
  const everything = registryFor(
    () => true,
    () => '',
  )

  it('are asked first, under the name that they have', async () => {
    const mirror = await serve(everything)
    const own = await serve(everything)
    expect((await open(own.host, mirrored(mirror.host, { namespace: 'own.example' }))).opened).toBe(true)
    expect(own.seen).toEqual([])
    expect(mirror.seen[0].url.pathname).toBe('/v2/copy/team/shop/manifests/1')
    expect(mirror.seen[0].url.searchParams.get('ns')).toBe('own.example')
  })

  it('are passed over when they fail, lie or have nothing, and that is said', async () => {
    const own = await serve(everything)
    const handlers: Handler[] = [
      (_, response) => void response.writeHead(404).end(),
      (_, response) => void response.writeHead(500).end(),
      (_, response) => void response.writeHead(200, { 'docker-content-digest': image.digest }).end('{}'),
    ]
    for (const handler of handlers) {
      const mirror = await serve(handler)
      const { opened, lines } = await open(own.host, mirrored(mirror.host))
      expect(opened).toBe(true)
      expect(lines.join('\n')).toContain(`asking http://${mirror.host} (a mirror)`)
      expect(lines.join('\n')).toMatch(new RegExp(`http://${mirror.host}: .`))
    }
  })

  it('are asked only for what they may be asked for', async () => {
    const mirror = await serve(everything)
    const own = await serve(everything)
    expect((await open(own.host, mirrored(mirror.host, { answers: 'digests' }))).opened).toBe(true)
    expect(own.seen.map(({ url }) => url.pathname)).toEqual(['/v2/team/shop/manifests/1', '/v2/team/shop/manifests/1'])
    expect(mirror.seen.every(({ url }) => url.pathname.includes('/blobs/'))).toBe(true)
  })
})

describe('plain HTTP', () => {
  const client = (context: ReturnType<typeof testContext>): RegistryClient => testClient(context)
  const ask = (given: RegistryClient, origin: string, allowHttp: boolean): Promise<Asked> => {
    const wish = { method: 'GET', path: '', scope: '', input: 'x' } as const
    return given.ask(endpointOf(origin, 'x', { allowHttp }), wish)
  }

  it('is spoken on this machine, without asking', async () => {
    const { host, seen } = await serve(
      registryFor(
        () => true,
        () => '',
      ),
    )
    const context = testContext()
    closing.push(() => context.close())
    const asked = await ask(client(context), `https://${host}`, false)
    asked.discard()
    expect(asked.status).toBe(404)
    expect(seen).toHaveLength(1)
  })

  it('is not spoken elsewhere unless it is allowed', async () => {
    const context = testContext()
    closing.push(() => context.close())
    const seen: string[] = []
    const explain = (line: string): void => void seen.push(line)
    const none = client({ ...context, explain })
    // A name that leads nowhere: only the order of attempts shows.
    await expect(ask(none, 'https://registry.invalid', false)).rejects.toMatchObject({ code: 'registry-unreachable' })
    expect(seen).toEqual([])
    await expect(ask(none, 'https://registry.invalid', true)).rejects.toMatchObject({ code: 'registry-unreachable' })
    expect(seen.join()).toContain('trying http')
  })
})
