import * as z from 'zod/mini'
import { Failure } from '../../../lib/failure.ts'
import type { OsvRecord } from '../../types.ts'
import { jsonMembers } from '../json-members.ts'
import type { FeedDocument, FeedIo, FeedItem, FeedReader } from '../types.ts'
import { productsOf } from './products.ts'
import { type NvdCve, shape } from './shape.ts'

const PAGE = 2_000
const MAX_PAGE_BYTES = 256 * 1024 ** 2
const MAX_PAGES = 1_000
/** A window of changes may be so long (https://nvd.nist.gov/developers/vulnerabilities, `lastModStartDate`). */
const WINDOW_DAYS = 119
const DAY_MS = 24 * 60 * 60_000

const headShape = z.object({ totalResults: z.number().check(z.int(), z.minimum(0)) })

/**
 * API 2.0 of the NVD (https://nvd.nist.gov/developers/vulnerabilities): all pages at first, then what changed since the last time, in windows
 * of at most 120 days. Vectors of every CVSS version keep who gave them (NVD, or the CNA), product ranges keep their CPE names.
 */
export const nvdReader: FeedReader = {
  async documents(io): Promise<readonly FeedDocument[]> {
    const since = lastAsked(io)
    const windows = since === undefined ? [''] : windowsSince(since, Date.parse(io.at))
    const documents: FeedDocument[] = [...io.held.keys()].map((path) => ({
      path,
      marker: io.held.get(path),
      maxBytes: MAX_PAGE_BYTES,
      kind: 'increment',
    }))
    for (const window of windows) {
      const pages = Math.ceil((await total(io, window)) / PAGE)
      if (pages > MAX_PAGES)
        throw new Failure('feed-index', `the NVD says that it has ${pages} pages`, { input: 'nvd' })
      for (let page = 0; page < Math.max(pages, since === undefined ? 1 : 0); page++)
        documents.push({
          path: `2.0?resultsPerPage=${PAGE}&startIndex=${page * PAGE}${window}`,
          marker: io.at,
          maxBytes: MAX_PAGE_BYTES,
          kind: 'increment',
        })
    }
    // A page that is asked for again replaces what is held under its path.
    return [...new Map(documents.map((document) => [document.path, document])).values()]
  },
  async *read({ chunks, input }): AsyncGenerator<FeedItem> {
    for await (const { key, value } of jsonMembers(chunks, input, {
      within: 'vulnerabilities',
      maxMember: 16 * 1024 ** 2,
    })) {
      const parsed = shape.safeParse(value)
      if (parsed.success) yield { record: recordOf(parsed.data.cve) }
      else
        yield {
          wrong: `vulnerability ${key}`,
          reason: `${parsed.error.issues[0]?.path.join('.')}: ${parsed.error.issues[0]?.message}`,
        }
    }
  },
}

/** When it was asked last: every page's marker is the time of its update. */
function lastAsked({ held }: FeedIo): number | undefined {
  const times = [...held.values()].map((marker) => Date.parse(marker)).filter((time) => !Number.isNaN(time))
  return times.length === 0 ? undefined : Math.max(...times)
}

function windowsSince(since: number, now: number): readonly string[] {
  const windows: string[] = []
  // An hour back: clocks differ, and a change may take its time to show.
  for (let start = since - 60 * 60_000; start < now; start += WINDOW_DAYS * DAY_MS) {
    const end = Math.min(now, start + WINDOW_DAYS * DAY_MS)
    const text = (time: number) => encodeURIComponent(new Date(time).toISOString())
    windows.push(`&lastModStartDate=${text(start)}&lastModEndDate=${text(end)}`)
  }
  return windows
}

async function total(io: FeedIo, window: string): Promise<number> {
  const bytes = await io.bytes(`2.0?resultsPerPage=1&startIndex=0${window}`, MAX_PAGE_BYTES)
  try {
    return headShape.parse(JSON.parse(new TextDecoder().decode(bytes))).totalResults
  } catch (cause) {
    throw new Failure('feed-index', 'the NVD does not say how many weaknesses it has', { input: 'nvd', cause })
  }
}

function recordOf(cve: NvdCve): OsvRecord {
  const metrics = [
    ...(cve.metrics.cvssMetricV40 ?? []).map((one) => ({ type: 'CVSS_V4', ...one })),
    ...(cve.metrics.cvssMetricV31 ?? []).map((one) => ({ type: 'CVSS_V3', ...one })),
    ...(cve.metrics.cvssMetricV30 ?? []).map((one) => ({ type: 'CVSS_V3', ...one })),
    ...(cve.metrics.cvssMetricV2 ?? []).map((one) => ({ type: 'CVSS_V2', ...one })),
  ]
  return {
    id: cve.id,
    modified: utc(cve.lastModified),
    published: utc(cve.published),
    ...(/^rejected$/i.test(cve.vulnStatus ?? '') ? { withdrawn: utc(cve.lastModified) } : {}),
    aliases: [],
    upstream: [],
    related: [],
    details: cve.descriptions.find(({ lang }) => lang === 'en')?.value ?? '',
    severity: metrics.map(({ type, cvssData }) => ({ type, score: cvssData.vectorString })),
    affected: productsOf(cve.configurations ?? []),
    references: (cve.references ?? []).map(({ url }) => ({ type: 'WEB', url })),
    database_specific: {
      status: cve.vulnStatus ?? '',
      assigner: cve.sourceIdentifier ?? '',
      metrics: metrics.map(({ source, type: _, cvssData }) => ({
        source,
        vector: cvssData.vectorString,
        score: cvssData.baseScore,
      })),
      cwes: [...new Set((cve.weaknesses ?? []).flatMap((one) => one.description.map(({ value }) => value)))],
    },
  }
}

/** The NVD writes UTC without saying so: `2022-07-11T13:15:08.503`. */
function utc(time: string): string {
  return /(?:Z|[+-]\d\d:\d\d)$/.test(time) ? time : `${time}Z`
}
