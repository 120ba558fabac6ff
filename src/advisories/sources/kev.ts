import { Buffer } from 'node:buffer'
import * as z from 'zod'
import { Failure } from '../../lib/failure.ts'
import type { KevEntry } from '../types.ts'
import { plain } from './layout.ts'
import type { AdvisorySource, SourceResult, UpdateRun } from './source.ts'

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
  let catalogue: z.infer<typeof catalogueShape>
  try {
    catalogue = catalogueShape.parse(JSON.parse(Buffer.from(plain(bytes, MAX_BYTES, input)).toString()))
  } catch (cause) {
    if (cause instanceof Failure) throw cause
    throw new Failure('kev-catalogue', `${input} is not the catalogue of known exploited vulnerabilities`, {
      input,
      cause,
    })
  }
  const entries: KevEntry[] = []
  for (const value of catalogue.vulnerabilities) {
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
  return { released: catalogue.dateReleased, entries, skipped: catalogue.vulnerabilities.length - entries.length }
}

export const kev: AdvisorySource = {
  id: 'kev',
  title: 'CISA known exploited vulnerabilities',
  licence: 'CC0-1.0',
  async update(run) {
    try {
      return (
        (await fetchKev(run)) ?? keepKev(run, `${originOf(run)} has no catalogue of known exploited vulnerabilities`)
      )
    } catch (error) {
      run.signal?.throwIfAborted()
      if (!(error instanceof Failure)) throw error
      return keepKev(run, error.message)
    }
  },
}

function originOf({ place }: UpdateRun): string {
  return place.kind === 'packed' ? place.origin : place.layout.origin
}

async function fetchKev(run: UpdateRun): Promise<SourceResult | undefined> {
  const { place } = run
  if (place.kind === 'packed') {
    const { kev: of } = place.database.meta
    return of && { kev: { ...of, entries: run.draft.kev(place.database.allKev()) } }
  }
  run.progress({ message: 'known exploited vulnerabilities' })
  for (const parts of place.layout.official ? [] : PLACES) {
    const bytes = await place.layout.bytes(parts, MAX_BYTES)
    if (bytes !== undefined) return takeKev(run, bytes, place.layout.locate(...parts))
  }
  const bytes = place.layout.official ? await place.layout.elsewhere(ADDRESS, MAX_BYTES) : undefined
  return bytes && takeKev(run, bytes, ADDRESS)
}

function takeKev(run: UpdateRun, bytes: Uint8Array, input: string): SourceResult {
  const catalogue = parseKev(bytes, input)
  const before = run.previous?.meta.kev?.entries ?? 0
  if (!run.force && catalogue.entries.length < before * 0.9)
    throw new Failure(
      'kev-shrinks',
      `${input} has ${catalogue.entries.length} entries where there were ${before}; --force takes it`,
      { input },
    )
  if (catalogue.skipped > 0) run.warn(`${input}: ${catalogue.skipped} entries are wrong and left out`)
  return { kev: { entries: run.draft.kev(catalogue.entries), released: catalogue.released, fetchedAt: run.at } }
}

/** What was there before stays, and the warning says since when. */
function keepKev(run: UpdateRun, why: string): SourceResult {
  const before = run.previous?.meta.kev
  if (run.previous === undefined || before === undefined) {
    run.warn(`${why}: known exploitation is not shown`)
    return {}
  }
  run.warn(`${why}: the one of ${before.fetchedAt} stays`)
  return { kev: { ...before, entries: run.draft.kev(run.previous.allKev()) } }
}
