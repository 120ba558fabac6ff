import { DatabaseSync } from 'node:sqlite'

/** Databases for tests, written as the formats say and with none of the code that reads them. */

interface Said {
  readonly name: string
  readonly version: string
  readonly release: string
  readonly epoch?: number
  /** Bytes of a summary, so that headers differ in size. */
  readonly padding?: number
  readonly files?: readonly { readonly folder: string; readonly name: string; readonly sha256?: string }[]
  readonly requires?: readonly string[]
  readonly provides?: readonly string[]
}

type Entry = [tag: number, type: number, count: number, data: Buffer]

/** A header as rpm stores it: number of entries, bytes of data, entries, data; big-endian. */
export function rpmHeader(said: Said): Buffer<ArrayBuffer> {
  const text = (tag: number, value: string): Entry => [tag, 6, 1, Buffer.from(`${value}\0`)]
  const list = (tag: number, values: readonly string[]): Entry => [
    tag,
    8,
    values.length,
    Buffer.from(values.map((v) => `${v}\0`).join('')),
  ]
  const numbers = (tag: number, values: readonly number[]): Entry => {
    const data = Buffer.alloc(values.length * 4)
    values.forEach((value, i) => {
      data.writeUInt32BE(value, i * 4)
    })
    return [tag, 4, values.length, data]
  }
  const entries: Entry[] = [text(1000, said.name), text(1001, said.version), text(1002, said.release)]
  if (said.epoch !== undefined) entries.push(numbers(1003, [said.epoch]))
  entries.push(text(1004, 's'.repeat(said.padding ?? 0)), text(1022, 'x86_64'))
  entries.push(text(1044, `${said.name}-${said.version}-${said.release}.src.rpm`))
  if (said.requires) entries.push(list(1049, said.requires))
  if (said.provides) entries.push(list(1047, said.provides))
  if (said.files) {
    const folders = [...new Set(said.files.map((file) => file.folder))]
    entries.push(
      list(1118, folders),
      list(
        1117,
        said.files.map((file) => file.name),
      ),
    )
    entries.push(
      numbers(
        1116,
        said.files.map((file) => folders.indexOf(file.folder)),
      ),
    )
    entries.push(
      list(
        1035,
        said.files.map((file) => file.sha256 ?? ''),
      ),
      numbers(5011, [8]),
    )
  }
  return assembled(entries)
}

function assembled(entries: readonly Entry[]): Buffer<ArrayBuffer> {
  const index = Buffer.alloc(8 + entries.length * 16)
  let data = Buffer.alloc(0)
  entries.forEach(([tag, type, count, value], i) => {
    if (type === 4 && data.length % 4 !== 0) data = Buffer.concat([data, Buffer.alloc(4 - (data.length % 4))])
    index.writeUInt32BE(tag, 8 + i * 16)
    index.writeUInt32BE(type, 12 + i * 16)
    index.writeUInt32BE(data.length, 16 + i * 16)
    index.writeUInt32BE(count, 20 + i * 16)
    data = Buffer.concat([data, value])
  })
  index.writeUInt32BE(entries.length, 0)
  index.writeUInt32BE(data.length, 4)
  return Buffer.concat([index, data])
}

/** A Berkeley DB hash file: the meta page, hash pages with as many pairs as fit, and for each header its overflow pages. */
export function berkeleyFile(
  headers: readonly Uint8Array[],
  { little }: { readonly little: boolean },
): Uint8Array<ArrayBuffer> {
  const size = 4096
  const pages: Buffer[] = [page(0, 8)]
  const write32 = (at: Buffer, value: number, offset: number) =>
    little ? at.writeUInt32LE(value, offset) : at.writeUInt32BE(value, offset)
  const write16 = (at: Buffer, value: number, offset: number) =>
    little ? at.writeUInt16LE(value, offset) : at.writeUInt16BE(value, offset)
  function page(number: number, type: number): Buffer {
    const made = Buffer.alloc(size)
    if (little) made.writeUInt32LE(number, 8)
    else made.writeUInt32BE(number, 8)
    made[25] = type
    return made
  }
  function overflow(data: Uint8Array): number {
    const first = pages.length
    for (let at = 0; at < data.length; at += size - 26) {
      const part = data.subarray(at, at + size - 26)
      const made = page(pages.length, 7)
      made.set(part, 26)
      write16(made, part.length, 22)
      if (at + part.length < data.length) write32(made, pages.length + 1, 16)
      pages.push(made)
    }
    return first
  }
  // rpm's counter comes first: key 0.
  const items: Buffer[][] = [[Buffer.from([1, 0, 0, 0, 0]), Buffer.from([1, 9, 0, 0, 0])]]
  headers.forEach((header, i) => {
    const value = Buffer.alloc(12)
    value[0] = 3
    write32(value, overflow(header), 4)
    write32(value, header.length, 8)
    items.push([Buffer.from([1, i + 1, 0, (i >> 8) + 1, 0]), value])
  })
  for (let at = 0; at < items.length; at += 50) {
    const made = page(pages.length, 13)
    let end = size
    const parts = items.slice(at, at + 50).flat()
    parts.forEach((item, i) => {
      end -= item.length
      made.set(item, end)
      write16(made, end, 26 + i * 2)
    })
    write16(made, parts.length, 20)
    write16(made, end, 22)
    pages.push(made)
  }
  write32(pages[0], 0x061561, 12)
  write32(pages[0], 9, 16)
  write32(pages[0], size, 20)
  write32(pages[0], pages.length - 1, 32)
  return new Uint8Array(Buffer.concat(pages))
}

/** An ndb file: pages of slots, then blobs. */
export function ndbFile(headers: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const slotPages = Math.ceil((headers.length + 2) / 256)
  const slots = Buffer.alloc(slotPages * 4096)
  for (let at = 32; at < slots.length; at += 16) slots.write('Slot', at, 'latin1')
  slots.write('RpmP', 0, 'latin1')
  slots.writeUInt32LE(slotPages, 12)
  slots.writeUInt32LE(headers.length + 1, 16)
  const blobs: Buffer[] = []
  let block = slots.length / 16
  headers.forEach((header, i) => {
    const blocks = Math.ceil((16 + header.length + 12) / 16)
    const blob = Buffer.alloc(blocks * 16)
    blob.write('BlbS', 0, 'latin1')
    blob.writeUInt32LE(i + 1, 4)
    blob.writeUInt32LE(header.length, 12)
    blob.set(header, 16)
    blob.writeUInt32LE(header.length, blob.length - 8)
    blob.write('BlbE', blob.length - 4, 'latin1')
    blobs.push(blob)
    const slot = 32 + i * 16
    slots.writeUInt32LE(i + 1, slot + 4)
    slots.writeUInt32LE(block, slot + 8)
    slots.writeUInt32LE(blocks, slot + 12)
    block += blocks
  })
  return new Uint8Array(Buffer.concat([slots, ...blobs]))
}

/** An SQLite database as rpm makes it, after further statements. */
export function sqliteFile(headers: readonly Uint8Array[], statements = '', pageBytes = 4096): Uint8Array<ArrayBuffer> {
  const database = new DatabaseSync(':memory:')
  database.exec(`pragma page_size = ${pageBytes}`)
  database.exec("create table 'Packages' (hnum integer primary key autoincrement, blob blob not null)")
  database.exec("create table 'Name' (key 'TEXT' not null, hnum integer not null, idx integer not null)")
  const insert = database.prepare('insert into Packages (blob) values (?)')
  for (const header of headers) insert.run(header)
  if (!statements.startsWith('pragma journal')) database.exec(statements)
  const bytes = new Uint8Array(database.serialize())
  database.close()
  if (statements.startsWith('pragma journal')) bytes[18] = bytes[19] = 2
  return bytes
}
