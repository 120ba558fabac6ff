import type { Feed } from '../types.ts'

/** Metasploit's index of modules. */
export const metasploit: Feed = {
  id: 'metasploit',
  title: "Metasploit's modules",
  publisher: 'Rapid7',
  licence: 'BSD-3-Clause',
  documentation: 'https://docs.metasploit.com/docs/modules.html',
  ecosystems: [],
  facts: true,
  addresses: { main: 'https://raw.githubusercontent.com/rapid7/metasploit-framework/master' },
  load: async () => (await import('./read.ts')).metasploitReader,
}
