import { Buffer } from 'node:buffer'
import { Failure } from '../../lib/failure.ts'
import { plain } from './layout.ts'
import type { AdvisorySource, SourceResult, UpdateRun } from './source.ts'

/** EPSS scores of the day (https://www.first.org/epss/data_stats). */
const ADDRESS = 'https://epss.empiricalsecurity.com/epss_scores-current.csv.gz'
const PLACES = [
  ['epss', 'epss_scores-current.csv.gz'],
  ['epss', 'epss_scores-current.csv'],
  ['epss_scores-current.csv.gz'],
  ['epss_scores-current.csv'],
]
const MAX_PACKED = 64 * 1024 ** 2
const MAX_BYTES = 256 * 1024 ** 2

type Row = readonly [cve: string, probability: number, percentile: number]

export interface EpssScores {
  /** ISO date of the model's run. */
  readonly on: string
  readonly rows: readonly Row[]
  readonly skipped: number
}

const DECIMAL = /^(?:0|1|0?\.\d+|[01]\.\d+|\d(?:\.\d+)?[eE]-\d{1,3})$/

/**
 * The scores from their CSV, gzip or plain: a comment line `#model_version:…,score_date:…`, the header `cve,epss,percentile`,
 * then rows. Wrong rows are skipped and counted; a file without the header or without any row is a `Failure`.
 */
export function parseEpss(bytes: Uint8Array, input: string): EpssScores {
  const text = Buffer.from(plain(bytes, MAX_BYTES, input)).toString('latin1')
  const wrong = (why: string) => new Failure('epss-scores', `${input}: ${why}`, { input })
  let on = ''
  let columns: { cve: number; epss: number; percentile: number } | undefined
  let skipped = 0
  const rows: Row[] = []
  for (let start = 0; start < text.length; ) {
    let end = text.indexOf('\n', start)
    if (end < 0) end = text.length
    const line = text.slice(start, end).trimEnd()
    start = end + 1
    if (line === '') continue
    if (line.startsWith('#')) {
      on ||= /score_date:(\d{4}-\d\d-\d\d)/.exec(line.slice(0, 1_000))?.[1] ?? ''
    } else if (columns === undefined) {
      const names = line.slice(0, 1_000).split(',')
      columns = { cve: names.indexOf('cve'), epss: names.indexOf('epss'), percentile: names.indexOf('percentile') }
      if (Object.values(columns).includes(-1)) throw wrong('the line with cve, epss and percentile is missing')
    } else {
      const cells = line.slice(0, 1_000).split(',')
      const row = toRow(cells[columns.cve], cells[columns.epss], cells[columns.percentile])
      if (row === undefined) skipped++
      else rows.push(row)
    }
  }
  if (columns === undefined || rows.length === 0) throw wrong('it holds no scores')
  return { on, rows, skipped }
}

function toRow(cve = '', epss = '', percentile = ''): Row | undefined {
  if (!/^CVE-\d{4}-\d{4,12}$/.test(cve) || !DECIMAL.test(epss) || !DECIMAL.test(percentile)) return undefined
  const values: Row = [cve, Number(epss), Number(percentile)]
  return values[1] <= 1 && values[2] <= 1 ? values : undefined
}

export const epss: AdvisorySource = {
  id: 'epss',
  title: 'EPSS, the Exploit Prediction Scoring System',
  licence: 'free to use with attribution to FIRST',
  async update(run) {
    try {
      return (await fetchEpss(run)) ?? keepEpss(run, 'the source has no EPSS scores')
    } catch (error) {
      run.signal?.throwIfAborted()
      if (!(error instanceof Failure)) throw error
      return keepEpss(run, error.message)
    }
  },
}

async function fetchEpss(run: UpdateRun): Promise<SourceResult | undefined> {
  const { place } = run
  if (place.kind === 'packed') {
    const { epss: of } = place.database.meta
    return of && { epss: { ...of, entries: run.draft.epss(place.database.allEpss()) } }
  }
  run.progress({ message: 'EPSS scores' })
  for (const parts of place.layout.official ? [] : PLACES) {
    const bytes = await place.layout.bytes(parts, MAX_PACKED)
    if (bytes !== undefined) return takeEpss(run, bytes, place.layout.locate(...parts))
  }
  const bytes = place.layout.official ? await place.layout.elsewhere(ADDRESS, MAX_PACKED) : undefined
  return bytes && takeEpss(run, bytes, ADDRESS)
}

function takeEpss(run: UpdateRun, bytes: Uint8Array, input: string): SourceResult {
  const scores = parseEpss(bytes, input)
  const before = run.previous?.meta.epss?.entries ?? 0
  if (!run.force && scores.rows.length < before * 0.9)
    throw new Failure(
      'epss-shrinks',
      `${input} has ${scores.rows.length} scores where there were ${before}; --force takes it`,
      { input },
    )
  if (scores.skipped > 0) run.warn(`${input}: ${scores.skipped} lines are wrong and left out`)
  return { epss: { entries: run.draft.epss(scores.rows), on: scores.on, fetchedAt: run.at } }
}

function keepEpss(run: UpdateRun, why: string): SourceResult {
  const before = run.previous?.meta.epss
  if (run.previous === undefined || before === undefined) {
    run.warn(`${why}: likelihood of exploitation is not shown`)
    return {}
  }
  run.warn(`${why}: those of ${before.on || before.fetchedAt} stay`)
  return { epss: { ...before, entries: run.draft.epss(run.previous.allEpss()) } }
}
