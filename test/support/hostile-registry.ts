import { Buffer } from 'node:buffer'
import { randomBytes } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Digest } from '../../src/model/digest.ts'
import { type BuiltImage, type BuiltManifest, buildDocument, buildImage, buildIndex } from './registry-image.ts'

/** One request that a hostile registry got. */
export interface SeenRequest {
  readonly method: string
  readonly path: string
  readonly authorization: string | undefined
  readonly range: string | undefined
}

/** A registry that misbehaves: each repository `hostile/NAME` in its own way, with an image under the tag 1. */
export interface HostileRegistry {
  /** `127.0.0.1:PORT`. */
  readonly host: string
  readonly requests: SeenRequest[]
  /** The name of the image that misbehaves so: `127.0.0.1:PORT/hostile/NAME:1`. */
  image(misdeed: Misdeed): string
  /** What an honest registry would serve. */
  readonly honest: BuiltImage
  /** Forgets what was asked so far. */
  reset(): void
  close(): Promise<void>
}

/** One request, and what an honest registry would answer. */
interface Asked {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly kind: 'manifests' | 'blobs' | 'tags' | 'token' | 'moved' | 'other'
  /** Tag or digest. */
  readonly what: string
  readonly base: string
  readonly path: string
  /** How often this very request came, this time included. */
  readonly count: number
  readonly honest: BuiltImage
  /** Answers honestly. */
  serve(found?: BuiltManifest): void
}

export type Misdeed = keyof typeof MISDEEDS

const KIB = 1024
/** A layer long enough to be broken off several times. */
const LAYER_BYTES = 700 * KIB
const REALM = 'Bearer realm="REALM",service="hostile"'

/** What each repository does to who asks; undefined: it serves honestly. */
const MISDEEDS = {
  honest: () => false,
  'manifest-digest': (asked: Asked) =>
    isGet(asked, 'manifests') && sendManifest(asked, altered(asked.honest.bytes), asked.honest.digest),
  'config-digest': (asked: Asked) => isBlob(asked, 'config') && send(asked, 200, altered(blobOf(asked))),
  'layer-digest': (asked: Asked) => isBlob(asked, 'layer') && send(asked, 200, altered(blobOf(asked))),
  'layer-longer': (asked: Asked) => isBlob(asked, 'layer') && chunked(asked, [blobOf(asked), Buffer.alloc(4096)]),
  'layer-shorter': (asked: Asked) => isBlob(asked, 'layer') && send(asked, 200, blobOf(asked).subarray(0, 100)),
  'layer-ends-early': (asked: Asked) => isBlob(asked, 'layer') && chunked(asked, [blobOf(asked).subarray(0, 100)]),
  'layer-endless': (asked: Asked) => isBlob(asked, 'layer') && endless(asked),
  'layer-html': (asked: Asked) => isBlob(asked, 'layer') && html(asked),
  'layer-hangs': (asked: Asked) => isBlob(asked, 'layer') && half(asked, blobOf(asked)),
  'layer-trickles': (asked: Asked) => isBlob(asked, 'layer') && trickle(asked, blobOf(asked)),
  'layer-drops': (asked: Asked) => isBlob(asked, 'layer') && dropped(asked, 100 * KIB, true),
  'layer-drops-no-ranges': (asked: Asked) => isBlob(asked, 'layer') && dropped(asked, 150 * KIB * asked.count, false),
  'layer-drops-at-once': (asked: Asked) => isBlob(asked, 'layer') && dropped(asked, 0, true),
  'layer-wrong-part': (asked: Asked) => isBlob(asked, 'layer') && wrongPart(asked),
  'layer-changes': (asked: Asked) => isBlob(asked, 'layer') && changing(asked),
  'layer-missing': (asked: Asked) => isBlob(asked, 'layer') && send(asked, 404, ''),
  'index-size': (asked: Asked) => manifest(asked, lyingIndex(asked.honest)),
  'index-media-type': (asked: Asked) =>
    isGet(asked, 'manifests') &&
    sendManifest(asked, asked.honest.bytes, asked.honest.digest, buildIndex([asked.honest]).mediaType),
  'index-and-image': (asked: Asked) => manifest(asked, indexAndImage(asked.honest)),
  'index-of-itself': (asked: Asked) => manifest(asked, indexOfItself(asked)),
  'index-deep': (asked: Asked) => deepIndex(asked),
  'manifest-endless': (asked: Asked) => isGet(asked, 'manifests') && endless(asked),
  'manifest-huge': (asked: Asked) => isGet(asked, 'manifests') && huge(asked),
  'manifest-html': (asked: Asked) => asked.kind === 'manifests' && html(asked),
  'manifest-encoded': (asked: Asked) =>
    isGet(asked, 'manifests') && send(asked, 200, asked.honest.bytes, { 'content-encoding': 'gzip' }),
  'manifest-nonsense': (asked: Asked) => isGet(asked, 'manifests') && send(asked, 200, '['.repeat(500_000)),
  'manifest-schema-1': (asked: Asked) => manifest(asked, schema1()),
  'manifest-hangs': (asked: Asked) => isGet(asked, 'manifests') && half(asked, asked.honest.bytes),
  'manifest-chunked': (asked: Asked) => isGet(asked, 'manifests') && chunked(asked, [asked.honest.bytes]),
  'answers-never': () => true,
  'headers-slow': (asked: Asked) => slowHeaders(asked),
  'headers-endless': (asked: Asked) =>
    raw(asked, `HTTP/1.1 200 OK\r\n${`x-${'y'.repeat(2000)}: z\r\n`.repeat(50)}\r\n`),
  'not-http': (asked: Asked) => raw(asked, 'SSH-2.0-OpenSSH_9.2p1\r\n'),
  'redirects-in-circles': (asked: Asked) => redirect(asked, asked.path),
  'redirects-for-ever': (asked: Asked) => redirect(asked, `${asked.base}/moved/${randomBytes(4).toString('hex')}`),
  'redirects-to-file': (asked: Asked) => redirect(asked, 'file:///etc/passwd'),
  'redirects-to-ftp': (asked: Asked) => redirect(asked, 'ftp://127.0.0.1/x'),
  'redirects-to-metadata': (asked: Asked) => redirect(asked, 'http://169.254.169.254/latest/meta-data/'),
  'redirects-to-mapped-metadata': (asked: Asked) => redirect(asked, 'http://[::ffff:169.254.169.254]/latest/'),
  'redirects-nowhere': (asked: Asked) => redirect(asked, 'http://['),
  'fails-twice': (asked: Asked) => asked.count <= 2 && send(asked, 503, ''),
  'fails-always': (asked: Asked) =>
    send(asked, 500, JSON.stringify({ errors: [{ code: 'UNKNOWN', message: 'no \u001b[31mdisk' }] })),
  'limits-shortly': (asked: Asked) => asked.count === 1 && send(asked, 429, '', { 'retry-after': '1' }),
  'limits-for-long': (asked: Asked) =>
    send(asked, 429, '', { 'retry-after': '5400', 'ratelimit-limit': '100;w=21600' }),
  'limits-until': (asked: Asked) => send(asked, 429, '', { 'retry-after': 'Fri, 01 Jan 2100 00:00:00 GMT' }),
  'limits-by-window': (asked: Asked) =>
    send(asked, 429, '', { 'ratelimit-limit': '100;w=21600', 'ratelimit-remaining': '0;w=21600' }),
  'limits-without-end': (asked: Asked) => send(asked, 429, ''),
  'refuses-all': (asked: Asked) => send(asked, 401, '', { 'www-authenticate': 'Basic realm="hostile"' }),
  'denies-all': (asked: Asked) => denied(asked),
  'has-nothing': (asked: Asked) => send(asked, 404, JSON.stringify({ errors: [{ code: 'MANIFEST_UNKNOWN' }] })),
  'token-refused': (asked: Asked) => (asked.kind === 'token' ? send(asked, 401, '') : challenge(asked)),
  'token-useless': (asked: Asked) => (asked.kind === 'token' ? token(asked, { token: 'worthless' }) : challenge(asked)),
  'token-html': (asked: Asked) => (asked.kind === 'token' ? html(asked) : challenge(asked)),
  'token-endless': (asked: Asked) => (asked.kind === 'token' ? endless(asked) : challenge(asked)),
  'token-splits-headers': (asked: Asked) =>
    asked.kind === 'token' ? token(asked, { token: 'x\r\nx-injected: 1' }) : challenge(asked),
  'token-from-metadata': (asked: Asked) => challenge(asked, 'http://169.254.169.254/token'),
  'token-from-file': (asked: Asked) => challenge(asked, 'file:///etc/passwd'),
  'token-redirects': (asked: Asked) =>
    asked.kind === 'token' ? redirect(asked, 'http://localhost:1/token') : challenge(asked),
  'tags-endless': (asked: Asked) => asked.kind === 'tags' && endlessTags(asked),
  'tags-huge': (asked: Asked) =>
    asked.kind === 'tags' &&
    send(asked, 200, JSON.stringify({ tags: Array.from({ length: 1_000_000 }, (_, i) => `v${i}.0.0`) })),
  'tags-in-circles': (asked: Asked) =>
    asked.kind === 'tags' && send(asked, 200, '{"tags":["a","b"]}', { link: `<${asked.path}?n=1&last=a>; rel="next"` }),
  'tags-nonsense': (asked: Asked) => asked.kind === 'tags' && send(asked, 200, '{"tags":{"a":1}}'),
} satisfies Record<string, (asked: Asked) => boolean>

/** Every way to misbehave. */
export const ALL_MISDEEDS = Object.keys(MISDEEDS) as readonly Misdeed[]

/** Starts it on a free port of this machine. */
export async function hostileRegistry(): Promise<HostileRegistry> {
  const filler = randomBytes(LAYER_BYTES)
  const honest = buildImage([[{ name: 'etc/filler', text: filler }]], { encoding: 'gzip' })
  const requests: SeenRequest[] = []
  const counts = new Map<string, number>()
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://localhost')
    requests.push({
      method: request.method ?? '',
      path: url.pathname,
      authorization: request.headers.authorization,
      range: request.headers.range,
    })
    const key = `${request.method} ${url.pathname}`
    counts.set(key, (counts.get(key) ?? 0) + 1)
    // Who breaks off a connection makes the other side break off too.
    response.on('error', () => {})
    answer(request, response, url.pathname, counts.get(key) ?? 1, honest)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    host,
    requests,
    honest,
    image: (misdeed) => `${host}/hostile/${misdeed}:1`,
    reset() {
      requests.length = 0
      counts.clear()
    },
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

function answer(
  request: IncomingMessage,
  response: ServerResponse,
  path: string,
  count: number,
  honest: BuiltImage,
): void {
  const match = /^\/v2\/hostile\/([a-z0-9-]+)\/(manifests|blobs|tags|token|moved)\/(.*)$/.exec(path)
  const misdeed = match?.[1] ?? 'honest'
  const asked: Asked = {
    request,
    response,
    path,
    kind: (match?.[2] as Asked['kind']) ?? 'other',
    what: match?.[3] ?? '',
    base: `/v2/hostile/${misdeed}`,
    count,
    honest,
    serve: (found) => serveHonestly(asked, found),
  }
  if (!(misdeed in MISDEEDS)) send(asked, 404, '')
  else if (!MISDEEDS[misdeed as Misdeed](asked)) asked.serve()
}

function serveHonestly(asked: Asked, found: BuiltManifest = asked.honest): void {
  const { kind, what, honest } = asked
  const isKnown = what === '1' || what === found.digest || what === honest.digest
  const document = what === honest.digest ? honest : found
  const blob = honest.blobs.get(what as Digest)
  if (kind === 'manifests' && isKnown) sendManifest(asked, document.bytes, document.digest, document.mediaType)
  else if (kind === 'blobs' && blob !== undefined) send(asked, 200, blob)
  else if (kind === 'tags') send(asked, 200, '{"tags":["1"]}')
  else send(asked, 404, '')
}

// ---------------------------------------------------------------- what is asked for

function isGet({ request, kind }: Asked, wanted: Asked['kind']): boolean {
  return kind === wanted && request.method === 'GET'
}

function isBlob(asked: Asked, which: 'config' | 'layer'): boolean {
  return isGet(asked, 'blobs') && (asked.what === asked.honest.config) === (which === 'config')
}

function blobOf({ honest, what }: Asked): Buffer {
  return honest.blobs.get(what as Digest) ?? Buffer.alloc(0)
}

// ---------------------------------------------------------------- answers

function send(
  { request, response }: Asked,
  status: number,
  body: Buffer | string,
  headers: Readonly<Record<string, string>> = {},
): true {
  const bytes = Buffer.from(body)
  response.writeHead(status, { 'content-length': String(bytes.length), ...headers })
  response.end(request.method === 'HEAD' ? undefined : bytes)
  return true
}

function sendManifest(asked: Asked, bytes: Buffer, digest: string, type?: string): true {
  const mediaType = type ?? asked.honest.mediaType
  return send(asked, 200, bytes, { 'content-type': mediaType, 'docker-content-digest': digest })
}

/** Another manifest in the honest one's place. */
function manifest(asked: Asked, document: BuiltManifest): boolean {
  if (asked.kind !== 'manifests') return false
  asked.serve(document)
  return true
}

function altered(bytes: Buffer): Buffer {
  const copy = Buffer.from(bytes)
  copy[copy.length >> 1] ^= 1
  return copy
}

function html(asked: Asked): true {
  return send(asked, 200, '<!doctype html><title>Log in</title>', { 'content-type': 'text/html; charset=utf-8' })
}

function chunked({ response }: Asked, parts: readonly Buffer[]): true {
  response.writeHead(200, { 'content-type': 'application/octet-stream' })
  for (const part of parts) response.write(part)
  response.end()
  return true
}

function endless({ response }: Asked): true {
  response.writeHead(200, { 'content-type': 'application/json' })
  const piece = Buffer.alloc(64 * KIB, 0x20)
  const more = (): void => {
    while (!response.destroyed && response.write(piece));
  }
  response.on('drain', more)
  more()
  return true
}

function huge({ response }: Asked): true {
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': String(10 ** 12) })
  response.write('{')
  return true
}

/** Half of a body, and then nothing. */
function half({ response }: Asked, bytes: Buffer): true {
  response.writeHead(200, { 'content-length': String(bytes.length) })
  response.write(bytes.subarray(0, bytes.length >> 1))
  return true
}

/** A byte now and then. */
function trickle({ response }: Asked, bytes: Buffer): true {
  response.writeHead(200, { 'content-length': String(bytes.length) })
  let at = 0
  const timer = setInterval(() => response.write(bytes.subarray(at, ++at)), 20)
  response.once('close', () => clearInterval(timer))
  return true
}

/** Breaks the connection after so many bytes of each answer. */
function dropped(asked: Asked, most: number, ranges: boolean): true {
  const { request, response } = asked
  const bytes = blobOf(asked)
  const from = ranges ? Number(/^bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1] ?? 0) : 0
  const rest = bytes.subarray(from)
  const headers: Record<string, string> = { 'content-length': String(rest.length) }
  if (from > 0) headers['content-range'] = `bytes ${from}-${bytes.length - 1}/${bytes.length}`
  response.writeHead(from > 0 ? 206 : 200, headers)
  if (most >= rest.length) response.end(rest)
  else if (most === 0) response.write('', () => response.destroy())
  else response.write(rest.subarray(0, most), () => afterTurns(16, () => response.destroy()))
  return true
}

/** Runs after so many turns of the event loop, in which a client of this process takes what was sent: what waits in a stream is lost when its connection ends. */
function afterTurns(turns: number, action: () => void): void {
  setImmediate(() => (turns > 0 ? afterTurns(turns - 1, action) : action()))
}

function wrongPart(asked: Asked): true {
  if (asked.request.headers.range === undefined) return dropped(asked, 100 * KIB, true)
  const bytes = blobOf(asked)
  const range = { 'content-range': `bytes 0-${bytes.length - 1}/${bytes.length}` }
  return send(asked, 206, bytes, range)
}

function changing(asked: Asked): true {
  asked.response.setHeader('etag', `"${asked.count}"`)
  return dropped(asked, 100 * KIB, true)
}

function redirect(asked: Asked, to: string): true {
  return send(asked, 307, '', { location: to })
}

function raw({ response }: Asked, text: string): true {
  response.socket?.write(text)
  return true
}

function slowHeaders(asked: Asked): true {
  const { response } = asked
  raw(asked, 'HTTP/1.1 200 OK\r\n')
  const timer = setInterval(() => response.socket?.write('x-slow: loris\r\n'), 20)
  response.once('close', () => clearInterval(timer))
  return true
}

function denied(asked: Asked): true {
  if (asked.request.headers.authorization === undefined)
    return send(asked, 401, '', { 'www-authenticate': 'Basic realm="hostile"' })
  return send(asked, 403, JSON.stringify({ errors: [{ code: 'DENIED', message: 'not you' }] }))
}

function challenge(asked: Asked, realm = `http://${asked.request.headers.host}${asked.base}/token/x`): true {
  return send(asked, 401, '', { 'www-authenticate': REALM.replace('REALM', realm) })
}

function token(asked: Asked, content: unknown): true {
  return send(asked, 200, JSON.stringify(content), { 'content-type': 'application/json' })
}

function endlessTags(asked: Asked): true {
  const tags = Array.from({ length: 1000 }, (_, i) => `${asked.count}.${i}`)
  return send(asked, 200, JSON.stringify({ tags }), { link: `<${asked.path}?n=1000&last=${tags[999]}>; rel="next"` })
}

// ---------------------------------------------------------------- documents

function lyingIndex(image: BuiltImage): BuiltManifest {
  const { mediaType, digest, platform } = image
  return buildDocument(buildIndex([image]).mediaType, {
    schemaVersion: 2,
    manifests: [{ mediaType, digest, size: 17, platform }],
  })
}

function indexAndImage(image: BuiltImage): BuiltManifest {
  const both = { ...JSON.parse(buildIndex([image]).bytes.toString()), ...JSON.parse(image.bytes.toString()) }
  return buildDocument(image.mediaType, { ...both, mediaType: undefined })
}

/** No document can hold its own digest: the registry says that it is what it names. */
function indexOfItself({ what }: Asked): BuiltManifest {
  const digest = what.startsWith('sha256:') ? what : `sha256:${'ab'.repeat(32)}`
  const mediaType = 'application/vnd.oci.image.index.v1+json'
  const document = buildDocument(mediaType, {
    schemaVersion: 2,
    mediaType,
    manifests: [{ mediaType, digest, size: 300 }],
  })
  return what === '1' ? document : { ...document, digest: digest as Digest }
}

function deepIndex(asked: Asked): boolean {
  if (asked.kind !== 'manifests') return false
  let document: BuiltManifest = buildIndex([asked.honest])
  const all = [document]
  for (let i = 0; i < 20; i++) {
    const { mediaType, digest, bytes } = document
    document = buildDocument(mediaType, {
      schemaVersion: 2,
      mediaType,
      manifests: [{ mediaType, digest, size: bytes.length }],
    })
    all.push(document)
  }
  asked.serve(all.find(({ digest }) => digest === asked.what) ?? document)
  return true
}

function schema1(): BuiltManifest {
  return buildDocument('application/vnd.docker.distribution.manifest.v1+prettyjws', {
    schemaVersion: 1,
    name: 'hostile/old',
    tag: '1',
    architecture: 'amd64',
    fsLayers: [{ blobSum: `sha256:${'0'.repeat(64)}` }],
    history: [{ v1Compatibility: '{}' }],
  })
}
