import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseKev } from '../../../src/advisories/sources/kev.ts'
import type { FeedPlace } from './facts.ts'

export const kev: FeedPlace = {
  feed: 'kev',
  async open(folder) {
    const catalogue = (name: string) => parseKev(readFileSync(join(folder, `${name}.json`)), name)
    return {
      record({ group, record = {} }) {
        const { cveID, dateAdded, dueDate, knownRansomwareCampaignUse, vulnerabilityName } = record
        const ransomware = knownRansomwareCampaignUse === 'Known'
        return {
          expected: { cve: cveID, dateAdded, dueDate, ransomware, name: vulnerabilityName },
          actual: catalogue(group).entries.find(({ cve }) => cve === cveID),
        }
      },
      // Single entries of the catalogue, read as a catalogue of one.
      further: readdirSync(join(folder, 'single-entry')).map((name) => {
        const entry = JSON.parse(readFileSync(join(folder, 'single-entry', name), 'utf8'))
        const one = JSON.stringify({ dateReleased: '2026-01-01', vulnerabilities: [entry] })
        const { entries } = parseKev(Buffer.from(one), name)
        return { name, passed: entries[0]?.cve === entry.cveID, detail: JSON.stringify(entries) }
      }),
    }
  },
}
