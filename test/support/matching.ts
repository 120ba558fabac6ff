import { matchInventory } from '../../src/advisories/matching/match.ts'
import { memoryDatabase } from '../../src/advisories/memory.ts'
import type { OsvAffected, OsvEvent, OsvRecord } from '../../src/advisories/types.ts'
import type { Component } from '../../src/model/component.ts'
import type { Finding } from '../../src/model/finding.ts'
import { inventoryOf } from './advisories.ts'

/** Matching options of an image. */
export const IMAGE = { image: true, includeKernelHeaders: false }
/** An affected entry with one range. */
export const affects = (
  ecosystem: string,
  name: string,
  events: readonly OsvEvent[],
  more: Partial<OsvAffected> = {},
): OsvAffected => ({
  package: { ecosystem, name },
  ranges: [{ type: 'ECOSYSTEM', events }],
  ...more,
})
/** Everything before `fixed`. */
export const until = (fixed: string): readonly OsvEvent[] => [{ introduced: '0' }, { fixed }]
/** What is known against these components. */
export const match = (components: readonly Component[], records: readonly OsvRecord[], options = IMAGE) =>
  matchInventory(inventoryOf(components), memoryDatabase(records), options)
/** The findings alone. */
export const found = (components: readonly Component[], records: readonly OsvRecord[]) =>
  match(components, records).findings
/** The first name of each finding. */
export const names = (findings: readonly Finding[]) => findings.map((finding) => finding.names[0])
