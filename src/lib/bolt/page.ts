import { Failure } from '../failure.ts'

/** Bytes that are read where they are wanted: a file on disk, or one inside an image. */
export interface RandomBytes {
  /** As it is now: a file that is being written grows. */
  readonly sizeBytes: number
  /** The bytes from `offset`, `length` of them or fewer at the end; a view or a copy, valid during the call only. */
  at(offset: number, length: number): Uint8Array
}

/** The state of the database after one transaction: what one of its two meta pages says. */
export interface Meta {
  readonly pageBytes: number
  readonly root: number
  /** Pages from this number on were never used. */
  readonly end: number
  readonly transaction: bigint
}

/** What the pages of one database are read by. */
export interface Pages {
  readonly file: RandomBytes
  /** How the database is named in failures. */
  readonly name: string
  readonly meta: Meta
}

/** A page with its overflow, or a bucket that lies inside a value: elements of a leaf or of a branch. */
export interface Node {
  readonly bytes: Uint8Array
  readonly view: DataView
  readonly isLeaf: boolean
  readonly count: number
}

/** One element of a node, within its bounds. */
export interface Element {
  readonly key: Uint8Array
  /** Of a branch empty. */
  readonly value: Uint8Array
  readonly isBucket: boolean
  /** Of a branch: the page that begins with `key`. */
  readonly page: number
  /** Where it begins and ends in the node. */
  readonly start: number
  readonly end: number
}

const MAGIC = 0xed0cdaed
const VERSION = 2
const HEADER_BYTES = 16
const META_BYTES = 64
const ELEMENT_BYTES = 16
const BRANCH = 1
const LEAF = 2
const META = 4
const IS_BUCKET = 1
/** Values of the databases that are read are small; a page with its overflow is held in memory. */
const MAX_NODE_BYTES = 64 * 1024 ** 2
const MIN_PAGE_BYTES = 512
const MAX_PAGE_BYTES = 64 * 1024

/**
 * The newest of the two meta pages that is whole (go.etcd.io/bbolt, internal/common/meta.go): a writer writes them in turn, so that
 * one of them always is.
 * @throws Failure `bolt-damaged` when none is.
 */
export function newestMeta(file: RandomBytes, name: string): Meta {
  const first = readMeta(file, 0)
  const places = first === undefined ? secondPlaces() : [first.pageBytes]
  for (const place of places) {
    const second = readMeta(file, place)
    if (second === undefined || second.pageBytes !== place) continue
    return first === undefined || second.transaction > first.transaction ? second : first
  }
  if (first !== undefined) return first
  const head = file.at(0, HEADER_BYTES + META_BYTES)
  if (head.length < HEADER_BYTES + META_BYTES) throw damaged(name, 'it is too short for a bolt database')
  const magic = viewOf(head).getUint32(HEADER_BYTES, false)
  if (magic === MAGIC) throw damaged(name, 'it was written on a machine of the other byte order, which is not read')
  throw damaged(name, 'it is no bolt database, or both of its meta pages are damaged')
}

function secondPlaces(): number[] {
  const places: number[] = []
  for (let bytes = MIN_PAGE_BYTES; bytes <= MAX_PAGE_BYTES; bytes *= 2) places.push(bytes)
  return places
}

function readMeta(file: RandomBytes, offset: number): Meta | undefined {
  const page = Uint8Array.from(file.at(offset, HEADER_BYTES + META_BYTES))
  if (page.length < HEADER_BYTES + META_BYTES) return undefined
  const view = viewOf(page)
  if ((view.getUint16(8, true) & META) === 0) return undefined
  const at = HEADER_BYTES
  if (view.getUint32(at, true) !== MAGIC || view.getUint32(at + 4, true) !== VERSION) return undefined
  const pageBytes = view.getUint32(at + 8, true)
  if (pageBytes < MIN_PAGE_BYTES || pageBytes > MAX_PAGE_BYTES || (pageBytes & (pageBytes - 1)) !== 0) return undefined
  if (fnv1a(page.subarray(at, at + META_BYTES - 8)) !== view.getBigUint64(at + META_BYTES - 8, true)) return undefined
  return {
    pageBytes,
    root: numberAt(view, at + 16),
    end: numberAt(view, at + 40),
    transaction: view.getBigUint64(at + 48, true),
  }
}

/** FNV-1a, 64 bits (RFC 9923). */
function fnv1a(bytes: Uint8Array): bigint {
  let hash = 0xcbf29ce484222325n
  for (const byte of bytes) hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n)
  return hash
}

/**
 * A leaf or branch page with its overflow, copied.
 * @throws Failure `bolt-damaged` for a page that lies outside, is cut off, too long or of another kind.
 */
export function readNode({ file, name, meta }: Pages, number: number): Node {
  const { pageBytes } = meta
  if (number < 2 || number >= meta.end) throw damaged(name, `page ${number} lies outside of it`)
  const offset = number * pageBytes
  let bytes = Uint8Array.from(file.at(offset, pageBytes))
  if (bytes.length < pageBytes) throw damaged(name, `page ${number} is cut off`)
  const head = viewOf(bytes)
  if (numberAt(head, 0) !== number) throw damaged(name, `page ${number} says that it is another`)
  const overflow = head.getUint32(12, true)
  if (overflow > 0) {
    const whole = (overflow + 1) * pageBytes
    if (whole > MAX_NODE_BYTES) throw damaged(name, `page ${number} goes on for ${overflow} pages`)
    if (offset + whole > file.sizeBytes) throw damaged(name, `page ${number} is cut off`)
    bytes = Uint8Array.from(file.at(offset, whole))
    if (bytes.length < whole) throw damaged(name, `page ${number} is cut off`)
  }
  return nodeOf(bytes, name, `page ${number}`)
}

/** The node in these bytes. @throws Failure `bolt-damaged`. */
export function nodeOf(bytes: Uint8Array, name: string, where: string): Node {
  if (bytes.length < HEADER_BYTES) throw damaged(name, `${where} is cut off`)
  const view = viewOf(bytes)
  const flags = view.getUint16(8, true)
  if (flags !== LEAF && flags !== BRANCH) throw damaged(name, `${where} is neither leaf nor branch`)
  const count = view.getUint16(10, true)
  if (HEADER_BYTES + count * ELEMENT_BYTES > bytes.length) throw damaged(name, `${where} counts ${count} elements`)
  return { bytes, view, isLeaf: flags === LEAF, count }
}

/** The element of that number. @throws Failure `bolt-damaged` when it leaves its node. */
export function elementAt(node: Node, index: number, name: string): Element {
  const { bytes, view, isLeaf, count } = node
  const at = HEADER_BYTES + index * ELEMENT_BYTES
  const start = at + view.getUint32(isLeaf ? at + 4 : at, true)
  const keyEnd = start + view.getUint32(isLeaf ? at + 8 : at + 4, true)
  const end = keyEnd + (isLeaf ? view.getUint32(at + 12, true) : 0)
  if (start < HEADER_BYTES + count * ELEMENT_BYTES || end > bytes.length) {
    throw damaged(name, 'an element lies outside of its page')
  }
  return {
    key: bytes.subarray(start, keyEnd),
    value: bytes.subarray(keyEnd, end),
    isBucket: isLeaf && (view.getUint32(at, true) & IS_BUCKET) !== 0,
    page: isLeaf ? 0 : numberAt(view, at + 8),
    start,
    end,
  }
}

/** The page at which a bucket begins, from its value; 0 for one that lies in the value itself. @throws Failure `bolt-damaged`. */
export function bucketRoot(value: Uint8Array, name: string): number {
  if (value.length < 16) throw damaged(name, 'a bucket is cut off')
  return numberAt(viewOf(value), 0)
}

/** Bytes of a bucket's value before a node that lies in it. */
export const BUCKET_BYTES = 16

/** A failure that says what is wrong with the database `name`. */
export function damaged(name: string, why: string): Failure {
  return new Failure('bolt-damaged', `the database cannot be read: ${why}`, { input: name })
}

/** A number of 64 bits; what is beyond the safe ones is wrong wherever it stands, and stays far too large. */
function numberAt(view: DataView, at: number): number {
  return view.getUint32(at, true) + view.getUint32(at + 4, true) * 2 ** 32
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
}
