import { type Executable, type ExecutableSection, openExecutable } from '../../lib/executable/executable.ts'
import type { RandomFile, ReadResult } from '../../reading/index.ts'
import { refuseIdentity } from '../recorded-text.ts'
import { Patterns } from './patterns.ts'
import { PROGRAMS } from './programs/index.ts'
import type { Program, ProgramText } from './programs/program.ts'

const CHUNK_BYTES = 1024 ** 2
/** Longest needle, so that one that lies across two pieces is found. */
const OVERLAP_BYTES = 128
/** Places of one text that are looked at; a version stands beside one of the first, or it is none. */
const MAX_PLACES = 64
/** Where programs keep their texts, of ELF, PE and Mach-O. */
const TEXT_SECTIONS = new Set(['.rodata', '.data', '.data.rel.ro', '.rdata', '__cstring', '__const', '__data'])
/** Libraries of one file that are kept. */
const MAX_NEEDED = 256
const MAX_COMMENT_BYTES = 64 * 1024
/** What Go's linker writes: such a program says itself what it is, and all texts of its modules stand in it. */
const GO_SECTIONS = ['.go.buildinfo', '__go_buildinfo']
/** ELF's e_type of object files: kernel modules are such too. */
const RELOCATABLE = 1

/** A program that was recognised. */
export interface RecognisedProgram {
  /** Of the list of programs. */
  readonly id: string
  readonly version: string
  /** Where in the file the version's text stands. */
  readonly offset: number
  /** What the file is called as a library, and which ones it is linked to. */
  readonly soname?: string
  readonly needed?: readonly string[]
}

const needles = [
  ...new Set(PROGRAMS.flatMap(({ texts, also = [] }) => [...texts.map(({ needle }) => needle), ...also])),
]
const numbers = new Map(needles.map((needle, index) => [needle, index]))
const patterns = new Patterns(needles)

/**
 * The programs and libraries whose texts stand in the data of an executable file, each with one version. One pass over the data finds
 * all texts at once; only beside a text that was found does an expression run, over a bounded window. Object files
 * hold none; programs of Go are read by their build information.
 */
export function recognisePrograms(file: RandomFile): ReadResult<RecognisedProgram> {
  const executable = openExecutable(file)
  if (!executable || isObject(executable, file) || GO_SECTIONS.some((name) => executable.section(name)))
    return { facts: [], diagnostics: [] }
  const places = placesOf(file, executable)
  const comment = commentOf(executable)
  const found = new Map<string, RecognisedProgram>()
  for (const program of PROGRAMS) {
    const isThere = (needle: string): boolean => (places[numbers.get(needle) as number]?.length ?? 0) > 0
    if (program.also?.some((needle) => !isThere(needle))) continue
    const said = versionOf(program, file, places, comment)
    if (said && refuseIdentity(program.id, said.version) === undefined)
      found.set(program.id, { id: program.id, version: said.version, offset: said.offset })
  }
  const standing = PROGRAMS.filter((program) => stands(program, found))
  const soname = executable.soname()
  const needed = standing.length === 0 ? [] : executable.needed().slice(0, MAX_NEEDED)
  const linked = { ...(soname !== undefined && { soname }), ...(needed.length > 0 && { needed }) }
  const facts = standing.flatMap(({ id }) => {
    const program = found.get(id)
    return program === undefined ? [] : [{ ...program, ...linked }]
  })
  return { facts, diagnostics: [] }
}

function isObject({ format, littleEndian }: Executable, file: RandomFile): boolean {
  return format === 'elf' && file.at(16, 2)[littleEndian ? 0 : 1] === RELOCATABLE
}

/** Whether a program that was found is what the file is, and not a part or a namesake of another that was found too. */
function stands({ id, unless = [], part }: Program, found: ReadonlyMap<string, RecognisedProgram>): boolean {
  if (!found.has(id) || unless.some((other) => found.has(other))) return false
  return part !== true || PROGRAMS.every((other) => other.part === true || !found.has(other.id))
}

/** Where each needle stands, first places first; of the whole file where it tells no sections. */
function placesOf(file: RandomFile, { sections }: Executable): readonly number[][] {
  const places: number[][] = needles.map(() => [])
  const search = (from: number, to: number): void => {
    for (let start = from; start < to; start += CHUNK_BYTES) {
      const bytes = file.at(start, Math.min(CHUNK_BYTES + OVERLAP_BYTES, to - start))
      patterns.search(bytes, ({ needle, offset }) => {
        const known = places[needle]
        if (offset < CHUNK_BYTES && known && known.length < MAX_PLACES) known.push(start + offset)
      })
    }
  }
  const data = apart(sections.filter(({ name, sizeBytes }) => TEXT_SECTIONS.has(name) && sizeBytes > 0))
  if (data.length === 0) search(0, file.sizeBytes)
  // One byte before: a text may begin with the zero byte that ends what stands before it.
  for (const [from, to] of data) search(Math.max(0, from - 1), Math.min(to + 1, file.sizeBytes))
  return places
}

/** The runs of a file that sections take, none twice: a hostile table could name one run a thousand times. */
function apart(sections: readonly ExecutableSection[]): readonly (readonly [number, number])[] {
  const runs: [number, number][] = []
  for (const { offset, sizeBytes } of sections.toSorted((a, b) => a.offset - b.offset)) {
    const last = runs.at(-1)
    if (last && offset < last[1]) last[1] = Math.max(last[1], offset + sizeBytes)
    else runs.push([offset, offset + sizeBytes])
  }
  return runs
}

interface Said {
  readonly version: string
  readonly offset: number
}

function versionOf(
  program: Program,
  file: RandomFile,
  places: readonly (readonly number[])[],
  comment: { readonly text: string; readonly offset: number } | undefined,
): Said | undefined {
  for (const text of program.texts) {
    if (text.where === 'comment') {
      const at = comment?.text.indexOf(text.needle) ?? -1
      const version = at < 0 ? undefined : text.version.exec(comment?.text.slice(at + text.needle.length) ?? '')?.[1]
      if (version !== undefined && comment) return { version, offset: comment.offset + at }
      continue
    }
    for (const place of places[numbers.get(text.needle) as number] ?? []) {
      const version = besides(text, place, file)
      if (version !== undefined) return { version, offset: place }
    }
  }
  return undefined
}

/** The version that a text's window says, where the needle stands at `place`. */
function besides({ needle, where, version, bytes }: ProgramText, place: number, file: RandomFile): string | undefined {
  const end = place + needle.length
  if (where === 'after') return version.exec(latin1(file, end, end + bytes))?.[1]
  if (where === 'before') return version.exec(latin1(file, place - bytes, place))?.[1]
  const from = Math.max(0, place - bytes)
  let nearest: { readonly said: string; readonly away: number } | undefined
  for (const match of latin1(file, from, end + bytes).matchAll(version)) {
    const away = Math.abs(from + match.index - place)
    const said = match[1]
    if (said !== undefined && (nearest === undefined || away < nearest.away)) nearest = { said, away }
  }
  return nearest?.said
}

function commentOf(executable: Executable): { readonly text: string; readonly offset: number } | undefined {
  const section = executable.section('.comment')
  if (!section) return undefined
  const bytes = executable.read(section, MAX_COMMENT_BYTES)
  return { text: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1'), offset: section.offset }
}

function latin1(file: RandomFile, from: number, to: number): string {
  const start = Math.max(0, from)
  const bytes = file.at(start, Math.max(0, to - start))
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1')
}
