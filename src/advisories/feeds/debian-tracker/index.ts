import type { Feed } from '../types.ts'

/** Debian's security tracker. */
export const debianTracker: Feed = {
  id: 'debian-tracker',
  title: "Debian's security tracker",
  publisher: 'Debian',
  licence: 'MIT',
  documentation: 'https://security-team.debian.org/security_tracker.html',
  ecosystems: ['Debian'],
  addresses: {
    main: 'https://security-tracker.debian.org/tracker/data',
    lists: 'https://salsa.debian.org/security-tracker-team/security-tracker/-/raw/master/data',
  },
  load: async () => (await import('./read.ts')).debianReader,
}
