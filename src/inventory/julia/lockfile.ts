import type { FileBytes, ReadResult } from '../../reading/index.ts'
import { parseToml } from '../documents/toml.ts'
import { asObject, type JsonObject, member, textMember } from '../json-document.ts'
import { packageUrl } from '../package-url.ts'
import { type StatedPackage, StatedPackages } from '../stated-packages.ts'

/**
 * The packages of a `Manifest.toml`, format 1 (packages at the top) and 2 (under `deps`), told apart by UUID
 * (https://pkgdocs.julialang.org/v1/toml-files/#Manifest.toml). Modules of the standard library have no version of
 * their own: theirs is Julia's, where the manifest names it.
 */
export function readManifest(file: FileBytes): ReadResult<StatedPackage> {
  const stated = new StatedPackages('julia-manifest-unreadable', file.path)
  const parsed = parseToml(file.bytes)
  if ('problem' in parsed) return stated.problem(`Manifest.toml could not be read: ${parsed.problem}`).result()
  const isSecond = (textMember(parsed.object, 'manifest_format') ?? '1').split('.')[0] !== '1'
  const packages = isSecond ? (asObject(member(parsed.object, 'deps')) ?? {}) : parsed.object
  const entries = Object.entries(packages).flatMap(([name, list]) =>
    Array.isArray(list) ? list.map((entry) => [name, asObject(entry) ?? {}] as const) : [],
  )
  const uuids = new Map(entries.map(([name, entry]) => [name, textMember(entry, 'uuid') ?? name]))
  const standard = textMember(parsed.object, 'julia_version')
  for (const [name, entry] of entries) {
    const version = textMember(entry, 'version') ?? (isStandard(entry) ? standard : undefined)
    if (version === undefined) continue
    const uuid = textMember(entry, 'uuid')
    stated.add({
      key: uuid ?? name,
      purl: packageUrl({ type: 'julia', name, version, qualifiers: { uuid } }),
      name,
      version,
      ecosystem: 'Julia',
      presence: 'declared',
      needs: needsOf(entry, uuids),
    })
  }
  return stated.result()
}

/** Neither registered, nor from a repository or a folder. */
function isStandard(entry: JsonObject): boolean {
  return ['git-tree-sha1', 'repo-url', 'path'].every((key) => member(entry, key) === undefined)
}

/** A list of names, or, where names are not enough, a table of names with UUIDs. */
function needsOf(entry: JsonObject, uuids: ReadonlyMap<string, string>): string[] {
  const needs = member(entry, 'deps')
  const values = Array.isArray(needs) ? needs.map((name) => uuids.get(name)) : Object.values(asObject(needs) ?? {})
  return values.filter((uuid) => typeof uuid === 'string')
}
