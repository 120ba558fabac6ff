import type { Feed } from '../types.ts'

/** Canonical's own OSV records of Ubuntu, with Pro's releases. */
export const ubuntuOsv: Feed = {
  id: 'ubuntu-osv',
  title: "Ubuntu's OSV records",
  publisher: 'Canonical',
  licence: 'CC-BY-SA-4.0',
  documentation: 'https://documentation.ubuntu.com/security/security-updates/osv/',
  ecosystems: ['Ubuntu'],
  addresses: { main: 'https://security-metadata.canonical.com/osv' },
  load: async () => (await import('./read.ts')).ubuntuOsvReader,
}
