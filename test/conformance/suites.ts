import { cvss } from './cvss.ts'
import type { ConformanceSuite } from './suite.ts'
import { versions } from './versions.ts'

/** Every suite that is run: one line each. */
export const SUITES: readonly ConformanceSuite[] = [cvss, versions]
