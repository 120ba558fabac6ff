import type { Feed } from '../types.ts'

/** Nuclei's templates that detect weaknesses. */
export const nuclei: Feed = {
  id: 'nuclei',
  title: "Nuclei's templates",
  publisher: 'ProjectDiscovery',
  licence: 'MIT',
  documentation: 'https://github.com/projectdiscovery/nuclei-templates',
  ecosystems: [],
  facts: true,
  addresses: { main: 'https://raw.githubusercontent.com/projectdiscovery/nuclei-templates/main' },
  load: async () => (await import('./read.ts')).nucleiReader,
}
