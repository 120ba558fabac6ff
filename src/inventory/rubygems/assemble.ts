import type { Relation } from '../../model/component.ts'
import type { PlacedRow } from '../../reading/index.ts'
import { libraryComponent } from '../library-component.ts'
import { reachedScopes } from '../reached-scopes.ts'
import { assembleStated, type StatedPackage } from '../stated-packages.ts'
import type { AssembleContext, Assembled } from '../types.ts'
import { gemUrl } from './gem.ts'

/** A gem as its `.gemspec` describes it. */
export interface GemSpecification {
  readonly kind: 'specification'
  readonly name: string
  readonly version?: string
  /** Paths where the version stands, if it is not here. */
  readonly versionFiles: readonly string[]
  readonly platform?: string
  readonly licences: readonly string[]
  readonly needs: readonly string[]
  readonly line: number
}

/** A file that sets a gem's version. */
export interface VersionFile {
  readonly kind: 'version'
  readonly version: string
}

/** What a project asks for by name, and whether it asks for nothing elsewhere. */
export interface Gemfile {
  readonly kind: 'gemfile'
  readonly runtime: readonly string[]
  readonly development: readonly string[]
  readonly isWhole: boolean
}

export type RubyFact = StatedPackage | GemSpecification | VersionFile | Gemfile

/** Gems that lockfiles name, and gems that are installed or described; installed ones depend on those of the same folder. */
export function assembleGems(rows: readonly PlacedRow<RubyFact>[], context: AssembleContext): Assembled {
  const winning = rows.filter((row) => row.wins)
  const versions = new Map<string, string>()
  for (const { path, facts } of winning)
    for (const fact of facts) if ('kind' in fact && fact.kind === 'version') versions.set(path, fact.version)
  const projects = new Map(winning.map(({ path, facts }) => [lockOf(path), gemfileIn(facts)]))
  const locked = winning.map((row) => ({
    ...row,
    facts: scoped(row.facts.filter((fact) => !('kind' in fact)) as StatedPackage[], projects.get(row.path)),
  }))
  const stated = assembleStated(locked, context)
  const described = winning.flatMap((row) =>
    row.facts.flatMap((fact) => {
      if (!('kind' in fact) || fact.kind !== 'specification') return []
      const component = describedGem(fact, row, versions, context)
      return component === undefined ? [] : [{ fact, component, folder: row.path.slice(0, row.path.lastIndexOf('/')) }]
    }),
  )
  const byName = new Map(described.map(({ fact, component, folder }) => [`${folder}\0${fact.name}`, component.id]))
  const relations = described.flatMap(({ fact, component, folder }) =>
    fact.needs.flatMap((name): Relation[] => {
      const to = byName.get(`${folder}\0${name}`)
      return to === undefined || to === component.id ? [] : [{ from: component.id, to, kind: 'depends-on' }]
    }),
  )
  return {
    components: [...stated.components, ...described.map(({ component }) => component)],
    relations: [...stated.relations, ...relations],
    diagnostics: [],
  }
}

/** The lockfile that Bundler writes for a `Gemfile` or `gems.rb`. */
function lockOf(path: string): string {
  return path.endsWith('gems.rb') ? path.replace(/rb$/, 'locked') : `${path}.lock`
}

function gemfileIn(facts: readonly RubyFact[]): Gemfile | undefined {
  return facts.flatMap((fact) => ('kind' in fact && fact.kind === 'gemfile' ? fact : []))[0]
}

/** Locked gems with what they are for. Where a Gemfile takes over what others ask for, only what it names itself is known. */
function scoped(gems: readonly StatedPackage[], project: Gemfile | undefined): readonly StatedPackage[] {
  if (project === undefined || gems.length === 0) return gems
  const named = new Set(project.development)
  const others = gems.filter(({ name, direct }) => project.isWhole && direct === true && !named.has(name))
  const scopes = reachedScopes(gems, {
    runtime: [...project.runtime, ...others.map(({ name }) => name)],
    development: project.development,
  })
  return gems.map((gem, at) => {
    // What only development leads to may be needed by something else that the Gemfile does not name.
    const isSure = project.isWhole || scopes[at] === 'runtime' || named.has(gem.name)
    return { ...gem, scope: (isSure && scopes[at]) || 'unknown' }
  })
}

function describedGem(
  fact: GemSpecification,
  row: PlacedRow<RubyFact>,
  versions: ReadonlyMap<string, string>,
  context: AssembleContext,
) {
  const { name, platform, licences, line } = fact
  const version = fact.version ?? fact.versionFiles.map((path) => versions.get(path)).find((one) => one !== undefined)
  if (version === undefined) return undefined
  const isInstalled = /(?:^|\/)(?:specifications|gems)\//.test(row.path)
  return libraryComponent(
    {
      purl: gemUrl(name, version, platform === undefined ? {} : { platform }),
      name,
      version,
      ecosystem: 'RubyGems',
      presence: isInstalled ? 'installed' : 'declared',
      licences,
      lines: [line, line],
    },
    row,
    context,
  )
}
