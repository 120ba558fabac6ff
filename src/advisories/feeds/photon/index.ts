import type { Feed } from '../types.ts'

/** Photon OS's CVE metadata. */
export const photon: Feed = {
  id: 'photon',
  title: 'Photon OS CVE metadata',
  publisher: 'Broadcom',
  licence: 'not stated by the publisher',
  documentation: 'https://github.com/vmware/photon/wiki/Security-Advisories',
  ecosystems: ['Photon OS'],
  addresses: { main: 'https://packages.broadcom.com/photon/photon_cve_metadata' },
  load: async () => (await import('./read.ts')).photonReader,
}
