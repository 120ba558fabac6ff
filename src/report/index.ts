import { json } from './json.ts'
import { table } from './table/index.ts'
import type { Reporter } from './types.ts'

export { type BatchLine, batchJson, batchTable, failedLine, scannedLine } from './batch.ts'
export { grouped, printable } from './printable.ts'
export { alignText } from './table/columns.ts'
export type { Reporter, ReportOptions } from './types.ts'

/** Every report, one a line. */
export const REPORTERS: readonly Reporter[] = [table, json]
