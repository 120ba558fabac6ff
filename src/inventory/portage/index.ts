import type { Cataloger } from '../types.ts'
import { assemble } from './assemble.ts'
import { type PortageFact, recordReader } from './record.ts'

/** Gentoo's package manager. */
export const portage: Cataloger<PortageFact> = {
  id: 'portage',
  summary: 'Gentoo packages: var/db/pkg',
  kind: 'os',
  ecosystems: ['Gentoo'],
  yields: 'installed',
  fills: ['licences', 'depends-on', 'owned-files'],
  readers: [recordReader],
  assemble,
}
