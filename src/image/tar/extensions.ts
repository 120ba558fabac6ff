import { decodePath } from '../../lib/path-text.ts'
import type { TarEntry } from '../types.ts'
import { entryType, hasBody, headerFormat, headerName, readNumber, textField } from './header.ts'
import { type PaxRecords, parsePax, readDecimal, readTime } from './pax.ts'

const NO_RECORDS: PaxRecords = { values: new Map(), parts: [] }

/** An entry whose header is read but whose sparse map is not yet. */
export interface Draft {
  entry: { -readonly [Key in keyof TarEntry]: TarEntry[Key] }
  /** Bytes of its body in the archive, the map of PAX 1.0 included. */
  storedBytes: number
  /** What extended headers say of it; undefined when there are none. */
  readonly pax: PaxRecords | undefined
}

/** Whether a header of this flag speaks of the entries that follow: PAX (`x`, Solaris' `X`), global PAX, GNU long name and long link. */
export function isExtension(flag: number): boolean {
  return flag === 0x78 || flag === 0x58 || flag === 0x67 || flag === 0x4c || flag === 0x4b
}

/**
 * What extension headers say of the next entry (POSIX.1-2017, pax, "pax Extended Header"; GNU tar manual, "Basic Tar Format"),
 * over what its own header says. `problem` gets what is wrong with one; the rest of it holds.
 */
export class Extensions {
  readonly #problem: (message: string) => void
  readonly #global = new Map<string, string>()
  #pax: PaxRecords = NO_RECORDS
  #longName: string | undefined
  #longLink: string | undefined

  constructor(problem: (message: string) => void) {
    this.#problem = problem
  }

  /** Whether something was said of an entry that has not come yet. */
  get waiting(): boolean {
    return this.#longName !== undefined || this.#longLink !== undefined || this.#pax !== NO_RECORDS
  }

  /** Takes the whole body of an extension header. */
  take(flag: number, body: Uint8Array): void {
    if (flag === 0x4c) this.#longName = decodePath(textField(body, 0, body.length))
    else if (flag === 0x4b) this.#longLink = decodePath(textField(body, 0, body.length))
    else {
      const records = parsePax(body)
      if (records.problem !== undefined) this.#problem(records.problem)
      if (flag !== 0x67) this.#pax = records
      else for (const [key, value] of records.values) this.#global.set(key, value)
    }
  }

  /** The entry of this header, with all that was said of it, which holds for this one only. */
  entryOf(block: Uint8Array, at: number, flag: number, headerSize: number): Draft {
    const pax = this.#pax === NO_RECORDS && this.#global.size === 0 ? undefined : this.#pax
    const size = this.number(pax, 'size') ?? headerSize
    const name = this.#longName ?? this.text(pax, 'path') ?? headerName(block, at, headerFormat(block, at))
    const old = flag === 0 || flag === 0x30
    const type = old && name.endsWith('/') ? 'directory' : entryType(flag)
    const isLink = type === 'symlink' || type === 'hardlink'
    const entry = {
      name,
      type,
      sizeBytes: type === 'hardlink' ? 0 : size,
      mode: (readNumber(block, at + 100, 8) ?? 0) & 0o7777,
      uid: this.number(pax, 'uid') ?? readNumber(block, at + 108, 8) ?? 0,
      gid: this.number(pax, 'gid') ?? readNumber(block, at + 116, 8) ?? 0,
      mtime: this.#time(pax) ?? readNumber(block, at + 136, 12) ?? 0,
      linkName: isLink
        ? (this.#longLink ?? this.text(pax, 'linkpath') ?? decodePath(textField(block, at + 157, 100)))
        : '',
    }
    this.#pax = NO_RECORDS
    this.#longName = undefined
    this.#longLink = undefined
    return { entry, storedBytes: hasBody(flag) ? size : 0, pax }
  }

  /** A record's text: an entry's own, else the global one; undefined when it is empty, which takes a global one back. */
  text(pax: PaxRecords | undefined, key: string): string | undefined {
    if (pax === undefined) return undefined
    return (pax.values.get(key) ?? this.#global.get(key)) || undefined
  }

  number(pax: PaxRecords | undefined, key: string): number | undefined {
    const text = this.text(pax, key)
    if (text === undefined) return undefined
    const value = readDecimal(text)
    if (value === undefined) this.#problem(`the PAX record "${key}" is no valid number`)
    return value
  }

  #time(pax: PaxRecords | undefined): number | undefined {
    const text = this.text(pax, 'mtime')
    return text === undefined ? undefined : readTime(text)
  }
}
