import type { Inventory } from '../model/inventory.ts'
import type { AffectedCode } from '../model/reachability.ts'
import type { ReadTarget } from '../reading/index.ts'
import type { StartedWith } from './entry/command.ts'

/** What a judgement is made from. */
export interface ReachabilityContext {
  readonly read: ReadTarget
  readonly inventory: Inventory
  /** By id of the finding: what the advisories say is affected. */
  readonly affectedCode: ReadonlyMap<string, readonly AffectedCode[]>
  /** What the target is started with, where it is an image. */
  readonly startedWith: StartedWith | undefined
  /** Ids of the OS packages that own these files, by path. */
  readonly owners: (paths: ReadonlySet<string>) => ReadonlyMap<string, { readonly owner: string }>
}
