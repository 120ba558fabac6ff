/** The tags that are read (rpm's include/rpm/rpmtag.h). */
export const TAG = {
  name: 1000,
  version: 1001,
  release: 1002,
  epoch: 1003,
  vendor: 1011,
  licence: 1014,
  packager: 1015,
  architecture: 1022,
  oldFileNames: 1027,
  fileDigests: 1035,
  sourceRpm: 1044,
  provideName: 1047,
  requireName: 1049,
  dirIndexes: 1116,
  baseNames: 1117,
  dirNames: 1118,
  fileDigestAlgorithm: 5011,
  modularityLabel: 5096,
} as const

/** rpm's own bound on the number of index entries (lib/header.c, `hdrchkTags`). */
const MAX_ENTRIES = 0xffff
/** A header of the largest packages (TeX collections) is near 10 MB; rpm itself would take 256 MiB. */
export const MAX_HEADER_BYTES = 64 * 1024 ** 2

/** Texts of one list, files of a package above all: the largest have some hundred thousand. */
const MAX_TEXTS = 2_000_000

const INT32 = 4
const STRING = 6
const STRING_ARRAY = 8
const I18N_STRING = 9
const TYPE_MAX = 9
/** Bytes of one value by type: null, char, int8, int16, int32, int64, string, bin, string array, translated string. */
const VALUE_BYTES = [0, 1, 1, 2, 4, 8, 1, 1, 1, 1]

interface Entry {
  readonly type: number
  readonly offset: number
  readonly count: number
}

/** A package's header, its entries checked against their bounds; values are taken out when asked for. */
export interface RpmHeader {
  /** The text, or the first text of a list or of translations; undefined when the tag is missing or of another type. */
  text(tag: number): string | undefined
  /** The first 32-bit number. */
  number(tag: number): number | undefined
  /** A copy of a list's texts as they are, each ended by NUL; undefined when missing. */
  textList(tag: number): Uint8Array<ArrayBuffer> | undefined
  /** A copy of a list of 32-bit numbers, big-endian. */
  numberList(tag: number): Uint8Array<ArrayBuffer> | undefined
}

export type HeaderResult =
  | { readonly ok: true; readonly header: RpmHeader }
  | { readonly ok: false; readonly problem: string }

/**
 * The header of an installed package as databases hold it: number of index entries, number of data bytes, the entries (tag, type,
 * offset, count), the data, all big-endian (RPM file format, "Header Structure", without the leading magic). Entries behind the
 * immutable region, which rpm adds at installation, replace those inside it. Offsets count from the start of the data.
 */
export function parseHeader(blob: Uint8Array): HeaderResult {
  if (blob.length < 8) return { ok: false, problem: 'a header of less than 8 bytes' }
  const view = new DataView(blob.buffer, blob.byteOffset, blob.length)
  const entryCount = view.getUint32(0)
  const dataBytes = view.getUint32(4)
  const dataStart = 8 + entryCount * 16
  if (entryCount === 0 || entryCount > MAX_ENTRIES) return { ok: false, problem: `a header of ${entryCount} entries` }
  if (dataStart + dataBytes > blob.length) return { ok: false, problem: 'a header longer than its record' }
  const entries = new Map<number, Entry>()
  for (let i = 0; i < entryCount; i++) {
    const at = 8 + i * 16
    const [tag, type] = [view.getUint32(at), view.getUint32(at + 4)]
    const [offset, count] = [view.getUint32(at + 8), view.getUint32(at + 12)]
    // Tags below 100 stand for regions and translation tables, whose offsets may be negative.
    if (tag < 100) continue
    if (type > TYPE_MAX || offset > dataBytes || count * VALUE_BYTES[type] > dataBytes - offset)
      return { ok: false, problem: `entry ${tag} lies outside of its header` }
    if (type === STRING_ARRAY && count > MAX_TEXTS) return { ok: false, problem: `entry ${tag} lists ${count} texts` }
    entries.set(tag, { type, offset, count })
  }
  return { ok: true, header: headerOver(blob.subarray(dataStart, dataStart + dataBytes), entries) }
}

function headerOver(data: Uint8Array, entries: ReadonlyMap<number, Entry>): RpmHeader {
  const find = (tag: number, ...types: number[]) => {
    const entry = entries.get(tag)
    return entry !== undefined && entry.count > 0 && types.includes(entry.type) ? entry : undefined
  }
  return {
    text(tag) {
      const entry = find(tag, STRING, STRING_ARRAY, I18N_STRING)
      if (entry === undefined) return undefined
      const end = data.indexOf(0, entry.offset)
      return Buffer.from(data.subarray(entry.offset, end < 0 ? data.length : end)).toString('utf8')
    },
    number(tag) {
      const entry = find(tag, INT32)
      return entry && new DataView(data.buffer, data.byteOffset + entry.offset, 4).getUint32(0)
    },
    textList(tag) {
      const entry = find(tag, STRING, STRING_ARRAY)
      if (entry === undefined) return undefined
      let end = entry.offset
      for (let i = 0; i < entry.count; i++) {
        const zero = data.indexOf(0, end)
        if (zero < 0) break
        end = zero + 1
      }
      return new Uint8Array(data.subarray(entry.offset, end))
    },
    numberList(tag) {
      const entry = find(tag, INT32)
      return entry && new Uint8Array(data.subarray(entry.offset, entry.offset + entry.count * 4))
    },
  }
}
