import type { RandomFile } from '../reading/index.ts'

/**
 * SQLite databases inside images, read as the file format is published (https://www.sqlite.org/fileformat2.html) and not through an SQL
 * engine: rows of one table are all that is wanted, a database of hundreds of megabytes needs no copy in memory, and views, triggers and
 * virtual tables of a hostile schema stay what they are here, text. A write-ahead log beside it is another file.
 */

const MAGIC = Buffer.from('SQLite format 3\0', 'latin1')
const LEAF = 13
const INTERIOR = 5
/** SQLite's own bound on the depth of a tree is 20. */
const MAX_DEPTH = 20
const MAX_SCHEMA_ROWS = 10_000

interface Database {
  readonly file: RandomFile
  readonly mostBytes: number
  readonly pageBytes: number
  /** Bytes of a page that are in use. */
  readonly usable: number
  readonly pages: number
  /** One bit for each page that was taken: a page belongs to one place, so a second visit is a circle or a lie. */
  readonly taken: Uint8Array
}

/** A value of a row: floating-point numbers are given as null. */
export type SqliteColumn = number | string | Uint8Array | null
export type SqliteRows = Generator<
  { readonly columns: readonly SqliteColumn[] } | { readonly problem: string },
  void,
  undefined
>
type Rows = Generator<{ readonly payload: Uint8Array } | { readonly problem: string }, void, undefined>

/** Whether these first bytes are those of an SQLite 3 database. */
export function isSqlite(head: Uint8Array): boolean {
  return head.length >= 100 && MAGIC.equals(head.subarray(0, 16))
}

/**
 * The rows of a table, in the order of their numbers, each with its columns; or what is wrong with one of them, or with the file. A row of
 * more than `mostBytes` is refused.
 */
export function* sqliteRows(file: RandomFile, table: string, mostBytes: number): SqliteRows {
  const database = openDatabase(file, mostBytes)
  if (typeof database === 'string') {
    yield { problem: database }
    return
  }
  if (database.pages * database.pageBytes > file.sizeBytes) yield { problem: 'the file ends before its last page' }
  let root: number | undefined
  let rows = 0
  for (const row of tableRows(database, 1)) {
    if (++rows > MAX_SCHEMA_ROWS) {
      yield { problem: 'its schema has too many entries' }
      break
    }
    if ('problem' in row) yield row
    else root = rootOf(table, columnsOf(row.payload)) ?? root
  }
  if (root === undefined) yield { problem: `it has no table ${table}` }
  else {
    for (const row of tableRows(database, root)) {
      if ('problem' in row) yield row
      else yield { columns: columnsOf(row.payload) ?? [] }
    }
  }
}

/** The root page of a table when this row of the schema (type, name, tbl_name, rootpage, sql) is its. */
function rootOf(table: string, columns: readonly SqliteColumn[] | undefined): number | undefined {
  if (columns?.[0] !== 'table' || columns[1] !== table) return undefined
  const root = columns[3]
  return typeof root === 'number' && root > 0 ? root : undefined
}

function openDatabase(file: RandomFile, mostBytes: number): Database | string {
  const head = new Uint8Array(file.at(0, 100))
  if (!isSqlite(head)) return 'not an SQLite database'
  const view = viewOf(head)
  const stated = view.getUint16(16)
  const pageBytes = stated === 1 ? 65536 : stated
  if (pageBytes < 512 || (pageBytes & (pageBytes - 1)) !== 0) return `a page size of ${pageBytes} bytes`
  const usable = pageBytes - head[20]
  if (usable < 480) return `${head[20]} reserved bytes a page`
  if (view.getUint32(56) !== 1) return 'its text is not UTF-8'
  const filePages = Math.ceil(file.sizeBytes / pageBytes)
  // The count in the head is valid only where the change counter equals the "version valid for" number.
  const inHead = view.getUint32(24) === view.getUint32(92) ? view.getUint32(28) : 0
  const pages = inHead === 0 ? filePages : Math.min(inHead, filePages + 1)
  return { file, mostBytes, pageBytes, usable, pages, taken: new Uint8Array((Math.max(pages, filePages) >> 3) + 1) }
}

/** The payloads of a table's rows, left to right. The stack is explicit and each page is taken once. */
function* tableRows(database: Database, root: number): Rows {
  const stack: { readonly page: number; readonly depth: number }[] = [{ page: root, depth: 0 }]
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    const page = takePage(database, next.page)
    if (typeof page === 'string') {
      yield { problem: page }
      continue
    }
    const start = next.page === 1 ? 100 : 0
    const view = viewOf(page)
    const type = page[start]
    if (type !== LEAF && type !== INTERIOR) {
      yield { problem: `page ${next.page} is not one of a table` }
      continue
    }
    const cells = view.getUint16(start + 3)
    const pointers = start + (type === LEAF ? 8 : 12)
    if (pointers + cells * 2 > database.usable) {
      yield { problem: `page ${next.page} counts ${cells} rows` }
      continue
    }
    if (type === LEAF) {
      for (let i = 0; i < cells; i++) yield leafPayload(database, page, view.getUint16(pointers + i * 2), next.page)
      continue
    }
    if (next.depth >= MAX_DEPTH) {
      yield { problem: 'its tree is too deep' }
      continue
    }
    const depth = next.depth + 1
    stack.push({ page: view.getUint32(start + 8), depth })
    for (let i = cells - 1; i >= 0; i--) {
      const at = view.getUint16(pointers + i * 2)
      if (at + 4 <= database.usable) stack.push({ page: view.getUint32(at), depth })
      else yield { problem: `page ${next.page} holds an entry outside of itself` }
    }
  }
}

/** A page's own copy, or what is wrong with its number. */
function takePage(database: Database, number: number): Uint8Array | string {
  if (number === 0 || number > database.pages) return `page ${number} lies outside of the file`
  if ((database.taken[number >> 3] & (1 << (number & 7))) !== 0) return `page ${number} stands in two places`
  database.taken[number >> 3] |= 1 << (number & 7)
  const page = new Uint8Array(database.file.at((number - 1) * database.pageBytes, database.pageBytes))
  return page.length === database.pageBytes ? page : `page ${number} is cut off`
}

/** The payload of a leaf's cell, with its overflow pages ("Table B-Tree Leaf Cell" and "Cell Payload Overflow Pages"). */
function leafPayload(database: Database, page: Uint8Array, at: number, number: number) {
  const outside = { problem: `page ${number} holds a row outside of itself` }
  const length = varint(page, at)
  const rowid = length && varint(page, length.next)
  if (length === undefined || rowid === undefined) return outside
  const total = length.value
  const { usable } = database
  if (total > database.mostBytes || total > database.file.sizeBytes) return { problem: `a row of ${total} bytes` }
  const most = usable - 35
  const least = Math.floor(((usable - 12) * 32) / 255) - 23
  const fitting = least + ((total - least) % (usable - 4))
  const local = total <= most ? total : fitting <= most ? fitting : least
  if (rowid.next + local + (local < total ? 4 : 0) > usable) return outside
  if (local === total) return { payload: page.subarray(rowid.next, rowid.next + total) }
  const payload = new Uint8Array(total)
  payload.set(page.subarray(rowid.next, rowid.next + local))
  let filled = local
  let next = viewOf(page).getUint32(rowid.next + local)
  while (filled < total) {
    const overflow = takePage(database, next)
    if (typeof overflow === 'string') return { problem: overflow }
    const held = Math.min(usable - 4, total - filled)
    payload.set(overflow.subarray(4, 4 + held), filled)
    filled += held
    next = viewOf(overflow).getUint32(0)
  }
  return { payload }
}

/** The columns of a record ("Record Format"), at most 64; undefined when it is damaged. Floating-point numbers are given as null. */
function columnsOf(payload: Uint8Array): SqliteColumn[] | undefined {
  const head = varint(payload, 0)
  if (head === undefined || head.value > payload.length || head.value > 600) return undefined
  const columns: SqliteColumn[] = []
  let body = head.value
  for (let at = head.next; at < head.value && columns.length < 64; ) {
    const type = varint(payload, at)
    if (type === undefined) return undefined
    at = type.next
    const bytes = columnBytes(type.value)
    if (body + bytes > payload.length) return undefined
    columns.push(columnValue(type.value, payload.subarray(body, body + bytes)))
    body += bytes
  }
  return columns
}

const SMALL_COLUMN_BYTES = [0, 1, 2, 3, 4, 6, 8, 8, 0, 0, 0, 0]

function columnBytes(type: number): number {
  return type < 12 ? SMALL_COLUMN_BYTES[type] : Math.floor((type - 12) / 2)
}

function columnValue(type: number, bytes: Uint8Array): SqliteColumn {
  if (type >= 12) return type % 2 === 0 ? bytes : Buffer.from(bytes).toString('utf8')
  if (type === 8 || type === 9) return type - 8
  if (type < 1 || type > 6) return null
  let value = bytes[0] > 127 ? bytes[0] - 256 : bytes[0]
  for (let i = 1; i < bytes.length; i++) value = value * 256 + bytes[i]
  return value
}

/** A variable-length integer of 1 to 9 bytes, high groups first; undefined when it leaves the bytes or a safe number. */
function varint(bytes: Uint8Array, at: number): { readonly value: number; readonly next: number } | undefined {
  let value = 0
  for (let i = 0; i < 9; i++) {
    if (at + i >= bytes.length) return undefined
    const byte = bytes[at + i]
    if (i === 8) value = value * 256 + byte
    else value = value * 128 + (byte & 127)
    if (i === 8 || byte < 128) return { value, next: at + i + 1 }
  }
  return undefined
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
}
