import { Buffer } from 'node:buffer'
import { crc32, deflateRawSync } from 'node:zlib'

/** One entry as it shall stand in a zip archive; nothing is checked, so hostile ones can be written. */
export interface ZipWritten {
  readonly name: string | Uint8Array
  readonly body?: string | Uint8Array
  /** Stored unless given. */
  readonly deflate?: boolean
  /** What header and directory say where that shall differ from the truth. */
  readonly method?: number
  readonly flags?: number
  readonly sizeBytes?: number
  readonly crc?: number
  /** Sizes and place in the zip64 extra field. */
  readonly zip64?: boolean
}

export interface ZipShape {
  readonly comment?: string
  /** Bytes in front that the offsets do not count. */
  readonly prepend?: Uint8Array
  /** With a zip64 end record and its locator. */
  readonly zip64?: boolean
  /** The count of the end record, where it shall be wrong. */
  readonly count?: number
}

/** A zip archive of these entries (APPNOTE 6.3). */
export function zipped(entries: readonly ZipWritten[], shape: ZipShape = {}): Buffer {
  const bodies: Buffer[] = []
  const directory: Buffer[] = []
  let offset = 0
  for (const entry of entries) {
    const { local, central } = written(entry, offset)
    bodies.push(local)
    directory.push(central)
    offset += local.length
  }
  const central = Buffer.concat(directory)
  const count = shape.count ?? entries.length
  return Buffer.concat([
    shape.prepend ?? Buffer.alloc(0),
    ...bodies,
    central,
    ...(shape.zip64 ? [end64(count, central.length, offset)] : []),
    endRecord(shape.zip64 ? 0xffffffff : undefined, count, central.length, offset, shape.comment ?? ''),
  ])
}

/** The same with names and texts alone: `{ 'a.txt': 'body' }`, deflated. */
export function zipOf(files: Readonly<Record<string, string | Uint8Array>>, deflate = true): Buffer {
  return zipped(Object.entries(files).map(([name, body]) => ({ name, body, deflate })))
}

function written(entry: ZipWritten, offset: number): { local: Buffer; central: Buffer } {
  const name = Buffer.from(entry.name as Uint8Array)
  const body = Buffer.from((entry.body ?? '') as Uint8Array)
  const packed = entry.deflate ? deflateRawSync(body) : body
  const size = entry.sizeBytes ?? body.length
  const fields = Buffer.alloc(26)
  fields.writeUInt16LE(entry.zip64 ? 45 : 20, 0)
  fields.writeUInt16LE(entry.flags ?? 0x0800, 2)
  fields.writeUInt16LE(entry.method ?? (entry.deflate ? 8 : 0), 4)
  fields.writeUInt32LE(entry.crc ?? crc32(body), 10)
  fields.writeUInt32LE(packed.length, 14)
  fields.writeUInt32LE(size, 18)
  fields.writeUInt16LE(name.length, 22)
  const local = Buffer.concat([Buffer.from('PK\x03\x04', 'latin1'), fields, name, packed])
  const extra = entry.zip64 ? zip64Extra(size, packed.length, offset) : Buffer.alloc(0)
  const inDirectory = Buffer.from(fields)
  if (entry.zip64) inDirectory.fill(0xff, 14, 22)
  inDirectory.writeUInt16LE(extra.length, 24)
  const rest = Buffer.alloc(14)
  rest.writeUInt32LE(entry.zip64 ? 0xffffffff : offset, 10)
  const central = Buffer.concat([Buffer.from('PK\x01\x02\x14\x00', 'latin1'), inDirectory, rest, name, extra])
  return { local, central }
}

function zip64Extra(size: number, packed: number, offset: number): Buffer {
  const extra = Buffer.alloc(28)
  extra.writeUInt16LE(1, 0)
  extra.writeUInt16LE(24, 2)
  for (const [i, value] of [size, packed, offset].entries()) extra.writeBigUInt64LE(BigInt(value), 4 + 8 * i)
  return extra
}

function end64(count: number, bytes: number, offset: number): Buffer {
  const record = Buffer.alloc(76)
  record.write('PK\x06\x06', 0, 'latin1')
  record.writeBigUInt64LE(44n, 4)
  record.writeBigUInt64LE(BigInt(count), 24)
  record.writeBigUInt64LE(BigInt(count), 32)
  record.writeBigUInt64LE(BigInt(bytes), 40)
  record.writeBigUInt64LE(BigInt(offset), 48)
  record.write('PK\x06\x07', 56, 'latin1')
  record.writeBigUInt64LE(BigInt(offset + bytes), 64)
  record.writeUInt32LE(1, 72)
  return record
}

function endRecord(wide: number | undefined, count: number, bytes: number, offset: number, comment: string): Buffer {
  const record = Buffer.alloc(22)
  record.write('PK\x05\x06', 0, 'latin1')
  record.writeUInt16LE(count & 0xffff, 8)
  record.writeUInt16LE(count & 0xffff, 10)
  record.writeUInt32LE(wide ?? bytes, 12)
  record.writeUInt32LE(wide ?? offset, 16)
  record.writeUInt16LE(Buffer.byteLength(comment), 20)
  return Buffer.concat([record, Buffer.from(comment)])
}
