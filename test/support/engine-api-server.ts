import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { dockerArchive, type ImageOptions, imageConfig, sha256 } from './tar-writer.ts'

/** An engine's API on a socket of its own, as far as images are concerned; `requests` tells what was asked. */
export interface EngineApiServer {
  readonly socket: string
  readonly requests: string[]
  readonly server: Server
  close(): Promise<void>
}

/** What is done with a request instead of a true answer; false leaves it to the truth. */
export type Misbehaviour = (request: IncomingMessage, response: ServerResponse) => boolean

/** Serves one image by any name that ends with its own. */
export async function serveEngine(
  name: string,
  image: ImageOptions,
  misbehave: Misbehaviour = () => false,
): Promise<EngineApiServer> {
  const folder = mkdtempSync(join(tmpdir(), 'bw-api-'))
  const socket = join(folder, 's')
  const requests: string[] = []
  const config = imageConfig(image)
  const id = sha256(config)
  const server = createServer((request, response) => {
    const path = decodeURI(request.url ?? '')
    requests.push(path)
    if (misbehave(request, response)) return
    const json = (status: number, value: unknown): void => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value))
    }
    if (path === '/images/json')
      return json(200, [{ RepoTags: [`${name}:latest`], RepoDigests: null }, { RepoTags: ['<none>:<none>'] }])
    if (path.endsWith('/json') && path.includes(`/${name}`)) {
      const { os = 'linux', architecture = 'amd64' } = image
      return json(200, {
        Id: id,
        RepoTags: [`${name}:latest`],
        Os: os,
        Architecture: architecture,
        RootFS: { Type: 'layers', Layers: image.diffIds ?? image.layers.map(sha256) },
      })
    }
    if (path === `/images/${id.slice(7)}/get`) {
      response.writeHead(200, { 'content-type': 'application/x-tar' }).end(dockerArchive([image]))
      return
    }
    json(404, { message: `No such image: ${path}` })
  })
  await new Promise<void>((resolve) => void server.listen(socket, resolve))
  return {
    socket,
    requests,
    server,
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
