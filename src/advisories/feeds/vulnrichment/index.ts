import type { Feed } from '../types.ts'

/** CISA's Vulnrichment: SSVC decision points of CVE records. */
export const vulnrichment: Feed = {
  id: 'vulnrichment',
  title: "CISA's Vulnrichment",
  publisher: 'CISA',
  licence: 'CC0-1.0',
  documentation: 'https://github.com/cisagov/vulnrichment',
  ecosystems: [],
  facts: true,
  addresses: { main: 'https://github.com/cisagov/vulnrichment/archive/refs/heads' },
  optIn: 'it is a large archive',
  load: async () => (await import('./read.ts')).vulnrichmentReader,
}
