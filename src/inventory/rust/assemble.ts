import { posix } from 'node:path'
import type { Component, Relation } from '../../model/component.ts'
import type { PlacedRow } from '../../reading/index.ts'
import { libraryComponent } from '../library-component.ts'
import { packageUrl } from '../package-url.ts'
import { RANGE_CONFIDENCE } from '../range-confidence.ts'
import type { AssembleContext, Assembled } from '../types.ts'
import type { Crate, CratesFact } from './crates.ts'
import { lockedScopes } from './scopes.ts'

/** Folders above a manifest in which its workspace's lockfile is looked for. */
const MAX_DEPTH = 64

/** Crates of lockfiles and programs, and of manifests that no lockfile beside or above them answers. */
export function assembleRust(rows: readonly PlacedRow<CratesFact>[], context: AssembleContext): Assembled {
  const components = new Map<string, Component>()
  const relations = new Map<string, Relation>()
  const manifests = manifestsByLock(rows)
  for (const row of rows) {
    if (!row.wins) continue
    for (const fact of row.facts) {
      if (fact.kind === 'manifest' && isLocked(row.path, context)) continue
      const scopes =
        fact.kind === 'lock' ? lockedScopes(fact.crates, manifests.get(folderOf(row.path)) ?? []) : undefined
      const found = fact.crates.map((crate, at) =>
        componentOf(scopes ? { ...crate, scope: scopes[at] } : crate, fact, row, context),
      )
      for (const component of found)
        if (component && !components.has(component.id)) components.set(component.id, component)
      for (const [index, { dependsOn }] of fact.crates.entries())
        for (const position of dependsOn) {
          const [from, to] = [found[index]?.id, found[position]?.id]
          if (from && to && from !== to) relations.set(`${from} ${to}`, { from, to, kind: 'depends-on' })
        }
    }
  }
  return { components: [...components.values()], relations: [...relations.values()], diagnostics: [] }
}

/** Manifests by the folders (with a slash behind) of lockfiles that they lie in or below: those of a workspace. */
function manifestsByLock(rows: readonly PlacedRow<CratesFact>[]): ReadonlyMap<string, readonly CratesFact[]> {
  const winning = rows.filter((row) => row.wins)
  const folders = new Map(
    winning
      .filter((row) => row.facts.some((fact) => fact.kind === 'lock'))
      .map((row): [string, CratesFact[]] => [folderOf(row.path), []]),
  )
  for (const row of winning) {
    const manifests = row.facts.filter((fact) => fact.kind === 'manifest')
    if (manifests.length === 0) continue
    let folder = folderOf(row.path)
    for (let depth = 0; depth < MAX_DEPTH; depth++) {
      folders.get(folder)?.push(...manifests)
      if (folder === '') break
      folder = folderOf(folder.slice(0, -1))
    }
  }
  return folders
}

function folderOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/') + 1)
}

function componentOf(
  crate: Crate,
  fact: CratesFact,
  row: PlacedRow<CratesFact>,
  context: AssembleContext,
): Component | undefined {
  const { name, version, hash, direct, scope, lines, ranged } = crate
  if (name === '' || version === '') return undefined
  return libraryComponent(
    {
      purl: packageUrl({ type: 'cargo', name, version }),
      name,
      version,
      ecosystem: 'crates.io',
      presence: fact.kind === 'auditable' ? 'installed' : 'declared',
      ...(hash && { hashes: [hash] }),
      ...(direct !== undefined && { direct }),
      ...(scope && { scope }),
      ...(lines && { lines }),
      ...(ranged && { confidence: RANGE_CONFIDENCE }),
    },
    row,
    context,
  )
}

function isLocked(path: string, context: AssembleContext): boolean {
  let folder = posix.dirname(path)
  for (let depth = 0; depth < MAX_DEPTH; depth++) {
    if (context.tree.resolve(folder === '.' ? 'Cargo.lock' : `${folder}/Cargo.lock`) !== undefined) return true
    if (folder === '.' || folder === '/') return false
    folder = posix.dirname(folder)
  }
  return false
}
