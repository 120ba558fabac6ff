import type { Feed } from '../types.ts'

/** SUSE's OVAL definitions by weakness: also what is not affected. */
export const suseOval: Feed = {
  id: 'suse-oval',
  title: "SUSE's OVAL definitions",
  publisher: 'SUSE',
  licence: 'CC-BY-4.0',
  documentation: 'https://www.suse.com/support/security/oval/',
  ecosystems: ['SUSE', 'openSUSE'],
  addresses: { main: 'https://ftp.suse.com/pub/projects/security/oval' },
  optIn: "it is large, and SUSE's updates are in OSV's bucket",
  load: async () => (await import('./read.ts')).suseReader,
}
