/** What a written ELF file says of how it is linked. */
export interface ElfWritten {
  readonly interpreter?: string
  readonly needed?: readonly string[]
  readonly soname?: string
  readonly runpath?: string
  readonly rpath?: string
  /** Names of symbols among its texts. */
  readonly symbols?: readonly string[]
  /** Linked statically: without a dynamic table. */
  readonly isStatic?: boolean
}

const HEADER_BYTES = 64
const SEGMENT_BYTES = 56
const BASE = 0x400000

/** A 64-bit little-endian ELF program or library that has program headers and nothing to run. */
export function elfOf({
  interpreter,
  needed = [],
  soname,
  runpath,
  rpath,
  symbols = [],
  isStatic,
}: ElfWritten): Buffer {
  const texts = ['', ...symbols, ...needed, soname ?? '', runpath ?? '', rpath ?? '']
  const offsets: number[] = []
  let length = 0
  for (const text of texts) {
    offsets.push(length)
    length += Buffer.byteLength(text) + 1
  }
  const strings = Buffer.from(`${texts.join('\0')}\0`)
  const at = (text: string, from: number): number => offsets[texts.indexOf(text, from)] as number
  const named = 1 + symbols.length
  const stringsAt = HEADER_BYTES + SEGMENT_BYTES * 3
  const interpreterAt = stringsAt + strings.length
  const interpreterBytes = Buffer.from(interpreter === undefined ? '' : `${interpreter}\0`)
  const dynamicAt = interpreterAt + interpreterBytes.length
  const entries: [number, number][] = [
    ...needed.map((name): [number, number] => [1, at(name, named)]),
    ...(soname === undefined ? [] : [[14, at(soname, named)] as [number, number]]),
    ...(runpath === undefined ? [] : [[29, at(runpath, named)] as [number, number]]),
    ...(rpath === undefined ? [] : [[15, at(rpath, named)] as [number, number]]),
    [5, BASE + stringsAt],
    [10, strings.length],
    [0, 0],
  ]
  const file = Buffer.alloc(dynamicAt + entries.length * 16)
  file.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1])
  file.writeUInt16LE(interpreter === undefined && isStatic !== true ? 3 : 2, 16)
  file.writeUInt16LE(62, 18)
  file.writeBigUInt64LE(BigInt(HEADER_BYTES), 32)
  file.writeUInt16LE(SEGMENT_BYTES, 54)
  file.writeUInt16LE(3, 56)
  const segment = (index: number, type: number, offset: number, bytes: number): void => {
    const base = HEADER_BYTES + index * SEGMENT_BYTES
    file.writeUInt32LE(type, base)
    file.writeUInt32LE(4, base + 4)
    file.writeBigUInt64LE(BigInt(offset), base + 8)
    file.writeBigUInt64LE(BigInt(BASE + offset), base + 16)
    file.writeBigUInt64LE(BigInt(bytes), base + 32)
  }
  segment(0, 1, 0, file.length)
  if (isStatic !== true) segment(1, 2, dynamicAt, entries.length * 16)
  if (interpreter !== undefined) segment(2, 3, interpreterAt, interpreterBytes.length)
  file.set(strings, stringsAt)
  file.set(interpreterBytes, interpreterAt)
  for (const [i, [tag, value]] of entries.entries()) {
    file.writeBigUInt64LE(BigInt(tag), dynamicAt + i * 16)
    file.writeBigUInt64LE(BigInt(value), dynamicAt + i * 16 + 8)
  }
  return file
}
