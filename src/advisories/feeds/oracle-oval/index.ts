import type { Feed } from '../types.ts'

/** Oracle Linux's security advisories. */
export const oracleOval: Feed = {
  id: 'oracle-oval',
  title: "Oracle Linux's OVAL definitions",
  publisher: 'Oracle',
  licence: 'not stated by the publisher',
  documentation: 'https://linux.oracle.com/security/oval/',
  ecosystems: ['Oracle Linux'],
  addresses: { main: 'https://linux.oracle.com/security/oval' },
  load: async () => (await import('./read.ts')).oracleReader,
}
