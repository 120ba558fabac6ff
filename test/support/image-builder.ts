import { Buffer } from 'node:buffer'
import { hash } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import type { Image, ImageLayer } from '../../src/image/index.ts'
import { encodePath } from '../../src/lib/path-text.ts'

/** One entry of a layer as tests write it. A name that ends with `/` is a folder. */
export interface LayerEntry {
  readonly name: string
  readonly text?: string | Uint8Array
  readonly mode?: number
  readonly symlink?: string
  readonly hardlink?: string
  /** Type flag of anything else: `6` is a pipe, `3` a device. */
  readonly flag?: string
}

/** A tar archive of these entries, with PAX records for names and targets that do not fit a ustar header. */
export function tarOf(entries: readonly LayerEntry[]): Buffer {
  return Buffer.concat([...entries.flatMap(blocksOf), Buffer.alloc(1024)])
}

/** An image of these layers, oldest first, each a file in `folder`. */
export function imageOf(
  folder: string,
  layers: readonly (readonly LayerEntry[])[],
  encoding: 'plain' | 'gzip' = 'plain',
): Image {
  return {
    reference: 'test-image',
    tags: [],
    imageId: `sha256:${'0'.repeat(64)}`,
    config: { os: 'linux', architecture: 'amd64', env: [], entrypoint: [], command: [], labels: {} },
    layers: layers.map((entries, index) => layerOf(folder, entries, index, encoding)),
    diagnostics: [],
  }
}

function layerOf(
  folder: string,
  entries: readonly LayerEntry[],
  index: number,
  encoding: 'plain' | 'gzip',
): ImageLayer {
  const tar = tarOf(entries)
  const stored = encoding === 'gzip' ? gzipSync(tar) : tar
  const diffId = `sha256:${hash('sha256', tar)}` as const
  const path = join(folder, `${hash('sha256', stored)}.layer`)
  writeFileSync(path, stored)
  const locator = { at: 'file' as const, path, offset: 0, length: stored.length, encoding }
  return { index, diffId, createdBy: `step ${index}`, sizeBytes: stored.length, locator }
}

function blocksOf(entry: LayerEntry): Buffer[] {
  const name = Buffer.from(encodePath(entry.name))
  const target = Buffer.from(encodePath(entry.symlink ?? entry.hardlink ?? ''))
  const body = Buffer.from(entry.text ?? '')
  const pax = Buffer.concat([
    name.length > 100 ? paxRecord('path', name) : Buffer.alloc(0),
    target.length > 100 ? paxRecord('linkpath', target) : Buffer.alloc(0),
  ])
  const extension =
    pax.length === 0 ? [] : [header(Buffer.from('pax'), 'x', pax.length, 0o644, Buffer.alloc(0)), padded(pax)]
  const flag =
    entry.flag ??
    (entry.symlink !== undefined ? '2' : entry.hardlink !== undefined ? '1' : entry.name.endsWith('/') ? '5' : '0')
  const mode = entry.mode ?? (flag === '5' ? 0o755 : 0o644)
  return [...extension, header(name, flag, body.length, mode, target), padded(body)]
}

function header(name: Buffer, flag: string, size: number, mode: number, target: Buffer): Buffer {
  const block = Buffer.alloc(512)
  name.copy(block, 0, 0, 100)
  block.write(`${mode.toString(8).padStart(7, '0')}\0`, 100, 'latin1')
  block.write('0000000\0'.repeat(2), 108, 'latin1')
  block.write(`${size.toString(8).padStart(11, '0')}\0`, 124, 'latin1')
  block.write(`${'0'.repeat(11)}\0`, 136, 'latin1')
  block.write('        ', 148, 'latin1')
  block.write(flag, 156, 'latin1')
  target.copy(block, 157, 0, 100)
  block.write('ustar\x0000', 257, 'latin1')
  const sum = block.reduce((total, byte) => total + byte, 0)
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1')
  return block
}

function padded(body: Buffer): Buffer {
  return Buffer.concat([body, Buffer.alloc((512 - (body.length % 512)) % 512)])
}

/** `LENGTH KEY=VALUE\n`, where the length counts its own digits (POSIX.1-2017, pax Extended Header). */
function paxRecord(key: string, value: Buffer): Buffer {
  const rest = Buffer.concat([Buffer.from(` ${key}=`), value, Buffer.from('\n')])
  let length = rest.length + 1
  while (String(length).length + rest.length !== length) length = String(length).length + rest.length
  return Buffer.concat([Buffer.from(String(length)), rest])
}
