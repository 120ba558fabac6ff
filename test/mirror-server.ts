import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { crc32, deflateRawSync } from 'node:zlib'

/** A record in OSV form, as small as the schema allows, with what a test wants different. */
export function osvRecord(id: string, more: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  return {
    id,
    modified: '2026-01-01T00:00:00Z',
    affected: [
      {
        package: { ecosystem: 'npm', name: `package-of-${id.toLowerCase()}` },
        ranges: [{ type: 'SEMVER', events: [{ introduced: '0' }, { fixed: '1.0.0' }] }],
      },
    ],
    ...more,
  }
}

/** A zip file of the given entries, deflated (APPNOTE 6.3, no zip64). */
export function zipOf(entries: Iterable<readonly [name: string, content: string | Uint8Array]>): Buffer {
  const parts: Buffer[] = []
  const directory: Buffer[] = []
  let offset = 0
  for (const [name, content] of entries) {
    const raw = Buffer.from(content)
    const packed = deflateRawSync(raw)
    const path = Buffer.from(name)
    const common = Buffer.alloc(26)
    common.writeUInt16LE(20, 0)
    common.writeUInt16LE(0x0800, 2)
    common.writeUInt16LE(8, 4)
    common.writeUInt32LE(crc32(raw), 10)
    common.writeUInt32LE(packed.length, 14)
    common.writeUInt32LE(raw.length, 18)
    common.writeUInt16LE(path.length, 22)
    parts.push(Buffer.from('PK\x03\x04', 'latin1'), common, path, packed)
    const tail = Buffer.alloc(14)
    tail.writeUInt32LE(offset, 10)
    directory.push(Buffer.from('PK\x01\x02\x14\x00', 'latin1'), common, tail, path)
    offset += 30 + path.length + packed.length
  }
  const central = Buffer.concat(directory)
  const end = Buffer.alloc(22)
  end.write('PK\x05\x06', 'latin1')
  const count = directory.length / 4
  end.writeUInt16LE(count, 8)
  end.writeUInt16LE(count, 10)
  end.writeUInt32LE(central.length, 12)
  end.writeUInt32LE(offset, 16)
  return Buffer.concat([...parts, central, end])
}

/** The files of a mirror in the layout of OSV's bucket, by path. Changing the map changes what is served next. */
export type MirrorFiles = Map<string, Buffer>

/** Files of one ecosystem: archive, list, and each record. */
export function ecosystemFiles(
  files: MirrorFiles,
  ecosystem: string,
  records: readonly Readonly<Record<string, unknown>>[],
): void {
  for (const path of [...files.keys()]) if (path.startsWith(`${ecosystem}/`)) files.delete(path)
  const list = records.map((record) => `${record.modified},${record.id}`).join('\n')
  files.set(`${ecosystem}/modified_id.csv`, Buffer.from(`${list}\n`))
  files.set(`${ecosystem}/all.zip`, zipOf(records.map((record) => [`${record.id}.json`, JSON.stringify(record)])))
  for (const record of records) files.set(`${ecosystem}/${record.id}.json`, Buffer.from(JSON.stringify(record)))
}

export interface MirrorServer {
  readonly url: string
  readonly files: MirrorFiles
  /** Paths that were asked for, oldest first, with the status or `drop`. */
  readonly requests: string[]
  /** Answers a request itself by returning true. */
  misbehave: ((path: string, request: IncomingMessage, response: ServerResponse) => boolean) | undefined
  close(): Promise<void>
}

/** Serves a mirror on a free port, with strong ETags and ranges. */
export async function mirrorServer(files: MirrorFiles = new Map()): Promise<MirrorServer> {
  const requests: string[] = []
  const server = createServer((request, response) => {
    const path = decodeURIComponent((request.url ?? '/').slice(1))
    if (mirror.misbehave?.(path, request, response)) {
      requests.push(`${path} misbehaved`)
      return
    }
    const body = files.get(path)
    const status = serve(body, request, response)
    requests.push(`${path} ${status}`)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const mirror: MirrorServer = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    files,
    requests,
    misbehave: undefined,
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
  return mirror
}

function serve(body: Buffer | undefined, request: IncomingMessage, response: ServerResponse): number {
  if (body === undefined) {
    response.writeHead(404).end()
    return 404
  }
  const etag = `"${crc32(body).toString(16)}"`
  const range = /^bytes=(\d+)-$/.exec(request.headers.range ?? '')
  const matches = request.headers['if-range'] === undefined || request.headers['if-range'] === etag
  if (range !== null && matches) {
    const start = Number(range[1])
    const rest = body.subarray(start)
    response.writeHead(206, {
      etag,
      'content-length': rest.length,
      'content-range': `bytes ${start}-${body.length - 1}/${body.length}`,
    })
    response.end(rest)
    return 206
  }
  response.writeHead(200, { etag, 'content-length': body.length }).end(body)
  return 200
}
