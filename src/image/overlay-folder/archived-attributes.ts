import { Buffer } from 'node:buffer'
import { decodePath } from '../../lib/path-text.ts'

const BLOCK = 512
/** A PAX header with a few attributes has some hundred bytes. */
const MAX_HEADER_BYTES = 1024 ** 2

/** Attributes of one entry, by name. */
export type AttributesFound = (path: string, attributes: ReadonlyMap<string, string>) => void

/**
 * Takes from an archive of folders that GNU tar writes (`--format=posix --xattrs`) the extended attributes of each: PAX records
 * `SCHILY.xattr.NAME`. What it is given is our own tar's, so what does not fit ends it.
 */
export class ArchivedAttributes {
  readonly #found: AttributesFound
  #rest: Buffer = Buffer.alloc(0)
  #records: ReadonlyMap<string, string> = new Map()

  constructor(found: AttributesFound) {
    this.#found = found
  }

  /** @throws Error for what is no such archive. */
  push(chunk: Uint8Array): void {
    let bytes = Buffer.concat([this.#rest, chunk])
    for (let used = this.#take(bytes); used > 0; used = this.#take(bytes)) bytes = bytes.subarray(used)
    this.#rest = Buffer.from(bytes)
  }

  /** Bytes of the next entry, 0 when it is not all here. */
  #take(bytes: Buffer): number {
    if (bytes.length < BLOCK) return 0
    const header = bytes.subarray(0, BLOCK)
    if (header[0] === 0) return BLOCK
    const size = Number.parseInt(header.toString('latin1', 124, 135), 8)
    if (!(size >= 0 && size <= MAX_HEADER_BYTES)) throw new Error('an entry of a size that no folder has')
    const whole = BLOCK + Math.ceil(size / BLOCK) * BLOCK
    if (bytes.length < whole) return 0
    if (header[156] === 0x78) this.#records = recordsOf(bytes.subarray(BLOCK, BLOCK + size))
    else {
      const name = this.#records.get('path') ?? nameOf(header)
      this.#found(decodePath(Buffer.from(name, 'latin1')).replace(/\/+$/, ''), this.#records)
      this.#records = new Map()
    }
    return whole
  }
}

/** `LENGTH KEY=VALUE\n` each (POSIX.1-2017, pax Extended Header), as Latin-1: a character is a byte. */
function recordsOf(body: Buffer): ReadonlyMap<string, string> {
  const records = new Map<string, string>()
  for (let at = 0; at < body.length; ) {
    const space = body.indexOf(0x20, at)
    const length = space < 0 ? Number.NaN : Number(body.toString('latin1', at, space))
    if (!(length > space - at && at + length <= body.length)) break
    const record = body.toString('latin1', space + 1, at + length - 1)
    const equals = record.indexOf('=')
    records.set(record.slice(0, equals), record.slice(equals + 1))
    at += length
  }
  return records
}

function nameOf(header: Buffer): string {
  const text = (from: number, to: number): string => header.toString('latin1', from, to).replace(/\0.*$/s, '')
  const prefix = text(345, 500)
  return prefix === '' ? text(0, 100) : `${prefix}/${text(0, 100)}`
}
