import { type ByteFields, byteFields } from '../../lib/executable/byte-fields.ts'
import { type Executable, openExecutables } from '../../lib/executable/executable.ts'
import type { RandomFile, ReadResult } from '../../reading/index.ts'
import { hashOfName, type NameHashes, nameHashes } from './name-set.ts'

/** Which functions the linker kept in a Go program. */
export interface GoFunctions {
  readonly format: Executable['format']
  /** Names of functions (`net/http.(*Client).Do`) and, marked by {@link PACKAGE_MARK}, import paths of their packages. */
  readonly names: NameHashes
  readonly count: number
  /** Whether calls that were inlined are named too: since Go 1.16. */
  readonly inlined: boolean
}

/** What is put before an import path, so that it is told from the name of a function. */
export const PACKAGE_MARK = '\u0001'

const SECTIONS = ['.gopclntab', '.data.rel.ro.gopclntab', '__gopclntab']
const MAX_NAMES_BYTES = 128 << 20
const MAX_FUNCTIONS = 4_000_000
/** Longer ones are not what a person wrote, and no advisory names them. */
const MAX_NAME_BYTES = 4096
/** As far as a name of the old format is read. */
const OLD_NAME_BYTES = 512
const CHUNK_BYTES = 1 << 20
/** Where no section names the table it is looked for in what cannot be written, so far. */
const MAX_SEARCH_BYTES = 64 << 20

/** Go 1.2, 1.16, 1.18 and 1.20 and later (go.dev/src/internal/abi/symtab.go). */
const FORMATS: ReadonlyMap<number, { readonly namesWord: number | undefined }> = new Map([
  [0xfffffffb, { namesWord: undefined }],
  [0xfffffffa, { namesWord: 2 }],
  [0xfffffff0, { namesWord: 3 }],
  [0xfffffff1, { namesWord: 3 }],
])

/** Reads the table of functions that every Go program carries, stripped or not; of other programs no facts. */
export function readGoFunctions(file: RandomFile): ReadResult<GoFunctions> {
  const facts = openExecutables(file).flatMap((program) => functionsOf(program) ?? [])
  return { facts, diagnostics: [] }
}

function functionsOf(program: Executable): GoFunctions | undefined {
  const table = tableOf(program)
  if (table === undefined) return undefined
  const hashes = new Set<number>()
  const found = { inMain: false, count: 0 }
  let lastPackage = ''
  for (const raw of table.names()) {
    if (found.count++ >= MAX_FUNCTIONS) return undefined
    if (raw === 'runtime.main' || raw === 'main.main') found.inMain = true
    const name = plainName(raw)
    if (name === undefined) continue
    hashes.add(hashOfName(name.package + name.rest))
    if (name.package !== lastPackage) hashes.add(hashOfName(PACKAGE_MARK + name.package))
    lastPackage = name.package
  }
  // A table without the functions that every program begins with is none, or its names were made unrecognisable.
  if (!found.inMain) return undefined
  return { format: program.format, names: nameHashes(hashes), count: found.count, inlined: table.inlined }
}

interface FunctionTable {
  readonly inlined: boolean
  names(): Iterable<string>
}

/** The table's header (go.dev/s/go12symtab; go.dev/src/debug/gosym/pclntab.go): magic, two zeros, quantum, size of a pointer. */
function tableOf(program: Executable): FunctionTable | undefined {
  const section = SECTIONS.map((name) => program.section(name)).find((one) => one !== undefined)
  if (section !== undefined) return tableAt(program, section.address)
  if (program.format !== 'pe' || program.section('.symtab') === undefined) return undefined
  return searchTable(program)
}

function tableAt(program: Executable, address: number): FunctionTable | undefined {
  const head = program.atAddress(address, 8 + 8 * 8)
  const fields = byteFields(head, program.littleEndian)
  const format = FORMATS.get(fields.u32(0))
  const size = fields.u8(7)
  if (format === undefined || fields.u16(4) !== 0 || ![1, 2, 4].includes(fields.u8(6))) return undefined
  if (size !== 4 && size !== 8) return undefined
  const word = (index: number): number => wordAt(fields, 8 + index * size, size)
  if (format.namesWord === undefined) return { inlined: false, names: () => oldNames(program, address, word(0), size) }
  const [from, to] = [word(format.namesWord), word(format.namesWord + 1)]
  if (!Number.isSafeInteger(to) || from >= to || to - from > MAX_NAMES_BYTES) return undefined
  return { inlined: true, names: () => namesBetween(program, address + from, to - from) }
}

function wordAt(fields: ByteFields, at: number, size: number): number {
  return size === 4 ? fields.u32(at) : fields.u64(at)
}

/** PE has no section of its own for it. */
function searchTable(program: Executable): FunctionTable | undefined {
  let left = MAX_SEARCH_BYTES
  for (const { address, sizeBytes, writable } of program.sections) {
    if (writable) continue
    for (let at = 0; at < sizeBytes && left > 0; at += CHUNK_BYTES) {
      // The header may lie across the border of two pieces.
      const piece = Buffer.from(program.atAddress(address + at, Math.min(sizeBytes - at, CHUNK_BYTES + 16)))
      if (piece.length === 0) break
      left -= piece.length
      for (const last of [0xf1, 0xf0, 0xfa, 0xfb]) {
        const magic = Buffer.from([last, 0xff, 0xff, 0xff, 0, 0])
        const found = piece.indexOf(magic)
        const table = found < 0 ? undefined : tableAt(program, address + at + found)
        if (table !== undefined) return table
      }
    }
  }
  return undefined
}

/** Texts that each end with a zero byte. */
function* namesBetween(program: Executable, address: number, length: number): Iterable<string> {
  let rest = ''
  for (let at = 0; at < length; at += CHUNK_BYTES) {
    const piece = Buffer.from(program.atAddress(address + at, Math.min(CHUNK_BYTES, length - at)))
    const parts = piece.toString('latin1').split('\0')
    parts[0] = rest + parts[0]
    rest = (parts.pop() ?? '').slice(0, MAX_NAME_BYTES)
    yield* parts
    if (piece.length < Math.min(CHUNK_BYTES, length - at)) return
  }
}

/** Before Go 1.16: a list of pairs (address of the code, place of its description), whose second number is the place of the name. */
function* oldNames(program: Executable, address: number, count: number, size: number): Iterable<string> {
  if (count > MAX_FUNCTIONS) return
  const table = byteFields(program.atAddress(address + 8 + size, count * 2 * size), program.littleEndian)
  // What is stated may be more than the file has.
  for (let i = 0; (i + 1) * 2 * size <= table.sizeBytes; i++) {
    const place = wordAt(table, (i * 2 + 1) * size, size)
    const described = byteFields(program.atAddress(address + place, size + 4), program.littleEndian)
    if (described.sizeBytes < size + 4) continue
    const name = Buffer.from(program.atAddress(address + described.u32(size), OLD_NAME_BYTES)).toString('latin1')
    const end = name.indexOf('\0')
    if (end > 0) yield name.slice(0, end)
  }
}

/**
 * The name as advisories can name it: without type arguments and marks of wrappers, the import path as written in code (the linker
 * writes dots of its last element as `%2e`). Undefined for what the compiler made itself.
 */
function plainName(raw: string): { package: string; rest: string } | undefined {
  if (raw.length > MAX_NAME_BYTES || /^(?:type:|type\.\.|go[:.]|_cgo|\$)/.test(raw)) return undefined
  const bracket = raw.indexOf('[')
  const dot = raw.indexOf('.', raw.slice(0, bracket < 0 ? raw.length : bracket).lastIndexOf('/') + 1)
  if (dot <= 0 || /\.(?:func|gowrap|deferwrap)\d/.test(raw)) return undefined
  const path = raw.slice(0, dot)
  const rest = raw.slice(dot).replace('[...]', '')
  return {
    package: path.includes('%')
      ? path.replace(/%([0-9a-f]{2})/g, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16)))
      : path,
    rest: rest.endsWith('-fm') ? rest.slice(0, -3) : rest,
  }
}
