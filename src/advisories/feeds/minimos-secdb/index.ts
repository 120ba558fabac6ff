import type { Feed } from '../types.ts'

/** MinimOS's security database. */
export const minimosSecdb: Feed = {
  id: 'minimos-secdb',
  title: "MinimOS's security database",
  publisher: 'MinimOS',
  licence: 'not stated by the publisher',
  documentation: 'https://docs.minimus.io',
  ecosystems: ['MinimOS'],
  addresses: { main: 'https://packages.mini.dev/advisories/secdb' },
  load: async () =>
    (await import('../secdb/read.ts')).secdbReader({
      ecosystem: 'MinimOS',
      prefix: 'MINIMOS',
      document: 'security.json',
    }),
}
