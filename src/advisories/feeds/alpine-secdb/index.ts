import type { Feed } from '../types.ts'

/** Alpine's security database. */
export const alpineSecdb: Feed = {
  id: 'alpine-secdb',
  title: "Alpine's security database",
  publisher: 'Alpine',
  licence: 'not stated by the publisher',
  documentation: 'https://gitlab.alpinelinux.org/alpine/infra/docker/secdb',
  ecosystems: ['Alpine'],
  addresses: { main: 'https://secdb.alpinelinux.org' },
  load: async () =>
    (await import('../secdb/read.ts')).secdbReader({ ecosystem: 'Alpine', prefix: 'ALPINE', releases: true }),
}
