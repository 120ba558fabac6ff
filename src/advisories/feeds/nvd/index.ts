import type { Feed } from '../types.ts'

/** NIST's National Vulnerability Database. */
export const nvd: Feed = {
  id: 'nvd',
  title: 'National Vulnerability Database',
  publisher: 'NIST',
  licence: 'public domain',
  documentation: 'https://nvd.nist.gov/developers/vulnerabilities',
  ecosystems: ['CPE'],
  addresses: { main: 'https://services.nvd.nist.gov/rest/json/cves' },
  optIn: 'it is large, slow without a key, and speaks about products, not packages',
  load: async () => (await import('./read.ts')).nvdReader,
}
