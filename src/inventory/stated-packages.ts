import type { Component, Relation } from '../model/component.ts'
import type { PlacedRow, ReadResult } from '../reading/index.ts'
import { dependsOn } from './depends-on.ts'
import { type LibraryPackage, libraryComponent } from './library-component.ts'
import { RecordProblems } from './record-problems.ts'
import { quoted, refuseIdentity } from './recorded-text.ts'
import type { AssembleContext, Assembled } from './types.ts'

/** A package as one file states it, whole: nothing of another file changes it. Plain data, kept as a fact. */
export interface StatedPackage extends LibraryPackage {
  /** What others of the same file call it in `needs`. */
  readonly key?: string
  /** Keys of the packages that it depends on. */
  readonly needs?: readonly string[]
}

/** Packages of one file beyond which it is no list that anybody keeps. */
const MAX_PACKAGES = 200_000

/** Gathers what one file states: packages whose name or version is not believed become diagnostics that name the file. */
export class StatedPackages {
  readonly #facts: StatedPackage[] = []
  readonly #problems: RecordProblems
  #refused = 0

  constructor(code: string, path: string) {
    this.#problems = new RecordProblems(code, path)
  }

  add(pkg: StatedPackage): void {
    const refusal = refuseIdentity(pkg.name, pkg.version)
    if (refusal !== undefined) this.problem(`the package ${quoted(pkg.name)} ${refusal}`)
    else if (this.#facts.length < MAX_PACKAGES) this.#facts.push(pkg)
    else if (this.#refused++ === 0) this.problem(`there are more than ${MAX_PACKAGES} packages`)
  }

  /** Something of the file that could not be read; the message is a sentence without the path. */
  problem(message: string): this {
    this.#problems.add(message)
    return this
  }

  result(): ReadResult<StatedPackage> {
    return { facts: this.#facts, diagnostics: this.#problems.diagnostics() }
  }
}

/** The components of all winning rows, and who depends on whom within each file. */
export function assembleStated(rows: readonly PlacedRow<StatedPackage>[], context: AssembleContext): Assembled {
  const components: Component[] = []
  const relations: Relation[] = []
  for (const row of rows) {
    if (!row.wins) continue
    const own = row.facts.map((fact) => libraryComponent(fact, row, context))
    components.push(...distinct(own))
    relations.push(...dependencies(row.facts, own))
  }
  return { components, relations, diagnostics: [] }
}

/** As {@link assembleStated}, where packages of several files of one place need each other by key: `placeOf` a row says which place. */
export function assembleTogether(
  rows: readonly PlacedRow<StatedPackage>[],
  context: AssembleContext,
  placeOf: (row: PlacedRow<StatedPackage>) => string,
): Assembled {
  const components: Component[] = []
  const relations: Relation[] = []
  const winning = rows.filter((row) => row.wins)
  for (const together of Map.groupBy(winning, placeOf).values()) {
    const found = together.flatMap((row) =>
      row.facts.map((fact) => ({ fact, component: libraryComponent(fact, row, context) })),
    )
    components.push(...distinct(found.map(({ component }) => component)))
    relations.push(
      ...dependsOn(
        found.map(({ fact, component: { id } }) => ({
          id,
          names: fact.key === undefined ? [] : [fact.key],
          provides: [],
          needs: () => (fact.needs ?? []).map((need) => [need]),
        })),
      ),
    )
  }
  return { components, relations, diagnostics: [] }
}

/** Of the same package in the same file the first. */
function distinct(components: readonly Component[]): Component[] {
  return [...new Map([...components].reverse().map((one) => [one.id, one])).values()].reverse()
}

/** `depends-on` between packages by their keys; each pair once, none to itself. */
function dependencies(facts: readonly StatedPackage[], components: readonly Component[]): Relation[] {
  const byKey = new Map<string, string>()
  facts.forEach(({ key }, index) => {
    if (key !== undefined) byKey.set(key, components[index]?.id ?? '')
  })
  return facts.flatMap(({ needs = [] }, index) => {
    const from = components[index]?.id ?? ''
    const targets = new Set(needs.map((key) => byKey.get(key)))
    return [...targets].flatMap((to): Relation[] =>
      to === undefined || to === from ? [] : [{ from, to, kind: 'depends-on' }],
    )
  })
}
