import type { Feed } from '../types.ts'

/** Fedora's and EPEL's security updates. */
export const fedoraBodhi: Feed = {
  id: 'fedora-bodhi',
  title: "Fedora's and EPEL's updates",
  publisher: 'Fedora Project',
  licence: 'not stated by the publisher',
  documentation: 'https://bodhi.fedoraproject.org/docs/server_api/rest/updates.html',
  ecosystems: ['Fedora', 'EPEL'],
  addresses: { main: 'https://bodhi.fedoraproject.org' },
  load: async () => (await import('./read.ts')).bodhiReader,
}
