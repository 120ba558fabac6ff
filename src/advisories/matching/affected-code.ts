import type { AffectedCode } from '../../model/reachability.ts'
import { publisherOf } from '../publisher.ts'
import type { AffectedEntry } from '../types.ts'
import type { Decided } from './decide.ts'

/** Packages and functions of one finding that are looked at: the largest record of Go's database has some hundred. */
const MOST_PACKAGES = 1000
const MOST_SYMBOLS = 5000

/**
 * The code that records of Go's vulnerability database say is affected (`ecosystem_specific.imports`, https://go.dev/doc/security/vuln/database#schema).
 * Undefined where one of them does not say it, or none speaks: then anything of the module may be meant.
 */
export function affectedCodeOf(decided: Decided): readonly AffectedCode[] | undefined {
  const own = decided.said.filter(
    (hit) => hit.record.id.startsWith('GO-') && publisherOf(hit.record.id).kind === 'registry',
  )
  const entries = own.flatMap((hit) => hit.main)
  if (entries.length === 0) return undefined
  const code: AffectedCode[] = []
  for (const entry of entries) {
    const imports = importsOf(entry)
    if (imports === undefined) return undefined
    code.push(...imports)
  }
  return code.length > MOST_PACKAGES ? undefined : code
}

function importsOf(entry: AffectedEntry): readonly AffectedCode[] | undefined {
  const specific = entry.specific?.ecosystem_specific
  const imports =
    typeof specific === 'object' && specific !== null && 'imports' in specific ? specific.imports : undefined
  if (!Array.isArray(imports) || imports.length === 0 || imports.length > MOST_PACKAGES) return undefined
  const code: AffectedCode[] = []
  for (const one of imports as readonly unknown[]) {
    if (typeof one !== 'object' || one === null || !('path' in one) || typeof one.path !== 'string') return undefined
    const symbols = textsOf('symbols' in one ? one.symbols : undefined)
    const systems = textsOf('goos' in one ? one.goos : undefined)
    if (symbols === undefined || systems === undefined || symbols.length > MOST_SYMBOLS) return undefined
    code.push({ package: one.path, symbols, systems })
  }
  return code
}

/** A list of texts, empty where there is none; undefined where it is something else. */
function textsOf(value: unknown): readonly string[] | undefined {
  if (value === undefined || value === null) return []
  return Array.isArray(value) && value.every((one) => typeof one === 'string') ? value : undefined
}
