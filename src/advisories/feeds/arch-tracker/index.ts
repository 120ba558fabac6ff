import type { Feed } from '../types.ts'

/** Arch Linux's security tracker. */
export const archTracker: Feed = {
  id: 'arch-tracker',
  title: "Arch Linux's security tracker",
  publisher: 'Arch Linux',
  licence: 'not stated by the publisher',
  documentation: 'https://wiki.archlinux.org/title/Arch_Security_Team',
  ecosystems: ['Arch Linux'],
  addresses: { main: 'https://security.archlinux.org' },
  load: async () => (await import('./read.ts')).archReader,
}
