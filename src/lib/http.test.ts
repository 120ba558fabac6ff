import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { downloadFile } from './download.ts'
import { httpClient } from './http.ts'
import { isLoopback, isReserved } from './network-address.ts'

const servers: Server[] = []
const patience = { backoffMs: 1, maxBackoffMs: 2, attempts: 3, idleTimeoutMs: 500 }

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener)
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections()
    server.close()
  }
})

async function fetched(url: string, maxBytes = 1000, env: Record<string, string> = {}): Promise<string | undefined> {
  const client = httpClient({ env, ...patience })
  try {
    const bytes = await client.bytes(url, maxBytes)
    return bytes && Buffer.from(bytes).toString()
  } finally {
    await client.close()
  }
}

describe('a request', () => {
  it('gives the body, nothing for 404, and a failure for other statuses', async () => {
    const url = await serve((request, response) => {
      response.statusCode = Number(request.url?.slice(1)) || 200
      response.end('body')
    })
    expect(await fetched(url)).toBe('body')
    expect(await fetched(`${url}/404`)).toBeUndefined()
    await expect(fetched(`${url}/403`)).rejects.toMatchObject({ code: 'http-status', input: `${url}/403` })
  })

  it('asks again after 429, 5xx and a broken connection', async () => {
    let asked = 0
    const url = await serve((request, response) => {
      asked++
      if (asked === 1) response.writeHead(429, { 'retry-after': '0' }).end()
      else if (asked === 2) request.socket.destroy()
      else if (asked === 3) response.writeHead(503).end()
      else response.end('at last')
    })
    expect(await fetched(url)).toBe('at last')
    asked = -1000
    await expect(fetched(await serve((_, response) => response.writeHead(500).end()))).rejects.toMatchObject({
      code: 'http-status',
    })
  })

  it('gives up on a server that says nothing, cuts its answer short, or never ends it', async () => {
    await expect(fetched(await serve(() => {}))).rejects.toMatchObject({ code: 'http-connection' })
    const short = await serve((request, response) => {
      response.writeHead(200, { 'content-length': '100' }).write('short', () => request.socket.destroy())
    })
    await expect(fetched(short)).rejects.toMatchObject({ code: 'http-connection' })
    const endless = await serve((_, response) => {
      const more = () => {
        while (!response.destroyed && response.write(Buffer.alloc(65_536))) {}
      }
      response.on('drain', more)
      more()
    })
    await expect(fetched(endless)).rejects.toMatchObject({ code: 'http-too-large' })
  })

  it('stops at a redirect loop, other protocols, and addresses of the cloud', async () => {
    const url = await serve((request, response) => {
      const location = request.url === '/loop' ? '/loop' : decodeURIComponent(request.url?.slice(1) ?? '')
      response.writeHead(302, { location }).end()
    })
    await expect(fetched(`${url}/loop`)).rejects.toMatchObject({ code: 'http-redirects' })
    await expect(fetched(`${url}/${encodeURIComponent('file:///etc/passwd')}`)).rejects.toMatchObject({
      code: 'http-address',
    })
    for (const target of [
      'http://169.254.169.254/latest',
      'http://[fe80::1]/',
      'http://metadata.google.internal/',
      'http://[::ffff:169.254.169.254]/',
    ])
      await expect(fetched(`${url}/${encodeURIComponent(target)}`)).rejects.toMatchObject({
        code: 'http-redirect-refused',
      })
  })

  it('sends credentials of the address, but to no other host', async () => {
    const seen: (string | undefined)[] = []
    const other = await serve((request, response) => {
      seen.push(request.headers.authorization)
      response.end('other')
    })
    const url = await serve((request, response) => {
      seen.push(request.headers.authorization)
      response.writeHead(307, { location: other.replace('127.0.0.1', 'localhost') }).end()
    })
    const client = httpClient({ env: {}, ...patience })
    const withUser = url.replace('http://', 'http://user:secret@')
    await client.bytes(withUser, 100)
    await client.bytes(url, 100, { headers: { Authorization: 'Bearer token' } })
    await client.close()
    expect(seen).toEqual([
      `Basic ${Buffer.from('user:secret').toString('base64')}`,
      undefined,
      'Bearer token',
      undefined,
    ])
    const broken = await serve((_, response) => response.writeHead(403).end())
    await expect(fetched(broken.replace('http://', 'http://user:secret@'))).rejects.toThrow(/^(?!.*secret)/)
  })

  it('goes through the proxy that the environment names, but not for hosts in NO_PROXY', async () => {
    const asked: string[] = []
    const target = await serve((_, response) => response.end('direct'))
    const proxy = await serve((request, response) => {
      asked.push(request.url ?? '')
      response.end('by proxy')
    })
    const tunnel = servers.at(-1)
    tunnel?.on('connect', (request, socket) => {
      asked.push(request.url ?? '')
      socket.write('HTTP/1.1 200 OK\r\n\r\n')
      socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 8\r\n\r\nby proxy'))
    })
    expect(await fetched(target, 100, { HTTP_PROXY: proxy })).toBe('by proxy')
    expect(asked).toHaveLength(1)
    expect(await fetched(target, 100, { HTTP_PROXY: proxy, NO_PROXY: '127.0.0.1' })).toBe('direct')
  })
})

describe('a download', () => {
  const content = Buffer.alloc(5_000_000, 'a text of odd length')

  async function download(listener: RequestListener, maxBytes = 10_000_000) {
    const folder = await mkdtemp(join(tmpdir(), 'bulwark-download-'))
    const client = httpClient({ env: {}, ...patience })
    try {
      const file = await downloadFile(client, await serve(listener), { folder, maxBytes })
      return file && (await readFile(file.path))
    } finally {
      await client.close()
      await rm(folder, { recursive: true, force: true })
    }
  }

  /** Serves ranges and drops the connection after each megabyte. */
  const dropping = (etag: () => string, ranges: string[]): RequestListener => {
    return (request, response) => {
      const start = Number(/bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1] ?? 0)
      ranges.push(request.headers.range ?? 'whole')
      const fresh = request.headers['if-range'] !== etag()
      const from = fresh ? 0 : start
      const rest = content.subarray(from)
      const range = from > 0 ? { 'content-range': `bytes ${from}-${content.length - 1}/${content.length}` } : {}
      response.writeHead(from > 0 ? 206 : 200, { etag: etag(), 'content-length': rest.length, ...range })
      if (rest.length <= 1_000_000) response.end(rest)
      else response.write(rest.subarray(0, 1_000_000), () => setImmediate(() => request.socket.destroy()))
    }
  }

  it('continues where the connection broke off, as often as there is progress', async () => {
    const ranges: string[] = []
    const bytes = await download(dropping(() => '"one"', ranges))
    expect(bytes?.equals(content)).toBe(true)
    expect(ranges.length).toBeGreaterThanOrEqual(5)
    expect(ranges.filter((range) => range !== 'whole').length).toBeGreaterThanOrEqual(4)
  })

  it('continues in a later run what an earlier one had to leave', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'bulwark-download-'))
    const ranges: string[] = []
    let well = false
    const drop = dropping(() => '"one"', ranges)
    const url = await serve((request, response) => {
      if (!well && ranges.length > 1) request.socket.destroy()
      else drop(request, response)
    })
    const client = httpClient({ env: {}, ...patience })
    try {
      const options = { folder, maxBytes: 10_000_000 }
      await expect(downloadFile(client, url, options)).rejects.toMatchObject({ code: 'http-connection' })
      well = true
      ranges.length = 0
      const file = await downloadFile(client, url, options)
      expect(ranges[0]).toMatch(/^bytes=[1-9]/)
      expect(file && (await readFile(file.path)).equals(content)).toBe(true)
    } finally {
      await client.close()
      await rm(folder, { recursive: true, force: true })
    }
  })

  it('starts over when the file has changed meanwhile, and gives up in the end', async () => {
    let version = 0
    const ranges: string[] = []
    await expect(download(dropping(() => `"${++version}"`, ranges))).rejects.toMatchObject({ code: 'http-connection' })
  })

  it('gives nothing for 404 and refuses what is too large, declared or not', async () => {
    expect(await download((_, response) => response.writeHead(404).end())).toBeUndefined()
    await expect(download((_, response) => response.end(content), 1000)).rejects.toMatchObject({
      code: 'http-too-large',
    })
    const chunked: RequestListener = (_, response) => {
      response.write(content)
      response.end()
    }
    await expect(download(chunked, 1000)).rejects.toMatchObject({ code: 'http-too-large' })
    expect((await download(chunked))?.equals(content)).toBe(true)
  })
})

describe('addresses', () => {
  it('tells link-local, metadata and own addresses', () => {
    expect(
      ['169.254.169.254', '::ffff:169.254.1.1', 'fe80::1%eth0', 'fd00:ec2::254', 'Metadata.google.internal.'].every(
        isReserved,
      ),
    ).toBe(true)
    expect(['93.184.216.34', '2606:2800::1', 'example.org'].some(isReserved)).toBe(false)
    expect(['127.8.8.8', '::1', 'localhost', 'a.localhost'].every(isLoopback)).toBe(true)
    expect(isLoopback('example.org')).toBe(false)
  })
})
