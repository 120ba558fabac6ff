import { knownEcosystems } from './ecosystems.ts'
import { compareText } from './names.ts'
import { packageKey } from './package-key.ts'
import type { AdvisoryDatabase, AffectedEntry } from './types.ts'

/** What people write to search for. */
export interface PackageQuery {
  /** As written before a colon when that is an ecosystem's name: `npm:lodash`. */
  readonly ecosystem?: string
  readonly name: string
  readonly version?: string
}

/** All entries of one package in one ecosystem. */
export interface SearchHit {
  readonly ecosystem: string
  readonly name: string
  readonly entries: readonly AffectedEntry[]
}

/** Splits `PACKAGE[@VERSION]`, where a scoped npm name's first @ belongs to it, and an ecosystem may stand in front (`Debian:openssl`). */
export function parsePackageQuery(text: string): PackageQuery {
  const at = text.lastIndexOf('@')
  const whole = at > 0 ? text.slice(0, at) : text
  const version = at > 0 && at < text.length - 1 ? text.slice(at + 1) : undefined
  const colon = whole.indexOf(':')
  const front = colon > 0 ? whole.slice(0, colon).toLowerCase() : undefined
  const ecosystem = front && knownEcosystems.find((known) => known.toLowerCase() === front)
  return {
    ...(ecosystem ? { ecosystem } : {}),
    name: ecosystem ? whole.slice(colon + 1) : whole,
    ...(version === undefined ? {} : { version }),
  }
}

/**
 * What the database holds on `PACKAGE[@VERSION]`: one hit per ecosystem that has the package, entries by record ID. With a
 * version, `affects` decides which entries stay: the comparison of versions belongs to matching.
 */
export function searchAdvisories(
  database: AdvisoryDatabase,
  text: string,
  affects: (entry: AffectedEntry, version: string) => boolean = () => true,
): readonly SearchHit[] {
  const { ecosystem, name, version } = parsePackageQuery(text)
  const hits: SearchHit[] = []
  for (const { name: of } of database.status().ecosystems) {
    if (ecosystem !== undefined && of !== ecosystem) continue
    const entries = database
      .affected(of, packageKey(of, name))
      .filter((entry) => version === undefined || affects(entry, version))
      .toSorted((a, b) => compareText(a.recordId, b.recordId) || compareText(a.ecosystem, b.ecosystem))
    if (entries.length > 0) hits.push({ ecosystem: of, name, entries })
  }
  return hits
}
