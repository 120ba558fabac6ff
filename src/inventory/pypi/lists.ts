import type { Component, Relation } from '../../model/component.ts'
import type { Diagnostic } from '../../model/diagnostic.ts'
import type { PlacedRow } from '../../reading/index.ts'
import { dependsOn } from '../depends-on.ts'
import { pathFrom, placeOf } from '../folders.ts'
import { quoted } from '../recorded-text.ts'
import type { AssembleContext, Assembled } from '../types.ts'
import { askedPackage } from './asked-package.ts'
import { type Constraint, Constraints, type RequirementList } from './constraints.ts'
import type { AskedDistribution, Include, PythonFact } from './facts.ts'
import { normalisedName } from './normalised-name.ts'

/** Includes of one list that are followed, and of which it is told that they are not there. */
const MAX_INCLUDES = 1000
const MAX_NOTICES = 20

/** What lists of requirements name, in the versions that their constraints pin. A list that only constrains others asks for nothing itself. */
export function listedPackages(rows: readonly PlacedRow<PythonFact>[], context: AssembleContext): Assembled {
  const diagnostics: Diagnostic[] = []
  const lists = new Map(
    rows.flatMap((row) => {
      const asked = row.facts.filter((fact) => fact.kind === 'asked' && fact.by === 'list') as AskedDistribution[]
      const includes = row.facts.filter((fact) => fact.kind === 'include')
      return asked.length + includes.length === 0 ? [] : [[row.path, { row, asked, includes }] as const]
    }),
  )
  const linked = new Map<string, RequirementList>()
  for (const [path, { row, asked, includes }] of lists) {
    const { found, missing } = followed(path, includes, new Set(lists.keys()), context)
    linked.set(path, { row, asked, includes: found })
    diagnostics.push(...missing)
  }
  const constraints = new Constraints(linked)
  const parts = [...linked]
    .filter(([path]) => !constraints.onlyConstrains(path))
    .map(([path, list]) => packagesOf(list, constraints.over(path), context))
  return {
    components: parts.flatMap(({ components }) => components),
    relations: parts.flatMap(({ relations }) => relations),
    diagnostics,
  }
}

function packagesOf(
  { row, asked }: RequirementList,
  pins: ReadonlyMap<string, Constraint>,
  context: AssembleContext,
): { readonly components: Component[]; readonly relations: Relation[] } {
  const needs = new Map<string, string[][]>()
  for (const { name, via } of asked) {
    for (const needer of via ?? []) {
      if (needer === undefined) continue
      const needed = needs.get(normalisedName(needer)) ?? []
      needs.set(normalisedName(needer), needed)
      needed.push([normalisedName(name)])
    }
  }
  const found = asked.flatMap((fact) => {
    const component = constrained(fact, row, pins.get(normalisedName(fact.name)), context)
    return component === undefined ? [] : [{ component, name: normalisedName(fact.name) }]
  })
  const relations = dependsOn(
    found.map(({ component, name }) => ({
      id: component.id,
      names: [name],
      provides: [],
      needs: () => needs.get(name) ?? [],
    })),
  )
  return { components: found.map(({ component }) => component), relations }
}

/** The package of a requirement; one that leaves its version open is in that of its constraint, which then is evidence too. */
function constrained(
  fact: AskedDistribution,
  row: PlacedRow,
  constraint: Constraint | undefined,
  context: AssembleContext,
): Component | undefined {
  const direct = fact.via?.includes(undefined)
  const more = direct === undefined ? {} : { direct }
  const says = constraint?.asked
  const isOpen = fact.ranged && (fact.version === undefined || says?.ranged === false)
  if (constraint === undefined || says?.version === undefined || !isOpen) return askedPackage(fact, row, more, context)
  const { version, ranged } = says
  const component = askedPackage({ ...fact, version, ranged }, row, more, context)
  const pinned = askedPackage(says, constraint.row, {}, context)
  return component && { ...component, evidence: [...component.evidence, ...(pinned?.evidence ?? [])] }
}

/** The lists that one takes in, and notices of those that cannot be: pip itself would stop there. */
function followed(
  path: string,
  includes: readonly Include[],
  known: ReadonlySet<string>,
  context: AssembleContext,
): { readonly found: RequirementList['includes']; readonly missing: Diagnostic[] } {
  const { folder } = placeOf(path)
  const missing: Diagnostic[] = []
  const found = includes.slice(0, MAX_INCLUDES).flatMap(({ path: written, constrains, line }) => {
    const isAddress = /^[a-z]+:\/\//i.test(written)
    const meant = isAddress ? undefined : pathFrom(folder, written)
    const to = meant === undefined ? undefined : context.tree.resolve(meant)
    const why = isAddress ? 'an address' : to === undefined ? 'not there' : undefined
    if (to !== undefined && known.has(to)) return [{ path: to, constrains }]
    // One without any requirement has no row; by its name it was read.
    if (to !== undefined && /(?:requirements|constraints)[^/]*\.txt$|(?:^|\/)requirements\/.*\.txt$/.test(to)) return []
    const message = `line ${line} refers to ${quoted(written)}, which is ${why ?? 'not called as lists of requirements are'}: what it names is not known`
    const effect = why === 'not there' ? 'notice' : 'partial'
    if (missing.length < MAX_NOTICES) missing.push({ code: 'python-requirements-include', message, path, effect })
    return []
  })
  return { found, missing }
}
