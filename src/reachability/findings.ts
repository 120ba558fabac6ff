import type { Component } from '../model/component.ts'
import type { Finding } from '../model/finding.ts'
import type { Inventory } from '../model/inventory.ts'
import type { AffectedCode, Reachability } from '../model/reachability.ts'
import { affectedIn } from './go/affected.ts'
import type { GoFunctions } from './go/function-table.ts'

/** What names modules without being a program: beside a program it says nothing of what is linked. */
const MODULE_FILES = /(?:^|\/)(?:go\.(?:mod|sum|work)|modules\.txt)$/

/** What is known beside the findings. */
export interface Known {
  readonly inventory: Pick<Inventory, 'components' | 'relations'>
  /** By id of the finding: what the advisories say is affected. */
  readonly affectedCode: ReadonlyMap<string, readonly AffectedCode[]>
  /** Functions of Go programs, by path. */
  readonly goFunctions: () => ReadonlyMap<string, readonly GoFunctions[]>
  /** By id of the component: whether the entry point loads it. */
  readonly loaded: ReadonlyMap<string, Reachability>
}

/**
 * The findings with whether what they speak of is loaded: by the functions of the Go program that has the module, where the advisories
 * name functions; else by what the entry point loads.
 */
export function withReachability(findings: readonly Finding[], known: Known): readonly Finding[] {
  const components = new Map(known.inventory.components.map((component) => [component.id, component]))
  const linked = new LinkedCode(known)
  return findings.map((finding) => {
    if (finding.component === undefined) return finding
    const component = components.get(finding.component)
    const code = known.affectedCode.get(finding.id)
    const ofCode = component === undefined || code === undefined ? undefined : linked.judge(component, code)
    const judged = strongest(ofCode, known.loaded.get(finding.component))
    if (judged === undefined) return finding
    const { state, reason, path } = judged
    return { ...finding, reachable: state, reachability: { reason, path } }
  })
}

/** What is not linked in, or not loaded, cannot be reached; what is linked in can, unless its program is not loaded. */
function strongest(code: Reachability | undefined, loaded: Reachability | undefined): Reachability | undefined {
  if (code?.state === 'no') return code
  if (loaded?.state === 'no' || code === undefined) return loaded
  if (code.state === 'yes' && loaded?.state === 'yes') return { ...code, path: joined(loaded.path, code.path) }
  return code
}

function joined(before: readonly string[], after: readonly string[]): readonly string[] {
  return before.at(-1) === after[0] ? [...before, ...after.slice(1)] : [...before, ...after]
}

class LinkedCode {
  readonly #known: Known
  #mains: ReadonlySet<string> | undefined

  constructor(known: Known) {
    this.#known = known
  }

  /** Undefined for what only go.mod names. */
  judge(component: Component, code: readonly AffectedCode[]): Reachability | undefined {
    if (component.presence !== 'installed') return undefined
    // Only a main module has dependencies that a program states.
    this.#mains ??= new Set(this.#known.inventory.relations.map(({ from }) => from))
    const isMain = this.#mains.has(component.id)
    const judged: Reachability[] = []
    for (const { path } of component.evidence) {
      if (MODULE_FILES.test(path)) continue
      const programs = this.#known.goFunctions().get(path)
      if (programs === undefined) {
        const reason = 'the program has no function table that can be read'
        return { state: 'unknown', reason, path: [path] }
      }
      judged.push(...programs.map((functions) => affectedIn({ path, functions }, code, isMain)))
    }
    return ['yes', 'unknown', 'no'].map((state) => judged.find((one) => one.state === state)).find((one) => one)
  }
}
