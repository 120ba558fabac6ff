import type { Feed } from '../types.ts'

/** Azure Linux's vulnerability data, and that of CBL-Mariner before it. */
export const azureLinuxOval: Feed = {
  id: 'azure-linux-oval',
  title: "Azure Linux's OVAL definitions",
  publisher: 'Microsoft',
  licence: 'MIT',
  documentation: 'https://github.com/microsoft/AzureLinuxVulnerabilityData',
  ecosystems: ['Azure Linux'],
  addresses: { main: 'https://raw.githubusercontent.com/microsoft/AzureLinuxVulnerabilityData/main' },
  load: async () => (await import('./read.ts')).azureReader,
}
