import { Buffer } from 'node:buffer'
import * as z from 'zod'
import { Failure } from '../../lib/failure.ts'
import type { Draft } from '../database/write.ts'
import type { KevEntry } from '../types.ts'
import { type DocumentSource, updateDocument } from './document.ts'
import { plain } from './layout.ts'
import type { AdvisorySource, SourceResult } from './source.ts'

/** CISA's catalogue of known exploited vulnerabilities (https://www.cisa.gov/known-exploited-vulnerabilities-catalog). */
const ADDRESS = 'https://www.cisa.gov/sites/default/files/feeds/known_exploited_vulnerabilities.json'
const PLACES = [['kev', 'known_exploited_vulnerabilities.json'], ['known_exploited_vulnerabilities.json']]
const MAX_BYTES = 64 * 1024 ** 2

const catalogueShape = z.object({
  dateReleased: z.string().max(40),
  vulnerabilities: z.array(z.unknown()).max(500_000),
})
const entryShape = z.object({
  cveID: z.string().regex(/^CVE-\d{4}-\d{4,12}$/),
  vulnerabilityName: z.string().max(2_000).default(''),
  dateAdded: z.iso.date(),
  dueDate: z.iso.date().optional().catch(undefined),
  knownRansomwareCampaignUse: z.string().optional().catch(undefined),
})

export interface KevCatalogue {
  readonly released: string
  readonly entries: readonly KevEntry[]
  /** Entries that were wrong and are left out. */
  readonly skipped: number
}

/** The catalogue from its JSON. A wrong entry is skipped and counted; what is no catalogue is a `Failure` that names `input`. */
export function parseKev(bytes: Uint8Array, input: string): KevCatalogue {
  let found: z.infer<typeof catalogueShape>
  try {
    found = catalogueShape.parse(JSON.parse(Buffer.from(plain(bytes, MAX_BYTES, input)).toString()))
  } catch (cause) {
    if (cause instanceof Failure) throw cause
    throw new Failure('kev-catalogue', `${input} is not the catalogue of known exploited vulnerabilities`, {
      input,
      cause,
    })
  }
  const entries: KevEntry[] = []
  for (const value of found.vulnerabilities) {
    const parsed = entryShape.safeParse(value)
    if (!parsed.success) continue
    const { cveID, dateAdded, dueDate, knownRansomwareCampaignUse, vulnerabilityName } = parsed.data
    entries.push({
      cve: cveID,
      dateAdded,
      ...(dueDate === undefined ? {} : { dueDate }),
      ransomware: knownRansomwareCampaignUse === 'Known',
      name: vulnerabilityName,
    })
  }
  return { released: found.dateReleased, entries, skipped: found.vulnerabilities.length - entries.length }
}

const catalogue: DocumentSource<NonNullable<SourceResult['kev']>> = {
  name: 'known exploited vulnerabilities',
  address: ADDRESS,
  places: PLACES,
  maxBytes: MAX_BYTES,
  shrinks: 'kev-shrinks',
  units: { all: 'entries', wrong: 'entries' },
  absent: (origin) => `${origin} has no catalogue of known exploited vulnerabilities`,
  without: 'known exploitation is not shown',
  parse(bytes, input) {
    const { released, entries, skipped } = parseKev(bytes, input)
    const file = (draft: Draft, at: string) => ({ entries: draft.kev(entries), released, fetchedAt: at })
    return { count: entries.length, skipped, file }
  },
  foreign({ kev, builtAt }, draft, at) {
    const entries = kev === undefined ? 0 : draft.kev(kev())
    return entries === 0 ? undefined : { entries, released: builtAt ?? at, fetchedAt: at }
  },
  noteIn: (meta) => meta.kev,
  asResult: (note) => ({ kev: note }),
  staying: (note) => `the one of ${note.fetchedAt} stays`,
  copy: (from, draft) => draft.kev(from.allKev()),
}

export const kev: AdvisorySource = {
  id: 'kev',
  title: 'CISA known exploited vulnerabilities',
  licence: 'CC0-1.0',
  update: (run) => updateDocument(catalogue, run),
}
