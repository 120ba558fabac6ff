import { createServer, request as forward, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** Stands between a client and a registry, passes everything on, and can hold or change what passes. */
export interface RegistryTap {
  /** `127.0.0.1:PORT`. */
  readonly host: string
  /** `METHOD path` of what came, oldest first. */
  readonly requests: string[]
  /** Holds requests for which it is true for ever; `held` is settled when the first is. */
  hold(which: (request: string) => boolean): Promise<void>
  /** Changes the body of answers. */
  change: ((request: string, body: Buffer) => Buffer) | undefined
  /** Lets everything pass again. */
  pass(): void
  close(): Promise<void>
}

/** Starts a tap before a registry that speaks HTTP. */
export async function registryTap(registry: string): Promise<RegistryTap> {
  let held: ((request: string) => boolean) | undefined
  let reached = () => {}
  const waiting = new Set<ServerResponse>()
  const server = createServer((request: IncomingMessage, response: ServerResponse) => {
    const line = `${request.method} ${request.url}`
    tap.requests.push(line)
    if (held?.(line)) {
      waiting.add(response)
      request.resume()
      reached()
      return
    }
    // The registry writes addresses of uploads by the host that it is asked under.
    const headers = { ...request.headers, host: tap.host }
    const [hostname, port] = registry.split(':')
    const passed = forward({ hostname, port, method: request.method, path: request.url, headers }, (answer) => {
      const parts: Buffer[] = []
      answer.on('data', (part: Buffer) => parts.push(part))
      answer.on('end', () => {
        const body = Buffer.concat(parts)
        response.writeHead(answer.statusCode ?? 502, answer.headers)
        response.end(request.method === 'HEAD' ? undefined : (tap.change?.(line, body) ?? body))
      })
    })
    passed.on('error', () => response.destroy())
    request.pipe(passed)
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const tap: RegistryTap = {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests: [],
    hold(which) {
      held = which
      return new Promise((done) => {
        reached = done
      })
    },
    change: undefined,
    pass() {
      held = undefined
      tap.change = undefined
      tap.requests.length = 0
      for (const response of waiting) response.destroy()
      waiting.clear()
    },
    async close() {
      tap.pass()
      server.closeAllConnections()
      await new Promise((done) => server.close(done))
    },
  }
  return tap
}
