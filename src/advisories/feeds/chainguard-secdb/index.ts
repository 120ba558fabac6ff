import type { Feed } from '../types.ts'

/** Chainguard's security database. */
export const chainguardSecdb: Feed = {
  id: 'chainguard-secdb',
  title: "Chainguard's security database",
  publisher: 'Chainguard',
  licence: 'not stated by the publisher',
  documentation: 'https://edu.chainguard.dev/chainguard/chainguard-images/staying-secure/security-advisories/',
  ecosystems: ['Chainguard'],
  addresses: { main: 'https://packages.cgr.dev/chainguard' },
  load: async () =>
    (await import('../secdb/read.ts')).secdbReader({
      ecosystem: 'Chainguard',
      prefix: 'CGR',
      document: 'security.json',
    }),
}
