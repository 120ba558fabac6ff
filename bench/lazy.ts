import { randomBytes } from 'node:crypto'
import { closeSync, createReadStream, mkdtempSync, openSync, readFileSync, rmSync, statSync, writeSync } from 'node:fs'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { LayerEntry } from '../test/support/image-builder.ts'
import { chunkedLayer, estargzLayer, type LazyLayer, lazyImage } from '../test/support/lazy-layers.ts'
import type { Benchmark } from './benchmark.ts'
import { bulwark } from './bulwark.ts'

const PACKAGES = 200
/** Files of a package that nobody wants to read, of about these sizes. */
const FILES_PER_PACKAGE = 50
const IMAGE_BYTES = 500 * 1024 ** 2

/** How much of an image with a table of contents is fetched: little more than its packages' records. */
export const lazy: Benchmark = {
  id: 'lazy',
  async run(report) {
    const folder = mkdtempSync(join(tmpdir(), 'bulwark-lazy-'))
    try {
      for (const [name, write] of [
        ['lazy-estargz', estargzLayer],
        ['lazy-zstd-chunked', chunkedLayer],
      ] as const) {
        const path = join(folder, name)
        const layer = toFile(path, (part) => write(entries(), { write: part }))
        const server = await serve(layer, path)
        try {
          const words = ['scan', `registry:${server.host}/image:latest`, '--no-update', '--allow-incomplete', '--quiet']
          const output = join(folder, `${name}.json`)
          await bulwark([
            ...words,
            '--format',
            'json',
            '--cache-dir',
            join(folder, `${name}-cache`),
            '--output',
            output,
          ])
          const { components } = JSON.parse(readFileSync(output, 'utf8')) as { readonly components: readonly unknown[] }
          if (components.length !== PACKAGES) throw new Error(`${components.length} of ${PACKAGES} packages were found`)
          const measured = (100 * server.sent()) / layer.sizeBytes
          report({ name, measured, unit: '%', limit: 15, at: 'most' })
        } finally {
          await server.close()
        }
        rmSync(path)
      }
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  },
}

/** A Debian image of that many packages; between what a scanner reads lies what it does not, and that does not compress. */
function* packageFiles(): Generator<LayerEntry> {
  const noise = randomBytes(1024 ** 2)
  const each = Math.floor(IMAGE_BYTES / (PACKAGES * FILES_PER_PACKAGE))
  const status: string[] = []
  yield { name: 'usr/lib/os-release', text: 'ID=debian\nVERSION_ID="12"\n' }
  for (let i = 0; i < PACKAGES; i++) {
    const name = `package-${i}`
    status.push(
      `Package: ${name}\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1.${i}-1\nDescription: ${name}\n`,
    )
    const paths = Array.from({ length: FILES_PER_PACKAGE }, (_, file) => `usr/lib/${name}/file-${file}`)
    for (const [file, path] of paths.entries()) {
      const at = (i * FILES_PER_PACKAGE + file) * 977
      yield {
        name: path,
        text: noise.subarray(at % (noise.length - 2 * each), (at % (noise.length - 2 * each)) + each),
      }
    }
    yield { name: `usr/share/doc/${name}/copyright`, text: `License: MIT\n${name}\n` }
    yield { name: `var/lib/dpkg/info/${name}.list`, text: paths.map((path) => `/${path}\n`).join('') }
    yield {
      name: `var/lib/dpkg/info/${name}.md5sums`,
      text: paths.map((path) => `${'0'.repeat(32)}  ${path}\n`).join(''),
    }
  }
  yield { name: 'var/lib/dpkg/status', text: status.join('\n') }
}

function entries(): readonly LayerEntry[] {
  return [...packageFiles()]
}

function toFile(path: string, write: (part: (bytes: Buffer) => void) => LazyLayer): LazyLayer {
  const file = openSync(path, 'w')
  try {
    return write((bytes) => {
      for (let done = 0; done < bytes.length; ) done += writeSync(file, bytes, done)
    })
  } finally {
    closeSync(file)
  }
}

/** A registry of one image whose layer lies in a file. It knows ranges and counts the bytes of the layer that it sends. */
async function serve(
  layer: LazyLayer,
  path: string,
): Promise<{ readonly host: string; readonly sent: () => number; readonly close: () => Promise<void> }> {
  const image = lazyImage([layer])
  const size = statSync(path).size
  let sent = 0
  const sendLayer = (response: ServerResponse, range: string | undefined): void => {
    const [, first, last] = /^bytes=(\d+)-(\d*)$/.exec(range ?? '') ?? []
    const start = Number(first ?? 0)
    const end = last === undefined || last === '' ? size - 1 : Number(last)
    const headers = { 'content-length': end - start + 1, 'accept-ranges': 'bytes' }
    if (first === undefined) response.writeHead(200, headers)
    else response.writeHead(206, { ...headers, 'content-range': `bytes ${start}-${end}/${size}` })
    createReadStream(path, { start, end })
      .on('data', (chunk) => {
        sent += chunk.length
      })
      .pipe(response)
  }
  const server = createServer((request, response) => {
    const digest = /\/blobs\/(sha256:\w+)$/.exec(request.url ?? '')?.[1]
    const blob = image.blobs.get(digest as typeof layer.digest)
    if (digest === layer.digest) sendLayer(response, request.headers.range)
    else if (blob !== undefined) response.end(blob)
    else if (request.url?.includes('/manifests/')) {
      const type = { 'content-type': image.mediaType, 'docker-content-digest': image.digest }
      response.writeHead(200, { ...type, 'content-length': image.bytes.length })
      response.end(request.method === 'HEAD' ? undefined : image.bytes)
    } else response.writeHead(request.url === '/v2/' ? 200 : 404).end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    sent: () => sent,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
