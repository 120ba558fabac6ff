import { grype } from './grype/index.ts'
import { trivy } from './trivy/index.ts'
import type { ForeignKind } from './types.ts'

/** Other scanners' databases that advisories can be taken from, one a line. */
export const FOREIGN: readonly ForeignKind[] = [
  grype, //
  trivy,
]
