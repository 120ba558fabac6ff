import { rpm } from './rpm/index.ts'
import type { Cataloger } from './types.ts'

export type * from './types.ts'

/** Every cataloger, one a line. */
export const CATALOGERS: readonly Cataloger[] = [
  rpm,
]
