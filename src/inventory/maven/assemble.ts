import type { Component, Relation } from '../../model/component.ts'
import type { Diagnostic } from '../../model/diagnostic.ts'
import type { PlacedRow } from '../../reading/index.ts'
import { libraryComponent } from '../library-component.ts'
import { RANGE_CONFIDENCE } from '../range-confidence.ts'
import { RecordProblems } from '../record-problems.ts'
import type { AssembleContext, Assembled } from '../types.ts'
import type { ArchivedArtifact } from './archive.ts'
import { type Coordinates, mavenName, mavenUrl, refuseCoordinates } from './coordinates.ts'
import { type DeclaredArtifact, lowestVersion } from './declared.ts'
import { PomSet } from './effective-pom.ts'
import type { Pom } from './pom.ts'
import { type NeededArtifact, neededArtifacts } from './project.ts'

export type MavenFact = ArchivedArtifact | DeclaredArtifact | Pom

type Row<Fact> = PlacedRow<Fact>

interface Part {
  readonly components: readonly Component[]
  readonly relations: readonly Relation[]
  readonly diagnostics?: readonly Diagnostic[]
}

/** Ends of all lists of one file together. */
const MAX_RELATIONS = 500_000

/** What archives hold, what locks and build files name, and what project files resolve to with the parents and BOMs that lie in the target. */
export function assembleMaven(rows: readonly Row<MavenFact>[], context: AssembleContext): Assembled {
  const winning = rows.filter((row) => row.wins)
  const poms = winning.flatMap((row) =>
    row.facts.flatMap((fact) => (fact.kind === 'pom' ? [{ path: row.path, pom: fact, row }] : [])),
  )
  const set = new PomSet(poms)
  const byPath = new Map(poms.map(({ path, row }) => [path, row]))
  const parts: Part[] = winning.map((row) => {
    const [first] = row.facts
    if (first?.kind === 'archived') return archivedPart(row as Row<ArchivedArtifact>, context)
    if (first?.kind === 'declared') return declaredPart(row as Row<DeclaredArtifact>, context)
    return first?.kind === 'pom' && isProject(row.path) ? projectPart(row as Row<Pom>, set, byPath, context) : NOTHING
  })
  return {
    components: parts.flatMap((part) => part.components),
    relations: parts.flatMap((part) => part.relations),
    diagnostics: parts.flatMap((part) => part.diagnostics ?? []),
  }
}

const NOTHING: Part = { components: [], relations: [] }

/** A project file of the sources, not of a repository's artifact or of one that was unpacked. */
function isProject(path: string): boolean {
  return (
    path.endsWith('pom.xml') && !`/${path}`.includes('/META-INF/maven/') && !`/${path}`.includes('/.m2/repository/')
  )
}

function identity(coordinates: Coordinates) {
  const { version } = coordinates
  return { purl: mavenUrl(coordinates), name: mavenName(coordinates), version, ecosystem: 'Maven' } as const
}

function archivedPart(row: Row<ArchivedArtifact>, context: AssembleContext): Part {
  const components = row.facts.map((fact) =>
    libraryComponent(
      {
        ...identity(fact),
        presence: 'installed',
        licences: fact.licences,
        confidence: fact.confidence,
        ...(fact.inside !== undefined && { inside: fact.inside }),
      },
      row,
      context,
    ),
  )
  const relations: Relation[] = []
  const byName = new Map<string, string>()
  for (const { name, id } of components) if (!byName.has(name)) byName.set(name, id)
  for (const [index, fact] of row.facts.entries()) {
    const { id } = components[index]
    const parent = fact.parent === undefined ? undefined : components[fact.parent]?.id
    if (parent !== undefined && parent !== id) relations.push({ from: parent, to: id, kind: 'contains' })
    relations.push(...edges(id, fact.needs, byName))
    if (relations.length > MAX_RELATIONS) break
  }
  return { components, relations }
}

function edges(from: string, needs: readonly string[], byName: ReadonlyMap<string, string>): Relation[] {
  const targets = new Set(needs.map((name) => byName.get(name)))
  return [...targets].flatMap((to): Relation[] =>
    to === undefined || to === from ? [] : [{ from, to, kind: 'depends-on' }],
  )
}

function declaredPart(row: Row<DeclaredArtifact>, context: AssembleContext): Part {
  const components = row.facts.map((fact) => {
    const { hashes, lines, direct, scope, confidence } = fact
    return libraryComponent(
      { ...identity(fact), presence: 'declared', hashes, lines, direct, scope, confidence },
      row,
      context,
    )
  })
  const relations = row.facts.flatMap((fact, index) =>
    fact.dependsOn.flatMap((target): Relation[] => {
      const [from, to] = [components[index]?.id, components[target]?.id]
      return from && to && from !== to ? [{ from, to, kind: 'depends-on' }] : []
    }),
  )
  return { components, relations: relations.slice(0, MAX_RELATIONS) }
}

function projectPart(
  row: Row<Pom>,
  set: PomSet,
  byPath: ReadonlyMap<string, Row<MavenFact>>,
  context: AssembleContext,
): Part {
  const project = set.effective({ path: row.path, pom: row.facts[0] })
  const problems = new RecordProblems('maven-version-unknown', row.path)
  const byName = new Map<string, string>()
  const made = neededArtifacts(project, set).flatMap((needed) => {
    const coordinates = settledCoordinates(needed, problems)
    if (coordinates === undefined) return []
    const { declared, direct, scope } = needed
    const component = libraryComponent(
      {
        ...identity(coordinates),
        presence: 'declared',
        direct,
        scope,
        ...(declared && { lines: declared.lines }),
        ...(!coordinates.exact && { confidence: RANGE_CONFIDENCE }),
      },
      (declared && byPath.get(declared.path)) ?? row,
      context,
    )
    if (!byName.has(component.name)) byName.set(component.name, component.id)
    return [{ component, needs: needed.needs }]
  })
  return {
    components: made.map(({ component }) => component),
    relations: made.flatMap(({ component, needs }) => edges(component.id, needs, byName)).slice(0, MAX_RELATIONS),
    diagnostics: problems.diagnostics(),
  }
}

/** Coordinates with the version that counts, or a problem that says why there is none. */
function settledCoordinates(
  needed: NeededArtifact,
  problems: RecordProblems,
): (Coordinates & { readonly exact: boolean }) | undefined {
  const { group, artifact, version, declared } = needed
  const lowest = version === undefined ? undefined : lowestVersion(version)
  const where = declared ? ` (line ${declared.lines[0]})` : ''
  if (lowest === undefined) {
    const said = version ? `asks for ${version.slice(0, 40)}` : 'has its version from a parent or BOM that is not here'
    problems.add(`the dependency ${group}:${artifact}${where} ${said}: it is not counted`)
    return undefined
  }
  const coordinates = { group, artifact, version: lowest.version }
  const reason = refuseCoordinates(coordinates)
  if (reason === undefined) return { ...coordinates, exact: lowest.exact }
  problems.add(`the dependency ${group.slice(0, 60)}:${artifact.slice(0, 60)}${where} ${reason}: it is not counted`)
  return undefined
}
