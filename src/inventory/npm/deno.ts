import validVersion from 'semver/functions/valid.js'
import minVersion from 'semver/ranges/min-version.js'
import type { FileBytes, ReadResult } from '../../reading/index.ts'
import { decodeText, linesOf } from '../documents/text.ts'
import { asObject, member } from '../json-document.ts'
import { parseJsoncObject } from './jsonc.ts'
import type { LockedPackage } from './locked-package.ts'
import { type Specified, specifiedPackage } from './specifier.ts'

/** A package that a program asks for in its own text or configuration, without a lockfile. */
export interface Imported extends Pick<LockedPackage, 'name' | 'version' | 'registry' | 'lines'> {
  readonly kind: 'imported'
  /** Whether just this version is meant, not the lowest of a range. */
  readonly exact: boolean
}

const MAX_IMPORTS = 10_000

/**
 * What the import map of a `deno.json`, `deno.jsonc` or `import_map.json` asks for (https://docs.deno.com/runtime/fundamentals/configuration/).
 * Imports without a version, and of the project's own files, are none.
 */
export function readDenoConfig(file: FileBytes): ReadResult<Imported> {
  const parsed = parseJsoncObject(file.bytes)
  if ('problem' in parsed) {
    const message = `a configuration of Deno could not be read: ${parsed.problem}`
    return { facts: [], diagnostics: [{ code: 'deno-config-unreadable', message, path: file.path, effect: 'partial' }] }
  }
  const scopes = asObject(member(parsed.object, 'scopes')) ?? {}
  const maps = [asObject(member(parsed.object, 'imports')), ...Object.keys(scopes).map((key) => asObject(scopes[key]))]
  const specifiers = maps
    .flatMap((map) => Object.values(map ?? {}))
    .filter((value) => typeof value === 'string')
    .slice(0, MAX_IMPORTS)
  return { facts: importedOnce(specifiers.map((specifier) => ({ specifier }))), diagnostics: [] }
}

/** A quoted text that a module is imported from: `from "x"`, `import "x"`, `import("x")`, `require("x")`. */
const IMPORT = /(?:\bfrom|\bimport|\brequire)\s{0,80}\(?\s{0,80}["'`]((?:npm:|jsr:|https:\/\/)[^"'`\s]{1,1000})["'`]/g

/** What a module in JavaScript or TypeScript imports by its package's name and version. What stands on a line after `//` is no import. */
export function readDenoSource(file: FileBytes): ReadResult<Imported> {
  const text = linesOf(decodeText(file.bytes))
    .map((line) => (/^\s*\/\//.test(line) ? '' : line))
    .join('\n')
  const found: { specifier: string; line: number }[] = []
  let line = 1
  let counted = 0
  for (const match of text.matchAll(IMPORT)) {
    if (found.length >= MAX_IMPORTS) break
    const end = match.index + match[0].length
    for (; counted < end; counted++) if (text.charCodeAt(counted) === 0x0a) line++
    found.push({ specifier: match[1], line })
  }
  return { facts: importedOnce(found), diagnostics: [] }
}

function importedOnce(found: readonly { readonly specifier: string; readonly line?: number }[]): Imported[] {
  const once = new Map<string, Imported>()
  for (const { specifier, line } of found) {
    const specified = specifiedPackage(specifier)
    const version = specified && lowestVersion(specified)
    if (specified === undefined || version === undefined) continue
    const { name, registry, range } = specified
    const key = `${registry ?? ''} ${name} ${version}`
    if (once.has(key)) continue
    const lines = line === undefined ? {} : { lines: [line, line] as const }
    const exact = validVersion(range) !== null
    once.set(key, { kind: 'imported', name, version, ...(registry && { registry }), exact, ...lines })
  }
  return [...once.values()]
}

/** The version itself, or the lowest that a range allows; of what is only an address, whatever stands in the place of a version. */
function lowestVersion({ range, registry }: Specified): string | undefined {
  if (range === '') return undefined
  const version = validVersion(range) ?? undefined
  if (version !== undefined) return version
  try {
    return minVersion(range)?.version
  } catch {
    return registry === 'deno.land' ? range : undefined
  }
}
