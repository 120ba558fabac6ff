import type { Feed } from '../types.ts'

/** Ubuntu's CVE tracker: what is needed, deferred and ignored, with the reasons. */
export const ubuntuTracker: Feed = {
  id: 'ubuntu-tracker',
  title: "Ubuntu's CVE tracker",
  publisher: 'Canonical',
  licence: 'not stated by the publisher',
  documentation: 'https://git.launchpad.net/ubuntu-cve-tracker/tree/README',
  ecosystems: ['Ubuntu'],
  addresses: { main: 'https://git.launchpad.net/ubuntu-cve-tracker/snapshot' },
  load: async () => (await import('./read.ts')).ubuntuTrackerReader,
}
