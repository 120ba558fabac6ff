import type { Feed } from '../types.ts'

/** Wolfi's security database. */
export const wolfiSecdb: Feed = {
  id: 'wolfi-secdb',
  title: "Wolfi's security database",
  publisher: 'Wolfi',
  licence: 'not stated by the publisher',
  documentation: 'https://github.com/wolfi-dev/advisories',
  ecosystems: ['Wolfi'],
  addresses: { main: 'https://packages.wolfi.dev/os' },
  load: async () =>
    (await import('../secdb/read.ts')).secdbReader({ ecosystem: 'Wolfi', prefix: 'WOLFI', document: 'security.json' }),
}
