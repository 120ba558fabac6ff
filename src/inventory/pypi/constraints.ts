import type { PlacedRow } from '../../reading/index.ts'
import { placeOf } from '../folders.ts'
import type { AskedDistribution } from './facts.ts'
import { normalisedName } from './normalised-name.ts'

/** A list of requirements with the lists that it refers to, by their paths. */
export interface RequirementList {
  readonly row: PlacedRow
  readonly asked: readonly AskedDistribution[]
  readonly includes: readonly { readonly path: string; readonly constrains: boolean }[]
}

/** What a list says about the version of a package that others ask for. */
export interface Constraint {
  readonly asked: AskedDistribution
  readonly row: PlacedRow
}

const NONE: ReadonlyMap<string, Constraint> = new Map()
/** Lists that are looked at for one list, and for all together: lists that all include each other are nobody's. */
const MAX_REACHED = 1000
const MAX_STEPS = 1_000_000

/**
 * Which versions hold for the requirements of which list (https://pip.pypa.io/en/stable/user_guide/#constraints-files). Constraints of a list
 * hold for all that it includes, so those of the lists that include it count too.
 */
export class Constraints {
  readonly #lists: ReadonlyMap<string, RequirementList>
  readonly #includers = new Map<string, string[]>()
  readonly #constraining = new Set<string>()
  readonly #included = new Map<string, string[]>()
  readonly #constraints = new Map<string, string[]>()
  #steps = 0

  constructor(lists: ReadonlyMap<string, RequirementList>) {
    this.#lists = lists
    for (const [path, { includes }] of lists) {
      this.#included.set(path, pathsOf(includes, false))
      this.#constraints.set(path, pathsOf(includes, true))
      for (const { path: to, constrains } of includes) {
        if (constrains) this.#constraining.add(to)
        else {
          const includers = this.#includers.get(to) ?? []
          this.#includers.set(to, includers)
          includers.push(path)
        }
      }
    }
  }

  /** Whether a list is only there for the versions of what others ask for. */
  onlyConstrains(path: string): boolean {
    if (this.#includers.has(path)) return false
    return this.#constraining.has(path) || placeOf(path).name.includes('constraints')
  }

  /** By normalised name; the list's own constraints come before those of lists that include it. */
  over(path: string): ReadonlyMap<string, Constraint> {
    if (this.#constraining.size === 0) return NONE
    const pins = new Map<string, Constraint>()
    for (const root of this.#rootsOf(path)) {
      for (const from of this.#constraintsOf(root)) {
        const list = this.#lists.get(from)
        for (const asked of list?.asked ?? []) {
          if (++this.#steps > MAX_STEPS) return pins
          const name = normalisedName(asked.name)
          const known = pins.get(name)
          if (list !== undefined && (known === undefined || (known.asked.ranged && !asked.ranged)))
            pins.set(name, { asked, row: list.row })
        }
      }
    }
    return pins
  }

  /** The list itself, and all that include it. */
  #rootsOf(path: string): string[] {
    return this.#reached([path], (at) => this.#includers.get(at) ?? [])
  }

  #constraintsOf(root: string): string[] {
    const included = this.#reached([root], (at) => this.#includesOf(at, false))
    const direct = included.flatMap((at) => this.#includesOf(at, true))
    return this.#reached(direct, (at) => [...this.#includesOf(at, true), ...this.#includesOf(at, false)])
  }

  #includesOf(path: string, constrains: boolean): readonly string[] {
    return (constrains ? this.#constraints : this.#included).get(path) ?? []
  }

  #reached(from: readonly string[], next: (path: string) => readonly string[]): string[] {
    const seen = new Set(from)
    for (const path of seen) {
      if (++this.#steps > MAX_STEPS || seen.size > MAX_REACHED) break
      const reached = next(path)
      this.#steps += reached.length
      for (const to of reached) seen.add(to)
    }
    return [...seen]
  }
}

function pathsOf(includes: RequirementList['includes'], constrains: boolean): string[] {
  return includes.filter((one) => one.constrains === constrains).map(({ path }) => path)
}
