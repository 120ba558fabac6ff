import { type Executable, openExecutables } from '../../lib/executable/executable.ts'
import type { RandomFile, ReadResult } from '../../reading/index.ts'

/** A module linked into a program. */
export interface LinkedModule {
  readonly path: string
  /** As written, `v1.2.3`; `(devel)` where the build did not know. */
  readonly version: string
  /** `h1:` and base64. */
  readonly sum?: string
  readonly replacement?: { readonly path: string; readonly version: string; readonly sum?: string }
}

/** What a Go program says of its own build. */
export interface GoBinary {
  readonly kind: 'binary'
  /** As written: `go1.22.3`. */
  readonly goVersion: string
  readonly architecture: string
  readonly main?: LinkedModule
  readonly modules: readonly LinkedModule[]
  /** Build settings by key: `-ldflags`, `vcs.revision`, `vcs.time`. */
  readonly settings: Readonly<Record<string, string>>
}

const MAGIC = Buffer.from('\xff Go buildinf:', 'latin1')
const SECTIONS = ['.go.buildinfo', '__go_buildinfo']
const HEADER_BYTES = 32
/** The linker puts it at the start of the data; so far it is looked for where no section names it. */
const MAX_SEARCH_BYTES = 1 << 20
const MAX_TEXT_BYTES = 8 << 20
const MAX_MODULES = 50_000

/** Reads the build information of Go programs (go.dev/src/debug/buildinfo/buildinfo.go); of other programs no facts. */
export function readGoBinary(file: RandomFile): ReadResult<GoBinary> {
  const programs = openExecutables(file)
  const facts = programs.flatMap((program) => informationOf(program) ?? [])
  if (facts.length > 0 || !programs.some((program) => program.isPacked())) return { facts, diagnostics: [] }
  const message = 'the program is packed by UPX: what is linked into it cannot be read'
  return { facts, diagnostics: [{ code: 'executable-packed', message, path: file.path, effect: 'partial' }] }
}

function informationOf(program: Executable): GoBinary | undefined {
  const address = addressOf(program)
  if (address === undefined) return undefined
  const header = Buffer.from(program.atAddress(address, HEADER_BYTES))
  if (header.length < HEADER_BYTES) return undefined
  const texts = (header[15] ?? 0) & 2 ? inlineTexts(program, address) : pointedTexts(program, header)
  const [goVersion, wrapped] = texts
  if (goVersion === undefined || !/^[\x20-\x7e]{1,200}$/.test(goVersion)) return undefined
  // Sixteen bytes at both ends let a debugger find the text in memory.
  const framed = wrapped !== undefined && wrapped.length >= 33 && wrapped[wrapped.length - 17] === 0x0a
  const text = framed ? Buffer.from(wrapped.subarray(16, -16)).toString('utf8') : ''
  return { kind: 'binary', goVersion, architecture: program.architecture, ...modulesOf(text) }
}

/** Where the header of the information is in memory. */
function addressOf(program: Executable): number | undefined {
  const named = SECTIONS.map((name) => program.section(name)).find((section) => section !== undefined)
  const places = named ? [named] : program.segments.filter(({ writable }) => writable)
  let left = MAX_SEARCH_BYTES
  for (const { address, sizeBytes } of places) {
    if (left <= 0) break
    const bytes = Buffer.from(program.atAddress(address, Math.min(sizeBytes, left)))
    left -= bytes.length
    for (let at = bytes.indexOf(MAGIC); at >= 0; at = bytes.indexOf(MAGIC, at + 1))
      if (at % 16 === 0) return address + at
  }
  return undefined
}

/** Go 1.18 and later: both texts follow the header, each after its length. */
function inlineTexts(program: Executable, address: number): [string | undefined, Uint8Array | undefined] {
  const version = countedText(program, address + HEADER_BYTES)
  if (version === undefined) return [undefined, undefined]
  return [Buffer.from(version.bytes).toString('utf8'), countedText(program, version.end)?.bytes]
}

/** A text after its length as a base-128 number, lowest digits first. */
function countedText(program: Executable, address: number): { bytes: Uint8Array; end: number } | undefined {
  const digits = program.atAddress(address, 5)
  let length = 0
  for (const [index, digit] of digits.entries()) {
    length += (digit & 0x7f) * 2 ** (7 * index)
    if (digit & 0x80) continue
    if (length > MAX_TEXT_BYTES) return undefined
    const from = address + index + 1
    return { bytes: program.atAddress(from, length), end: from + length }
  }
  return undefined
}

/** Before Go 1.18: the header points at two Go texts, which are each a pointer and a length. */
function pointedTexts(program: Executable, header: Buffer): [string | undefined, Uint8Array | undefined] {
  const size = header[14] ?? 0
  if (size !== 4 && size !== 8) return [undefined, undefined]
  const bigEndian = ((header[15] ?? 0) & 1) !== 0
  const word = (bytes: Buffer, at: number): number => {
    if (bytes.length < at + size) return 0
    if (size === 4) return bigEndian ? bytes.readUInt32BE(at) : bytes.readUInt32LE(at)
    return Number(bigEndian ? bytes.readBigUInt64BE(at) : bytes.readBigUInt64LE(at))
  }
  const text = (at: number): Uint8Array => {
    const place = Buffer.from(program.atAddress(word(header, at), size * 2))
    const length = word(place, size)
    return length > MAX_TEXT_BYTES ? new Uint8Array(0) : program.atAddress(word(place, 0), length)
  }
  return [Buffer.from(text(16)).toString('utf8'), text(16 + size)]
}

/** Modules and settings of the text (go.dev/src/runtime/debug/mod.go, ParseBuildInfo). */
function modulesOf(text: string): Pick<GoBinary, 'main' | 'modules' | 'settings'> {
  const modules: LinkedModule[] = []
  const settings: Record<string, string> = Object.create(null)
  let main: LinkedModule | undefined
  let lastIsMain = false
  for (const line of text.split('\n')) {
    const [word, first = '', version = '', sum] = line.split('\t')
    const module = { path: first, version, ...(sum && { sum }) }
    if (word === 'mod') main = module
    else if (word === 'dep' && modules.length < MAX_MODULES) modules.push(module)
    else if (word === '=>' && lastIsMain && main) main = { ...main, replacement: module }
    else if (word === '=>' && modules.length > 0)
      modules.push({ ...(modules.pop() as LinkedModule), replacement: module })
    else if (word === 'build') {
      const equals = first.indexOf('=')
      if (equals > 0) settings[first.slice(0, equals)] = unquoted(line.slice(line.indexOf('=') + 1))
    }
    if (word === 'mod' || word === 'dep') lastIsMain = word === 'mod'
  }
  return { ...(main && { main }), modules, settings: { ...settings } }
}

function unquoted(text: string): string {
  if (!text.startsWith('"')) return text
  try {
    return String(JSON.parse(text))
  } catch {
    return text
  }
}
