import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { BuiltManifest } from './registry-image.ts'

/** A registry in this process: what it holds can be pulled, listed, and is let out to anybody or to who shows the right header. */
export interface SmallRegistry {
  /** `127.0.0.1:PORT`. */
  readonly host: string
  /** `METHOD path` of every request, oldest first. */
  readonly requests: string[]
  /** Holds an image under a name and tag. */
  put(repository: string, tag: string, image: BuiltManifest): void
  close(): Promise<void>
}

/** Starts it; with `authorization` only requests with that header are answered (RFC 6750, section 3). */
export async function smallRegistry(options: { readonly authorization?: string } = {}): Promise<SmallRegistry> {
  const documents = new Map<string, BuiltManifest>()
  const blobs = new Map<string, Uint8Array>()
  const tags = new Map<string, string[]>()
  const requests: string[] = []
  const server = createServer((request, response) => {
    requests.push(`${request.method} ${request.url}`)
    if (options.authorization !== undefined && request.headers.authorization !== options.authorization) {
      response.writeHead(401, { 'www-authenticate': 'Basic realm="small"' }).end()
    } else answer(request, response)
  })
  const answer = (request: IncomingMessage, response: ServerResponse): void => {
    const path = new URL(request.url ?? '/', 'http://localhost').pathname
    const blob = /\/blobs\/(\S+)$/.exec(path)?.[1]
    const bytes = blob === undefined ? undefined : blobs.get(blob)
    const manifest = documents.get(path)
    const list = /^\/v2\/(\S+)\/tags\/list$/.exec(path)?.[1]
    const json = (value: unknown): void => void response.end(JSON.stringify(value))
    if (path === '/v2/' || path === '/v2/_catalog') json({ repositories: [...tags.keys()] })
    else if (list !== undefined && tags.has(list)) json({ name: list, tags: tags.get(list) })
    else if (manifest !== undefined) {
      const headers = { 'content-type': manifest.mediaType, 'docker-content-digest': manifest.digest }
      response.writeHead(200, { ...headers, 'content-length': manifest.bytes.length })
      response.end(request.method === 'HEAD' ? undefined : manifest.bytes)
    } else if (bytes !== undefined) sendBlob(bytes, request, response)
    else response.writeHead(404).end()
  }
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const hold = (repository: string, reference: string, image: BuiltManifest): void => {
    documents.set(`/v2/${repository}/manifests/${reference}`, image)
    documents.set(`/v2/${repository}/manifests/${image.digest}`, image)
    for (const [digest, bytes] of image.blobs) blobs.set(digest, bytes)
    for (const below of image.manifests) hold(repository, below.digest, below)
  }
  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    put(repository, tag, image) {
      hold(repository, tag, image)
      tags.set(repository, [...(tags.get(repository) ?? []), tag])
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

/** A blob, whole or one range of it (RFC 9110, section 14.2). */
function sendBlob(bytes: Uint8Array, { headers }: IncomingMessage, response: ServerResponse): void {
  const range = /^bytes=(\d+)-(\d*)$/.exec(headers.range ?? '')
  if (range === null) {
    response.writeHead(200, { 'content-length': bytes.length }).end(bytes)
    return
  }
  const end = range[2] === '' ? bytes.length - 1 : Math.min(Number(range[2]), bytes.length - 1)
  const part = bytes.subarray(Number(range[1]), end + 1)
  const place = `bytes ${range[1]}-${end}/${bytes.length}`
  response.writeHead(206, { 'content-length': part.length, 'content-range': place }).end(part)
}
