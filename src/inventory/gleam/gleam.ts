import type { FileBytes, ReadResult } from '../../reading/index.ts'
import { lowestAllowed } from '../documents/lowest-allowed.ts'
import { decodeText, linesOf } from '../documents/text.ts'
import { parseToml } from '../documents/toml.ts'
import { asObject, type JsonObject, member, textMember } from '../json-document.ts'
import { packageUrl } from '../package-url.ts'
import { RANGE_CONFIDENCE } from '../range-confidence.ts'
import { type StatedPackage, StatedPackages } from '../stated-packages.ts'

/** What a `manifest.toml` locks, or what a `gleam.toml` asks for: names for run time and for development. */
export interface GleamFile {
  readonly packages: readonly StatedPackage[]
  readonly runtime: readonly string[]
  readonly development: readonly string[]
}

/**
 * The packages that Gleam locked (https://gleam.run/writing-gleam/gleam-toml/, `manifest.toml` beside it), with the SHA-256 of their outer archive.
 * Those out of Git have their commit for a version; those in folders beside are the project's own. A `manifest.toml` of another program,
 * without a list of packages with their build tools, gives nothing.
 */
export function readGleamManifest(file: FileBytes): ReadResult<GleamFile> {
  const stated = new StatedPackages('gleam-manifest-unreadable', file.path)
  const parsed = parseToml(file.bytes)
  if ('problem' in parsed) return whole(stated.problem(`manifest.toml could not be read: ${parsed.problem}`), [], [])
  const list = member(parsed.object, 'packages')
  if (!Array.isArray(list)) return { facts: [], diagnostics: [] }
  const asked = Object.keys(asObject(member(parsed.object, 'requirements')) ?? {})
  const direct = new Set(asked)
  const lines = linesOfPackages(file.bytes)
  for (const one of list) {
    const entry = asObject(one)
    if (entry === undefined || member(entry, 'build_tools') === undefined) continue
    if (textMember(entry, 'source') === 'local') continue
    const name = textMember(entry, 'name') ?? ''
    const sha256 = textMember(entry, 'outer_checksum')?.toLowerCase() ?? ''
    const needs = member(entry, 'requirements')
    const line = lines.get(name)
    stated.add({
      ...hexPackage(name, textMember(entry, 'commit') ?? textMember(entry, 'version') ?? ''),
      key: name,
      direct: direct.has(name),
      needs: Array.isArray(needs) ? needs.filter((need) => typeof need === 'string') : [],
      ...(/^[0-9a-f]{64}$/.test(sha256) && { hashes: [`sha256:${sha256}` as const] }),
      ...(line && { lines: [line, line] }),
    })
  }
  return whole(stated, asked, [])
}

/** What a project asks for (https://gleam.run/writing-gleam/gleam-toml/): the least version of each range. A dependency out of Git has none. */
export function readGleamProject(file: FileBytes): ReadResult<GleamFile> {
  const stated = new StatedPackages('gleam-project-unreadable', file.path)
  const parsed = parseToml(file.bytes)
  if ('problem' in parsed) return whole(stated.problem(`gleam.toml could not be read: ${parsed.problem}`), [], [])
  const runtime = asObject(member(parsed.object, 'dependencies')) ?? {}
  const development =
    asObject(member(parsed.object, 'dev-dependencies')) ?? asObject(member(parsed.object, 'dev_dependencies')) ?? {}
  addRequirements(stated, runtime, 'runtime')
  addRequirements(stated, development, 'development')
  return whole(stated, Object.keys(runtime), Object.keys(development))
}

function addRequirements(stated: StatedPackages, table: JsonObject, scope: 'runtime' | 'development'): void {
  for (const [name, wanted] of Object.entries(table)) {
    const range = typeof wanted === 'string' ? wanted : textMember(asObject(wanted) ?? {}, 'version')
    const lowest = lowestAllowed(range ?? '', 'exact')
    if (lowest === undefined) continue
    const { version, exact } = lowest
    stated.add({
      ...hexPackage(name, version),
      direct: true,
      scope,
      ...(!exact && { confidence: RANGE_CONFIDENCE }),
    })
  }
}

function hexPackage(name: string, version: string): StatedPackage {
  const purl = packageUrl({ type: 'hex', name: name.toLowerCase(), version })
  return { purl, name, version, ecosystem: 'Hex', presence: 'declared' }
}

function whole(
  stated: StatedPackages,
  runtime: readonly string[],
  development: readonly string[],
): ReadResult<GleamFile> {
  const { facts, diagnostics } = stated.result()
  return { facts: [{ packages: facts, runtime, development }], diagnostics }
}

/** Gleam writes each package as an inline table on a line of its own. */
function linesOfPackages(bytes: Uint8Array): ReadonlyMap<string, number> {
  const lines = new Map<string, number>()
  for (const [index, line] of linesOf(decodeText(bytes)).entries()) {
    const name = /^\s{0,20}\{\s{0,4}name\s{0,4}=\s{0,4}"([^"]{1,512})"/.exec(line)?.[1]
    if (name !== undefined && !lines.has(name)) lines.set(name, index + 1)
  }
  return lines
}
