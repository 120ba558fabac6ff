import type { ByteSource } from '../byte-source.ts'
import { type ByteFields, byteFields, copyAt, copyAtAddress, hasText, textAt } from './byte-fields.ts'
import type { Executable, ExecutableSection, ExecutableSegment } from './types.ts'

const MAX_COMMANDS = 4096
const MAX_COMMAND_BYTES = 4 << 20
const MAX_SECTIONS = 4096
const MAX_SLICES = 16

const LC_SEGMENT = 0x1
const LC_LOAD_DYLIB = 0xc
const LC_ID_DYLIB = 0xd
const LC_SEGMENT_64 = 0x19
/** LC_LOAD_DYLIB and its kin: weak, re-exported, upward, lazily loaded. */
const LOADS: ReadonlySet<number> = new Set([LC_LOAD_DYLIB, 0x8000_0018, 0x8000_001f, 0x8000_0023, 0x20])

const MACHINES = new Map<number, string>([
  [7, '386'],
  [12, 'arm'],
  [18, 'ppc'],
  [0x0100_0007, 'amd64'],
  [0x0100_000c, 'arm64'],
  [0x0100_0012, 'ppc64'],
])

interface Parts {
  readonly sections: ExecutableSection[]
  readonly segments: ExecutableSegment[]
  readonly needed: Set<string>
  soname?: string
}

/** A thin Mach-O file (xnu, EXTERNAL_HEADERS/mach-o/loader.h); undefined where the header is none. */
export function openMachO(source: ByteSource): Executable | undefined {
  const head = copyAt(source, 0, 32)
  const magic = byteFields(head, true).u32(0)
  const littleEndian = magic === 0xfeedface || magic === 0xfeedfacf
  const header = byteFields(head, littleEndian)
  const wide = header.u32(0) === 0xfeedfacf
  if (head.length < 28 || (!wide && header.u32(0) !== 0xfeedface)) return undefined
  const commands = copyAt(source, wide ? 32 : 28, Math.min(header.u32(20), MAX_COMMAND_BYTES))
  const parts = readCommands(commands, Math.min(header.u32(16), MAX_COMMANDS), littleEndian)
  const { sections, segments } = parts
  return {
    format: 'mach-o',
    architecture: MACHINES.get(header.u32(4)) ?? `machine-${header.u32(4)}`,
    bits: wide ? 64 : 32,
    littleEndian,
    sections,
    segments,
    section: (name) => sections.find((section) => section.name === name),
    read: (section, maxBytes) => copyAt(source, section.offset, Math.min(section.sizeBytes, maxBytes)),
    atAddress: (address, length) => copyAtAddress(source, segments, address, length),
    needed: () => [...parts.needed],
    soname: () => parts.soname,
    notes: () => [],
    isPacked: () => hasText(copyAt(source, 0, 4096), 'UPX!'),
  }
}

function readCommands(bytes: Uint8Array, count: number, littleEndian: boolean): Parts {
  const parts: Parts = { sections: [], segments: [], needed: new Set() }
  const fields = byteFields(bytes, littleEndian)
  let at = 0
  for (let index = 0; index < count && at + 8 <= bytes.length; index++) {
    const command = fields.u32(at)
    const end = at + fields.u32(at + 4)
    if (end < at + 8 || end > bytes.length) break
    if (command === LC_SEGMENT || command === LC_SEGMENT_64) readSegment(bytes, fields, at, end, parts)
    else if (LOADS.has(command) || command === LC_ID_DYLIB) {
      const name = textAt(bytes.subarray(at, end), fields.u32(at + 8))
      if (command === LC_ID_DYLIB) parts.soname = name || undefined
      else if (name !== '') parts.needed.add(name)
    }
    at = end
  }
  return parts
}

function readSegment(bytes: Uint8Array, fields: ByteFields, at: number, end: number, parts: Parts): void {
  const wide = fields.u32(at) === LC_SEGMENT_64
  const word = wide ? 8 : 4
  const number = (offset: number): number => (wide ? fields.u64(offset) : fields.u32(offset))
  const protection = fields.u32(at + 24 + word * 4 + 4)
  const writable = (protection & 2) !== 0
  const executable = (protection & 4) !== 0
  const segment = {
    address: number(at + 24),
    offset: number(at + 24 + word * 2),
    sizeBytes: number(at + 24 + word * 3),
  }
  if (Object.values(segment).every(Number.isSafeInteger)) parts.segments.push({ ...segment, writable, executable })
  const sectionBytes = wide ? 80 : 68
  for (
    let section = at + (wide ? 72 : 56);
    section + sectionBytes <= end && parts.sections.length < MAX_SECTIONS;
    section += sectionBytes
  ) {
    const type = fields.u32(section + 32 + word * 2 + 16) & 0xff
    const sizeBytes = number(section + 32 + word)
    parts.sections.push({
      name: textAt(bytes.subarray(section, section + 16), 0),
      address: number(section + 32),
      // S_ZEROFILL and its two kin have no bytes in the file.
      sizeBytes: type === 1 || type === 0xc || type === 0x12 || !Number.isSafeInteger(sizeBytes) ? 0 : sizeBytes,
      offset: fields.u32(section + 32 + word * 2),
      writable,
      executable,
    })
  }
}

/** The files inside a fat Mach-O file (xnu, EXTERNAL_HEADERS/mach-o/fat.h), in its order; none where it is no fat one. */
export function machOSlices(source: ByteSource): readonly ByteSource[] {
  const head = byteFields(copyAt(source, 0, 8 + MAX_SLICES * 32), false)
  const wide = head.u32(0) === 0xcafebabf
  const count = head.u32(4)
  // The magic number is also that of Java class files, whose version stands where the count is: 45 and above.
  if ((!wide && head.u32(0) !== 0xcafebabe) || count > MAX_SLICES) return []
  const slices: ByteSource[] = []
  for (let index = 0; index < count; index++) {
    const at = 8 + index * (wide ? 32 : 20)
    const offset = wide ? head.u64(at + 8) : head.u32(at + 8)
    const stated = wide ? head.u64(at + 16) : head.u32(at + 12)
    if (!Number.isSafeInteger(offset) || offset < 8 || offset >= source.sizeBytes) continue
    const sizeBytes = Math.min(stated, source.sizeBytes - offset)
    slices.push({
      sizeBytes,
      at: (position, length) => source.at(offset + position, Math.max(0, Math.min(length, sizeBytes - position))),
    })
  }
  return slices
}
