import type { ConformanceSuite } from './suite.ts'

/** Every suite that is run: one line each. */
export const SUITES: readonly ConformanceSuite[] = []
