import type { Feed } from '../types.ts'

/** Red Hat's Security Data API: what it says about each weakness, also what it does not fix. */
export const redhatHydra: Feed = {
  id: 'redhat-hydra',
  title: "Red Hat's Security Data API",
  publisher: 'Red Hat',
  licence: 'CC-BY-4.0',
  documentation:
    'https://docs.redhat.com/en/documentation/red_hat_security_data_api/1.0/html/red_hat_security_data_api/cve',
  ecosystems: ['Red Hat'],
  addresses: { main: 'https://access.redhat.com/hydra/rest/securitydata' },
  optIn: 'it is one request for each of tens of thousands of weaknesses',
  load: async () => (await import('./read.ts')).hydraReader,
}
