import { EXECUTABLE_MAGIC } from '../lib/executable/magic.ts'
import type { Finding } from '../model/finding.ts'
import type { Inventory } from '../model/inventory.ts'
import type { AffectedCode } from '../model/reachability.ts'
import type { AnyReader, LazyRandomReader, PlacedRow, ReadTarget } from '../reading/index.ts'
import type { GoFunctions } from './go/function-table.ts'

const goFunctionReader: LazyRandomReader<GoFunctions> = {
  id: 'go-functions',
  version: 1,
  wants: {
    any: [],
    magic: { bytes: EXECUTABLE_MAGIC, minBytes: 512 },
    maxBytes: 4 * 1024 ** 3,
    loss: 'partial',
  },
  loadRandom: async () => (await import('./go/function-table.ts')).readGoFunctions,
}

/** What is read of every layer. */
export const REACHABILITY_READERS: readonly AnyReader[] = [goFunctionReader]

/** What a judgement is made from. */
export interface ReachabilityContext {
  readonly read: ReadTarget
  readonly inventory: Inventory
  /** By id of the finding: what the advisories say is affected. */
  readonly affectedCode: ReadonlyMap<string, readonly AffectedCode[]>
}

/**
 * The findings with whether what runs in the image loads what they speak of. They keep their order; findings about which nothing is known
 * stay as they are. The code is loaded only where there is something to judge.
 */
export async function judgeReachability(
  findings: readonly Finding[],
  { read, inventory, affectedCode }: ReachabilityContext,
): Promise<readonly Finding[]> {
  if (affectedCode.size === 0) return findings
  const { withReachability } = await import('./findings.ts')
  const functions = () => (read.rows.get(goFunctionReader.id) ?? []) as readonly PlacedRow<GoFunctions>[]
  return withReachability(findings, { inventory, affectedCode, functions, loaded: new Map() })
}
