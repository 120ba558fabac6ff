import { Buffer } from 'node:buffer'
import { linkSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import { normaliseEntryName, type TarEntry, TarReader } from '../../src/image/index.ts'
import { Crc64 } from '../../src/image/tar-split/crc64.ts'
import { DEFAULT_LIMITS } from '../../src/lib/limits.ts'
import { encodePath } from '../../src/lib/path-text.ts'

/** An archive as an engine keeps it: what describes it, and its entries with their content. */
export interface SplitArchive {
  /** Lines of JSON. */
  readonly lines: readonly string[]
  readonly entries: readonly { readonly entry: TarEntry; readonly content: Buffer }[]
}

/** Takes an archive apart as tar-split does (github.com/vbatts/tar-split, tar/asm/disassemble.go). */
export function splitArchive(tar: Uint8Array): SplitArchive {
  const found: { entry: TarEntry; at: number; content: Buffer }[] = []
  const pieces: Buffer[] = []
  const keep = (): void => {
    const last = found.at(-1)
    if (last !== undefined) last.content = Buffer.concat([last.content, ...pieces.splice(0)])
  }
  const reader: TarReader = new TarReader(
    {
      entry(entry) {
        found.push({ entry, at: reader.bodyOffset, content: Buffer.alloc(0) })
        return true
      },
      body: (chunk) => void pieces.push(Buffer.from(chunk)),
      end: keep,
      problem: () => {},
    },
    'test',
    DEFAULT_LIMITS,
  )
  reader.push(tar)
  reader.finish()
  return { lines: linesOf(tar, found), entries: found }
}

function linesOf(
  tar: Uint8Array,
  found: readonly { readonly entry: TarEntry; readonly at: number; readonly content: Buffer }[],
): string[] {
  const lines: string[] = []
  let done = 0
  const segment = (to: number): void => {
    const payload = Buffer.from(tar.subarray(done, to)).toString('base64')
    lines.push(JSON.stringify({ type: 2, payload, position: lines.length }))
    done = to
  }
  for (const { entry, at, content } of found) {
    segment(at)
    const crc = new Crc64()
    crc.update(content)
    const isFile = entry.type === 'file' && content.length > 0
    const name = entry.name.isWellFormed()
      ? { name: entry.name }
      : { name_raw: Buffer.from(encodePath(entry.name)).toString('base64') }
    const body = isFile
      ? { size: content.length, payload: Buffer.from(crc.digest()).toString('base64') }
      : { payload: null }
    lines.push(goJson({ type: 1, ...name, ...body, position: lines.length }))
    // Of a sparse file the archive holds less, and the map of its parts.
    const header = Buffer.from(tar.subarray(at - 512, at))
    if (isFile)
      done += entry.sparse === undefined ? content.length : Number.parseInt(header.toString('latin1', 124, 135), 8)
  }
  segment(tar.length)
  return lines
}

/** JSON as Go's encoder writes it: `<`, `>` and `&` are escaped. */
function goJson(value: unknown): string {
  return JSON.stringify(value).replace(/[<>&]/g, (char) => `\\u00${char.charCodeAt(0).toString(16)}`)
}

export function writeDescription(path: string, { lines }: Pick<SplitArchive, 'lines'>): void {
  writeFileSync(path, gzipSync(lines.map((line) => `${line}\n`).join('')))
}

/** Unpacks an archive into a folder, as engines do it: whiteouts stay away. Links lead to what they name inside the folder. */
export function unpack(folder: string, { entries }: Pick<SplitArchive, 'entries'>): void {
  const place = (name: string): Buffer => Buffer.concat([Buffer.from(`${folder}/`), encodePath(name)])
  for (const { entry, content } of entries) {
    const name = normaliseEntryName(entry.name)
    if (name === undefined || name.slice(name.lastIndexOf('/') + 1).startsWith('.wh.')) continue
    const path = place(name)
    mkdirSync(place(name.includes('/') ? name.slice(0, name.lastIndexOf('/')) : '.'), { recursive: true })
    if (entry.type === 'directory') mkdirSync(path, { recursive: true })
    else if (entry.type === 'symlink') symlinkSync(Buffer.from(encodePath(entry.linkName)), path)
    else if (entry.type === 'hardlink') linkSync(place(normaliseEntryName(entry.linkName) ?? ''), path)
    else if (entry.type === 'file') {
      rmSync(path, { force: true })
      writeFileSync(path, content)
    }
  }
}
