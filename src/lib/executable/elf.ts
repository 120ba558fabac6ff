import type { ByteSource } from '../byte-source.ts'
import { type ByteFields, byteFields, copyAt, copyAtAddress, hasText, textAt } from './byte-fields.ts'
import type { ElfLinkage, ElfNote, Executable, ExecutableSection, ExecutableSegment } from './types.ts'

/** Real programs have under a hundred; `-ffunction-sections` objects some ten thousand. */
const MAX_SECTIONS = 65_536
const MAX_SEGMENTS = 4096
const MAX_STRINGS_BYTES = 4 << 20
/** A path on Linux, and so a list of folders for libraries, is not longer. */
const MAX_NAME_BYTES = 4096
const MAX_DYNAMIC_ENTRIES = 16_384
const MAX_NOTE_BYTES = 1 << 20
const MAX_NOTES = 256

const PT_LOAD = 1
const PT_DYNAMIC = 2
const PT_INTERP = 3
const PT_NOTE = 4
const SHT_STRTAB = 3
const SHT_DYNAMIC = 6
const SHT_NOTE = 7
const SHT_NOBITS = 8
const DT_NEEDED = 1
const DT_STRTAB = 5
const DT_STRSZ = 10
const DT_SONAME = 14
const DT_RPATH = 15
const DT_RUNPATH = 29

/** e_machine (gabi, "ELF Header") as Go names the architecture; both byte orders of one machine are told apart below. */
const MACHINES = new Map<number, string>([
  [2, 'sparc'],
  [3, '386'],
  [8, 'mips'],
  [20, 'ppc'],
  [21, 'ppc64'],
  [22, 's390x'],
  [40, 'arm'],
  [43, 'sparc64'],
  [62, 'amd64'],
  [183, 'arm64'],
  [243, 'riscv64'],
  [258, 'loong64'],
])

interface ElfSection extends ExecutableSection {
  readonly type: number
  readonly link: number
}

interface ElfSegment extends ExecutableSegment {
  readonly type: number
}

interface Layout {
  readonly source: ByteSource
  readonly wide: boolean
  readonly littleEndian: boolean
}

/**
 * An ELF file (System V gABI, "Object Files"), 32 or 64 bits, either byte order; undefined where the header is none.
 * Tables that lie outside the file are as if they were not there.
 */
export function openElf(source: ByteSource): Executable | undefined {
  const head = copyAt(source, 0, 64)
  const wide = head[4] === 2
  const littleEndian = head[5] === 1
  if (head.length < 52 || (head[4] !== 1 && !wide) || (head[5] !== 2 && !littleEndian)) return undefined
  if (wide && head.length < 64) return undefined
  const layout: Layout = { source, wide, littleEndian }
  const header = byteFields(head, littleEndian)
  const segments = readSegments(layout, header)
  const loaded = segments.filter((segment) => segment.type === PT_LOAD)
  const sections = readSections(layout, header)
  const file: OpenedElf = { layout, sections, segments, loaded }
  return {
    format: 'elf',
    architecture: architectureOf(header.u16(18), wide, littleEndian),
    bits: wide ? 64 : 32,
    littleEndian,
    sections,
    segments: loaded,
    section: (name) => sections.find((section) => section.name === name),
    read: (section, maxBytes) => copyAt(source, section.offset, Math.min(section.sizeBytes, maxBytes)),
    atAddress: (address, length) => copyAtAddress(source, loaded, address, length),
    needed: () => namesOf(dynamicOf(file), DT_NEEDED),
    soname: () => namesOf(dynamicOf(file), DT_SONAME)[0],
    linkage: () => linkageOf(file),
    notes: () => notesOf(file),
    isPacked: () => sections.length === 0 && hasText(copyAt(source, 0, 1024), 'UPX!'),
  }
}

interface OpenedElf {
  readonly layout: Layout
  readonly sections: readonly ElfSection[]
  readonly segments: readonly ElfSegment[]
  readonly loaded: readonly ElfSegment[]
}

function architectureOf(machine: number, wide: boolean, littleEndian: boolean): string {
  const name = MACHINES.get(machine) ?? `machine-${machine}`
  if (name === 'mips') return `mips${wide ? '64' : ''}${littleEndian ? 'le' : ''}`
  if (name === 'ppc64' && littleEndian) return 'ppc64le'
  if (name === 'riscv64' && !wide) return 'riscv'
  return name
}

function readSegments({ source, wide, littleEndian }: Layout, header: ByteFields): ElfSegment[] {
  const offset = wide ? header.u64(32) : header.u32(28)
  const entryBytes = header.u16(wide ? 54 : 42)
  const count = Math.min(header.u16(wide ? 56 : 44), MAX_SEGMENTS)
  if (entryBytes < (wide ? 56 : 32)) return []
  const table = byteFields(copyAt(source, offset, count * entryBytes), littleEndian)
  const segments: ElfSegment[] = []
  for (let at = 0; at + entryBytes <= table.sizeBytes; at += entryBytes) {
    const flags = table.u32(at + (wide ? 4 : 24))
    segments.push({
      type: table.u32(at),
      offset: wide ? table.u64(at + 8) : table.u32(at + 4),
      address: wide ? table.u64(at + 16) : table.u32(at + 8),
      sizeBytes: wide ? table.u64(at + 32) : table.u32(at + 16),
      writable: (flags & 2) !== 0,
      executable: (flags & 1) !== 0,
    })
  }
  return segments.filter((segment) => isSound(segment, source))
}

function readSections({ source, wide, littleEndian }: Layout, header: ByteFields): ElfSection[] {
  const offset = wide ? header.u64(40) : header.u32(32)
  const entryBytes = header.u16(wide ? 58 : 46)
  if (offset === 0 || entryBytes < (wide ? 64 : 40)) return []
  // More sections or a farther name table than 16 bits can say are told by the first section (gABI, "e_shnum", "e_shstrndx").
  const first = byteFields(copyAt(source, offset, entryBytes), littleEndian)
  const stated = header.u16(wide ? 60 : 48) || (wide ? first.u64(32) : first.u32(20))
  const statedNames = header.u16(wide ? 62 : 50)
  const namesIndex = statedNames === 0xffff ? first.u32(wide ? 40 : 24) : statedNames
  const table = byteFields(copyAt(source, offset, Math.min(stated, MAX_SECTIONS) * entryBytes), littleEndian)
  const raw: { nameAt: number; section: ElfSection }[] = []
  for (let at = 0; at + entryBytes <= table.sizeBytes; at += entryBytes)
    raw.push({ nameAt: table.u32(at), section: sectionAt(table, at, wide) })
  const names = raw[namesIndex]?.section
  const strings = names ? copyAt(source, names.offset, Math.min(names.sizeBytes, MAX_STRINGS_BYTES)) : new Uint8Array(0)
  return raw
    .map(({ nameAt, section }) => ({ ...section, name: textAt(strings, nameAt) }))
    .map((section) => (isSound(section, source) ? section : { ...section, sizeBytes: 0 }))
}

function sectionAt(table: ByteFields, at: number, wide: boolean): ElfSection {
  const type = table.u32(at + 4)
  const flags = wide ? table.u64(at + 8) : table.u32(at + 8)
  const stated = wide ? table.u64(at + 32) : table.u32(at + 20)
  return {
    name: '',
    type,
    link: table.u32(at + (wide ? 40 : 24)),
    address: wide ? table.u64(at + 16) : table.u32(at + 12),
    offset: wide ? table.u64(at + 24) : table.u32(at + 16),
    sizeBytes: type === SHT_NOBITS ? 0 : stated,
    writable: flags % 2 === 1,
    executable: (flags & 4) !== 0,
  }
}

/** Whether it begins inside the file and its numbers can be counted with. */
function isSound(part: { offset: number; sizeBytes: number }, source: ByteSource): boolean {
  return Number.isSafeInteger(part.offset) && Number.isSafeInteger(part.sizeBytes) && part.offset <= source.sizeBytes
}

/** The dynamic table (gABI, "Dynamic Section"): values by tag, in its order, and the text that its names lie in. */
interface Dynamic {
  readonly values: ReadonlyMap<number, readonly number[]>
  readonly strings: Uint8Array
}

const NO_DYNAMIC: Dynamic = { values: new Map(), strings: new Uint8Array(0) }
const TEXT_TAGS = [DT_NEEDED, DT_SONAME, DT_RPATH, DT_RUNPATH]

/** Undefined where there is no dynamic table: a program that is linked statically, or an object file. */
function dynamicOf({ layout, sections, segments, loaded }: OpenedElf): Dynamic | undefined {
  const { source, wide, littleEndian } = layout
  const table = segments.find(({ type }) => type === PT_DYNAMIC) ?? sections.find(({ type }) => type === SHT_DYNAMIC)
  if (!table) return undefined
  const entryBytes = wide ? 16 : 8
  const bytes = copyAt(source, table.offset, Math.min(table.sizeBytes, MAX_DYNAMIC_ENTRIES * entryBytes))
  const fields = byteFields(bytes, littleEndian)
  const values = new Map<number, number[]>()
  for (let at = 0; at + entryBytes <= fields.sizeBytes; at += entryBytes) {
    const tag = wide ? fields.u64(at) : fields.u32(at)
    if (tag === 0) break
    const value = wide ? fields.u64(at + 8) : fields.u32(at + 4)
    const known = values.get(tag)
    if (known === undefined) values.set(tag, [value])
    else known.push(value)
  }
  if (!TEXT_TAGS.some((tag) => values.has(tag))) return { values, strings: new Uint8Array(0) }
  const stringsBytes = Math.min(values.get(DT_STRSZ)?.[0] ?? MAX_STRINGS_BYTES, MAX_STRINGS_BYTES)
  const strings = copyAtAddress(source, loaded, values.get(DT_STRTAB)?.[0] ?? 0, stringsBytes)
  if (strings.length > 0) return { values, strings }
  const dynamic = sections.find(({ type }) => type === SHT_DYNAMIC)
  const linked = dynamic && sections[dynamic.link]
  if (linked?.type !== SHT_STRTAB) return { values, strings }
  return { values, strings: copyAt(source, linked.offset, Math.min(linked.sizeBytes, MAX_STRINGS_BYTES)) }
}

/** Texts that the dynamic table names under `tag`, each once. */
function namesOf({ values, strings }: Dynamic = NO_DYNAMIC, tag: number): string[] {
  const offsets = values.get(tag) ?? []
  const text = (offset: number): string => textAt(strings.subarray(offset, offset + MAX_NAME_BYTES), 0)
  return [...new Set(offsets.map(text).filter((name) => name !== ''))]
}

function linkageOf(file: OpenedElf): ElfLinkage {
  const dynamic = dynamicOf(file)
  const interpreter = file.segments.find(({ type }) => type === PT_INTERP)
  const searched = (tag: number): string[] => namesOf(dynamic, tag).flatMap((list) => list.split(':'))
  return {
    isStatic: dynamic === undefined,
    ...(interpreter && {
      interpreter: textAt(copyAt(file.layout.source, interpreter.offset, Math.min(interpreter.sizeBytes, 4096)), 0),
    }),
    needed: namesOf(dynamic, DT_NEEDED),
    soname: namesOf(dynamic, DT_SONAME)[0],
    rpath: searched(DT_RPATH),
    runpath: searched(DT_RUNPATH),
    strings: dynamic?.strings ?? new Uint8Array(0),
  }
}

function notesOf({ layout, sections, segments }: OpenedElf): ElfNote[] {
  const ofSegments = segments.filter(({ type }) => type === PT_NOTE)
  const places = ofSegments.length > 0 ? ofSegments : sections.filter(({ type }) => type === SHT_NOTE)
  const notes: ElfNote[] = []
  for (const place of places.slice(0, MAX_NOTES)) {
    const bytes = copyAt(layout.source, place.offset, Math.min(place.sizeBytes, MAX_NOTE_BYTES))
    const fields = byteFields(bytes, layout.littleEndian)
    for (let at = 0; at + 12 <= bytes.length && notes.length < MAX_NOTES; ) {
      const descAt = at + 12 + aligned(fields.u32(at))
      const end = descAt + fields.u32(at + 4)
      if (end > bytes.length) break
      notes.push({
        name: textAt(bytes.subarray(at + 12, at + 12 + fields.u32(at)), 0),
        type: fields.u32(at + 8),
        desc: bytes.slice(descAt, end),
      })
      at = descAt + aligned(fields.u32(at + 4))
    }
  }
  return notes
}

function aligned(size: number): number {
  return Math.ceil(size / 4) * 4
}
