import { type MirrorServer, mirrorServer } from '../mirror-server.ts'
import { smallMirror } from './flag-fixtures.ts'

/** A server of the small mirror that answers its first request late. With no time given, it never answers for archives. */
export async function slowMirror(delayMs?: number): Promise<MirrorServer> {
  const server = await mirrorServer(smallMirror())
  let late = false
  server.misbehave = (path, _request, response) => {
    if (delayMs === undefined) return path.endsWith('all.zip')
    if (late || !path.endsWith('all.zip')) return false
    late = true
    const body = server.files.get(path) ?? Buffer.alloc(0)
    setTimeout(() => response.writeHead(200, { 'content-length': body.length }).end(body), delayMs)
    return true
  }
  return server
}
