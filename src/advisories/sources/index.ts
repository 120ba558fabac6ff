import { epss } from './epss.ts'
import { facts } from './facts.ts'
import { kev } from './kev.ts'
import { osv } from './osv.ts'
import type { AdvisorySource } from './source.ts'

/** Every source, one a line, in the order in which they fill the database. */
export const SOURCES: readonly AdvisorySource[] = [
  osv, //
  kev,
  epss,
  facts,
]
