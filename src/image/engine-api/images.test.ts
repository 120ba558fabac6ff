import { afterEach, describe, expect, it } from 'vitest'
import { type EngineApiServer, type Misbehaviour, serveEngine } from '../../../test/support/engine-api-server.ts'
import { dockerArchive, type ImageOptions, imageConfig, sha256, tarball } from '../../../test/support/tar-writer.ts'
import { DEFAULT_LIMITS } from '../../lib/limits.ts'
import { passArchive } from '../archive/pass.ts'
import { parseImageName } from '../name/image-name.ts'
import { sharedResources } from '../open/shared-resources.ts'
import type { DoorAnswer, Image, OpenContext, SequentialArchive } from '../types.ts'
import { listDockerImages, openThroughDockerApi } from './docker.ts'
import { openThroughApi } from './images.ts'

const base = tarball([{ name: 'etc/os-release', body: 'ID=alpine\n' }])
const upper = tarball([{ name: 'app', body: 'x'.repeat(300_000) }])
const image: ImageOptions = { layers: [base, upper], tags: ['shop:latest'] }
const SINK = { chunk: () => {}, done: () => {}, failed: () => {} }

const shared = sharedResources()
const servers: EngineApiServer[] = []
afterEach(async () => {
  await shared.close()
  for (const server of servers.splice(0)) await server.close()
})

async function serve(misbehave?: Misbehaviour, served: ImageOptions = image): Promise<EngineApiServer> {
  const server = await serveEngine('shop', served, misbehave)
  servers.push(server)
  return server
}

function contextOf(socket: string, more: Partial<OpenContext> = {}): OpenContext {
  const documents = new Map<string, Uint8Array>()
  return {
    signal: new AbortController().signal,
    limits: DEFAULT_LIMITS,
    environment: { DOCKER_HOST: `unix://${socket}`, HOME: '/nowhere' },
    network: { offline: true, allowAddresses: [], insecureRegistries: [], pullSecrets: [] },
    engines: {},
    explain: () => {},
    documents: {
      loadDocument: (digest) => documents.get(digest),
      storeDocument: (digest, bytes) => void documents.set(digest, bytes),
    },
    shared,
    ...more,
  }
}

function archiveOf(answer: DoorAnswer): SequentialArchive {
  if (!('found' in answer) || answer.found.kind !== 'sequential') throw new Error(JSON.stringify(answer))
  return answer.found.archive
}

async function readThrough(archive: SequentialArchive, context: OpenContext): Promise<Image> {
  return archive.resolve(await passArchive(archive, { ...context, layer: () => SINK })).image
}

const open = (context: OpenContext): Promise<DoorAnswer> =>
  openThroughDockerApi(parseImageName('shop'), 'docker:shop', context)

/** Asks with little patience. */
function openSoon(server: EngineApiServer, context = contextOf(server.socket)): Promise<DoorAnswer> {
  const endpoint = { address: { at: 'unix', path: server.socket }, from: 'the test', chosen: true } as const
  const patience = { answerMs: 300, exportMs: 300, idleMs: 300 }
  return openThroughApi([endpoint], ['shop'], 'docker:shop', context, patience)
}

describe("an image through an engine's API", () => {
  it('is exported once, and known by its description the next time', async () => {
    const server = await serve()
    const context = contextOf(server.socket)
    const first = archiveOf(await open(context))
    expect(first.expected).toBeUndefined()
    const exported = await readThrough(first, context)
    expect(exported).toMatchObject({ imageId: sha256(imageConfig(image)), tags: ['shop:latest'] })
    expect(exported.layers.map(({ createdBy }) => createdBy)).toEqual(['layer 0', 'layer 1'])
    const second = archiveOf(await open(context))
    expect(second.expected).toEqual(exported)
    expect(server.requests.filter((path) => path.endsWith('/get'))).toHaveLength(1)
  })

  it('is not there when the engine does not hold it, or holds it for another platform', async () => {
    const server = await serve()
    const other = await openThroughDockerApi(parseImageName('other'), 'other', contextOf(server.socket))
    expect(other).toEqual({ absent: `${server.socket} holds no such image` })
    const arm = await open(contextOf(server.socket, { platform: 'linux/arm64' }))
    expect(arm).toEqual({ absent: `${server.socket} holds it for linux/amd64 only` })
  })

  it('is listed by the names that it has', async () => {
    const server = await serve()
    expect(await listDockerImages(contextOf(server.socket))).toEqual(['shop:latest'])
    expect(await listDockerImages(contextOf('', { environment: { HOME: '/nowhere' } }))).toBeUndefined()
  })

  it('is absent, without more ado, when nobody listens at the usual place, and worth a word where the user named it', async () => {
    const answer = await open(contextOf('/nowhere/docker.sock'))
    expect(answer).toMatchObject({
      absent: '/nowhere/docker.sock: there is no such socket',
      serious: { code: 'engine-not-running' },
    })
  })
})

describe('an engine that misbehaves', () => {
  const html: Misbehaviour = (_, response) =>
    void response.writeHead(200, { 'content-type': 'text/html' }).end('<html>') === undefined
  const endless: Misbehaviour = (_, response) => {
    response.writeHead(200)
    const more = (): void => {
      while (!response.destroyed && response.write(Buffer.alloc(65536, ' ')));
    }
    response.on('drain', more)
    more()
    return true
  }
  it.each<[string, Misbehaviour, string]>([
    ['hangs', () => true, 'engine-timeout'],
    ['hangs in the middle', (_, response) => response.writeHead(200).write('{"Id":'), 'engine-timeout'],
    ['answers HTML', html, 'engine-answer-invalid'],
    [
      'answers 404 in HTML',
      (_, response) => void response.writeHead(404).end('<html>') === undefined,
      'engine-answer-invalid',
    ],
    ['speaks no HTTP', (request) => void request.socket.end('SSH-2.0-x\r\n') === undefined, 'engine-answer-invalid'],
    [
      'redirects',
      (_, response) => void response.writeHead(302, { location: '/' }).end() === undefined,
      'engine-answer-invalid',
    ],
    ['never ends', endless, 'engine-answer-invalid'],
    [
      'says an ID that is none',
      (_, response) => void response.writeHead(200).end('{"Id":"../x"}') === undefined,
      'engine-answer-invalid',
    ],
    [
      'forbids',
      (_, response) => void response.writeHead(403).end('{"message":"no"}') === undefined,
      'engine-forbidden',
    ],
    [
      'fails',
      (_, response) => void response.writeHead(500).end('{"message":"disk\\u001b[31m"}') === undefined,
      'engine-error',
    ],
    ['hangs up', (request) => void request.socket.destroy() === undefined, 'engine-unreachable'],
  ])('%s: it is said, and others may be asked', async (_, misbehave, code) => {
    const answer = await openSoon(await serve(misbehave))
    expect(answer).toMatchObject({ absent: expect.any(String), serious: { code } })
    expect(JSON.stringify(answer)).not.toContain('\\u001b')
  })

  it.each<[string, Misbehaviour, string]>([
    [
      'breaks off',
      (_, response) =>
        void response.write(dockerArchive([image]).subarray(0, 9000), () => response.destroy()) === undefined,
      'engine-broke-off',
    ],
    [
      'stops in the middle',
      (_, response) => response.write(dockerArchive([image]).subarray(0, 9000)) || true,
      'engine-timeout',
    ],
    ['never begins', () => true, 'engine-timeout'],
    [
      'sends another image',
      (_, response) => void response.end(dockerArchive([{ layers: [base] }])) === undefined,
      'engine-changed-image',
    ],
    ['sends no archive', (_, response) => void response.end('x'.repeat(5000)) === undefined, 'tar-header-invalid'],
    [
      'fails',
      (_, response) => void response.writeHead(500).end('{"message":"no space left"}') === undefined,
      'engine-error',
    ],
  ])('while exporting %s: there is no answer', async (_, misbehave, code) => {
    const server = await serve(
      (request, response) => request.url?.endsWith('/get') === true && misbehave(request, response),
    )
    const context = contextOf(server.socket)
    await expect(readThrough(archiveOf(await openSoon(server, context)), context)).rejects.toMatchObject({ code })
  })

  it('lies about layers: there is no answer', async () => {
    const server = await serve(undefined, { ...image, diffIds: [sha256(upper), sha256(base)] })
    const context = contextOf(server.socket)
    await expect(readThrough(archiveOf(await open(context)), context)).rejects.toMatchObject({
      code: 'digest-mismatch',
    })
  })

  it('can be given up at any time', async () => {
    const server = await serve(() => true)
    const stop = new AbortController()
    const opening = open(contextOf(server.socket, { signal: stop.signal }))
    setImmediate(() => stop.abort())
    await expect(opening).rejects.toMatchObject({ kind: 'interrupted' })
  })
})
