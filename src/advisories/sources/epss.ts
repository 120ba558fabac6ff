import { Buffer } from 'node:buffer'
import { Failure } from '../../lib/failure.ts'
import type { Draft } from '../database/write.ts'
import { type DocumentSource, updateDocument } from './document.ts'
import { plain } from './layout.ts'
import type { AdvisorySource, SourceResult } from './source.ts'

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
  // Scores of an unknown day cannot be told from old ones.
  if (on === '') throw wrong('it does not say of which day its scores are')
  return { on, rows, skipped }
}

function toRow(cve = '', epss = '', percentile = ''): Row | undefined {
  if (!/^CVE-\d{4}-\d{4,12}$/.test(cve) || !DECIMAL.test(epss) || !DECIMAL.test(percentile)) return undefined
  const values: Row = [cve, Number(epss), Number(percentile)]
  return values[1] <= 1 && values[2] <= 1 ? values : undefined
}

const scores: DocumentSource<NonNullable<SourceResult['epss']>> = {
  name: 'EPSS scores',
  address: ADDRESS,
  places: PLACES,
  maxBytes: MAX_PACKED,
  shrinks: 'epss-shrinks',
  units: { all: 'scores', wrong: 'lines' },
  absent: () => 'the source has no EPSS scores',
  without: 'likelihood of exploitation is not shown',
  parse(bytes, input) {
    const { on, rows, skipped } = parseEpss(bytes, input)
    const file = (draft: Draft, at: string) => ({ entries: draft.epss(rows), on, fetchedAt: at })
    return { count: rows.length, skipped, file }
  },
  foreign(database, draft, at) {
    const scores = database.epss?.()
    return scores && { entries: draft.epss(scores.rows), on: scores.on, fetchedAt: at }
  },
  noteIn: (meta) => meta.epss,
  asResult: (note) => ({ epss: note }),
  staying: (note) => `those of ${note.on || note.fetchedAt} stay`,
  copy: (from, draft) => draft.epss(from.allEpss()),
}

export const epss: AdvisorySource = {
  id: 'epss',
  title: 'EPSS, the Exploit Prediction Scoring System',
  licence: 'free to use with attribution to FIRST',
  update: (run) => updateDocument(scores, run),
}
