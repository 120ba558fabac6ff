import type { ByteSource } from '../byte-source.ts'
import { type ByteFields, byteFields, copyAt, copyAtAddress, textAt } from './byte-fields.ts'
import type { Executable, ExecutableSection } from './types.ts'

/** More than the loader of Windows takes. */
const MAX_SECTIONS = 1024
const MAX_IMPORTS = 4096
const MAX_NAME_BYTES = 512

const MACHINES = new Map<number, string>([
  [0x014c, '386'],
  [0x01c0, 'arm'],
  [0x01c4, 'arm'],
  [0x0200, 'ia64'],
  [0x5064, 'riscv64'],
  [0x6264, 'loong64'],
  [0x8664, 'amd64'],
  [0xaa64, 'arm64'],
])

/** A Portable Executable file ("PE Format", learn.microsoft.com/windows/win32/debug/pe-format); undefined where the headers are none. */
export function openPe(source: ByteSource): Executable | undefined {
  const headerAt = byteFields(copyAt(source, 0, 64), true).u32(0x3c)
  const header = byteFields(copyAt(source, headerAt, 24), true)
  if (header.sizeBytes < 24 || header.u32(0) !== 0x4550) return undefined
  const optionalBytes = header.u16(20)
  const optional = byteFields(copyAt(source, headerAt + 24, optionalBytes), true)
  const wide = optional.u16(0) === 0x20b
  if (!wide && optional.u16(0) !== 0x10b) return undefined
  const base = wide ? optional.u64(24) : optional.u32(28)
  const count = Math.min(header.u16(6), MAX_SECTIONS)
  const table = copyAt(source, headerAt + 24 + optionalBytes, count * 40)
  const sections = readSections(source, table, base)
  const image: PeImage = {
    base,
    optional,
    directoriesAt: wide ? 112 : 96,
    at: (relative, length) => copyAtAddress(source, sections, base + relative, length),
  }
  return {
    format: 'pe',
    architecture: MACHINES.get(header.u16(4)) ?? `machine-${header.u16(4)}`,
    bits: wide ? 64 : 32,
    littleEndian: true,
    sections,
    segments: sections,
    section: (name) => sections.find((section) => section.name === name),
    read: (section, maxBytes) => copyAt(source, section.offset, Math.min(section.sizeBytes, maxBytes)),
    atAddress: (address, length) => copyAtAddress(source, sections, address, length),
    needed: () => importedNames(image),
    soname: () => exportName(image),
    notes: () => [],
    isPacked: () => sections.some(({ name }) => name === 'UPX0' || name === 'UPX1'),
  }
}

interface PeImage {
  readonly base: number
  readonly optional: ByteFields
  readonly directoriesAt: number
  /** Bytes at a relative virtual address. */
  at(relative: number, length: number): Uint8Array
}

function readSections(source: ByteSource, table: Uint8Array, base: number): ExecutableSection[] {
  const fields = byteFields(table, true)
  const sections: ExecutableSection[] = []
  for (let at = 0; at + 40 <= table.length; at += 40) {
    const flags = fields.u32(at + 36)
    const offset = fields.u32(at + 20)
    const virtualBytes = fields.u32(at + 8)
    const rawBytes = fields.u32(at + 16)
    sections.push({
      name: textAt(table.subarray(at, at + 8), 0),
      offset,
      // The file pads to a whole block; what is beyond the virtual size belongs to nobody.
      sizeBytes: offset > source.sizeBytes ? 0 : virtualBytes > 0 ? Math.min(rawBytes, virtualBytes) : rawBytes,
      address: base + fields.u32(at + 12),
      writable: (flags & 0x8000_0000) !== 0,
      executable: (flags & 0x2000_0000) !== 0,
    })
  }
  return sections
}

/** Relative address of a data directory: 0 the export table, 1 the import table. */
function directory({ optional, directoriesAt }: PeImage, index: number): number {
  return optional.u32(directoriesAt - 4) > index ? optional.u32(directoriesAt + index * 8) : 0
}

function importedNames(image: PeImage): string[] {
  const at = directory(image, 1)
  const names = new Set<string>()
  if (at === 0) return []
  const table = byteFields(image.at(at, MAX_IMPORTS * 20), true)
  for (let entry = 0; entry + 20 <= table.sizeBytes; entry += 20) {
    const nameAt = table.u32(entry + 12)
    if (nameAt === 0) break
    const name = textAt(image.at(nameAt, MAX_NAME_BYTES), 0)
    if (name !== '') names.add(name)
  }
  return [...names]
}

function exportName(image: PeImage): string | undefined {
  const at = directory(image, 0)
  const nameAt = at === 0 ? 0 : byteFields(image.at(at, 40), true).u32(12)
  return (nameAt !== 0 && textAt(image.at(nameAt, MAX_NAME_BYTES), 0)) || undefined
}
