import { decodePath } from '../../lib/path-text.ts'
import type { SparsePart } from './sparse.ts'

/** What this reader uses of a PAX extended header; an empty value is kept: it takes a global one back. */
export interface PaxRecords {
  readonly values: ReadonlyMap<string, string>
  /** Pairs of GNU.sparse.offset and GNU.sparse.numbytes (format 0.0), in order. */
  readonly parts: readonly SparsePart[]
  /** What was wrong with it; the records before it hold. */
  readonly problem?: string
}

const KEPT = new Set([
  'path',
  'linkpath',
  'size',
  'uid',
  'gid',
  'mtime',
  'GNU.sparse.major',
  'GNU.sparse.minor',
  'GNU.sparse.name',
  'GNU.sparse.realsize',
  'GNU.sparse.size',
  'GNU.sparse.map',
  'GNU.sparse.numblocks',
])

/**
 * Reads the body of a PAX header: records of `LENGTH KEY=VALUE\n`, LENGTH counting the whole record (POSIX.1-2017, pax,
 * "pax Extended Header"). Values are bytes: a name is decoded without loss whatever `hdrcharset` says.
 */
export function parsePax(bytes: Uint8Array): PaxRecords {
  const values = new Map<string, string>()
  const parts: SparsePart[] = []
  let sparseOffset: number | undefined
  let at = 0
  while (at < bytes.length) {
    const record = nextRecord(bytes, at)
    // Some writers fill up with NULs: nothing follows, nothing is lost.
    if (record === undefined) {
      const padding = bytes.subarray(at).every((byte) => byte === 0)
      return padding
        ? { values, parts }
        : { values, parts, problem: `malformed PAX record at byte ${at} of the header` }
    }
    const value = decodePath(record.value)
    if (record.key === 'GNU.sparse.offset') sparseOffset = readDecimal(value)
    else if (record.key === 'GNU.sparse.numbytes') {
      const length = readDecimal(value)
      if (sparseOffset === undefined || length === undefined) {
        return { values, parts, problem: 'malformed sparse map in a PAX header' }
      }
      parts.push({ offset: sparseOffset, length })
      sparseOffset = undefined
    } else if (KEPT.has(record.key)) {
      if (value.includes('\0')) return { values, parts, problem: `NUL byte in the PAX record "${record.key}"` }
      values.set(record.key, value)
    }
    at = record.end
  }
  return { values, parts }
}

function nextRecord(bytes: Uint8Array, at: number): { key: string; value: Uint8Array; end: number } | undefined {
  let length = 0
  let i = at
  for (; i < bytes.length && i - at < 10; i++) {
    const digit = bytes[i] - 0x30
    if (digit < 0 || digit > 9) break
    length = length * 10 + digit
  }
  const end = at + length
  if (i === at || bytes[i] !== 0x20 || end > bytes.length || end <= i + 2 || bytes[end - 1] !== 0x0a) return undefined
  const equals = bytes.indexOf(0x3d, i + 1)
  if (equals <= i + 1 || equals >= end - 1) return undefined
  return { key: decodePath(bytes.subarray(i + 1, equals)), value: bytes.subarray(equals + 1, end - 1), end }
}

/** A non-negative decimal integer that a double holds exactly. */
export function readDecimal(text: string): number | undefined {
  if (!/^[0-9]{1,16}$/.test(text)) return undefined
  const value = Number(text)
  return Number.isSafeInteger(value) ? value : undefined
}

/** A time: seconds, maybe negative and with a fraction. */
export function readTime(text: string): number | undefined {
  if (!/^-?[0-9]{1,16}(\.[0-9]{0,20})?$/.test(text)) return undefined
  return Number(text)
}
