import { gunzipSync } from 'node:zlib'
import { type Executable, openExecutable } from '../../lib/executable/executable.ts'
import type { RandomFile, ReadResult } from '../../reading/index.ts'
import { readCyclonedx } from '../sbom-files/cyclonedx.ts'
import type { StatedPackage } from '../stated-packages.ts'

const MAX_TABLE_BYTES = 64 * 1024 ** 2
const MAX_PACKED_BYTES = 32 * 1024 ** 2
const MAX_SBOM_BYTES = 128 * 1024 ** 2
/** Elf64_Sym (gabi, "Symbol Table"): the name's place in the string table, then at byte 8 the value. */
const SYMBOL_BYTES = 24

/**
 * The packages of the bill of materials in a program that GraalVM's native-image made with `--enable-sbom`
 * (https://www.graalvm.org/latest/security-guide/native-image/sbom/): CycloneDX in JSON, gzip, at the symbol `sbom`, so long as the 64-bit number
 * at `sbom_length`. Programs without both symbols are no such image and hold nothing.
 */
export function readEmbeddedSbom(file: RandomFile): ReadResult<StatedPackage> {
  const program = openExecutable(file)
  if (program?.bits !== 64 || program.format !== 'elf' || !program.littleEndian) return { facts: [], diagnostics: [] }
  const packed = packedSbom(program)
  if (packed === undefined) return { facts: [], diagnostics: [] }
  const { path, mode } = file
  try {
    const bytes = gunzipSync(packed, { maxOutputLength: MAX_SBOM_BYTES })
    const { facts, diagnostics } = readCyclonedx({ path, mode, sizeBytes: bytes.length, bytes })
    // Lines are those of the document, which nobody finds in a program.
    return { facts: facts.map(({ lines: _, ...fact }) => fact), diagnostics }
  } catch {
    const message = 'the bill of materials in the native image is damaged or too large'
    return { facts: [], diagnostics: [{ code: 'native-image-sbom-unreadable', message, path, effect: 'partial' }] }
  }
}

function packedSbom(program: Executable): Uint8Array | undefined {
  for (const [table, names] of [
    ['.dynsym', '.dynstr'],
    ['.symtab', '.strtab'],
  ] as const) {
    const [start, length] = symbolAddresses(program, table, names, ['sbom', 'sbom_length'])
    if (start === undefined || length === undefined) continue
    const number = Buffer.from(program.atAddress(length, 8))
    if (number.length < 8) continue
    const bytes = Number(number.readBigUInt64LE())
    if (bytes > 0 && bytes <= MAX_PACKED_BYTES) return program.atAddress(start, bytes)
  }
  return undefined
}

/** Values of symbols by name, in the order of the names; undefined for those that are not there. */
function symbolAddresses(
  program: Executable,
  tableName: string,
  namesName: string,
  wanted: readonly string[],
): (number | undefined)[] {
  const [table, strings] = [program.section(tableName), program.section(namesName)]
  if (table === undefined || strings === undefined) return []
  const names = Buffer.from(program.read(strings, MAX_TABLE_BYTES))
  // Nearly no program has the name at all: the table is read only for those.
  const places = wanted.map((name) => names.indexOf(`\0${name}\0`) + 1)
  if (places.includes(0)) return []
  const symbols = Buffer.from(program.read(table, MAX_TABLE_BYTES))
  const values = new Map<number, number>()
  for (let at = 0; at + SYMBOL_BYTES <= symbols.length; at += SYMBOL_BYTES) {
    const name = symbols.readUInt32LE(at)
    if (places.includes(name)) values.set(name, Number(symbols.readBigUInt64LE(at + 8)))
  }
  return places.map((place) => values.get(place))
}
