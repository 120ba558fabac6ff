import {
  type AdvisoryDatabase,
  type BuildReport,
  type DatabaseStatus,
  entryAffects,
  newestRecordAt,
  type OsvRecord,
  type PackReport,
  type PublishReport,
  searchAdvisories,
  type UpdateReport,
} from '../advisories/index.ts'
import { alignText, grouped, printable } from '../report/index.ts'
import { rangeWords } from './range-words.ts'

type Format = 'table' | 'json'

function asJson(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`
}

function day(time: string): string {
  return time === '' ? '-' : time.slice(0, 10)
}

/** Age, source, licence and count of each ecosystem, and what the source does not have. */
export function statusText(status: DatabaseStatus, format: Format, now: Date): string {
  const newest = newestRecordAt(status)
  if (format === 'json') return asJson({ ...status, newestRecordAt: newest ?? null })
  const total = status.ecosystems.reduce((sum, one) => sum + one.records, 0)
  const age = newest === undefined ? Number.NaN : Math.floor((now.getTime() - Date.parse(newest)) / 86_400_000)
  const head = [
    `${grouped(total)} advisories from ${printable(status.from)}`,
    `newest record ${newest === undefined ? '-' : day(newest)}${Number.isNaN(age) ? '' : `, ${age} days old`}; last check ${status.checkedAt.slice(0, 16).replace('T', ' ')} UTC`,
  ]
  const rows = status.ecosystems.map((one) => [
    printable(one.name),
    grouped(one.records),
    day(one.newestRecordAt),
    one.skipped === 0 ? '' : `${one.skipped} skipped`,
    printable(one.source),
    printable(one.licence),
  ])
  const table = alignText([['ecosystem', 'records', 'newest', '', 'source', 'licence'], ...rows], ' ', [1])
  const parts = [...head, '', ...table, '', ...feedLines(status, now), ...catalogueLines(status)]
  return `${[...parts, ...warningLines(status.warnings)].join('\n')}\n`
}

/** Days after which a feed without a new record is named as old. */
const OLD_DAYS = 90

/** Each feed with the age of its newest record, and since when it fails. */
function feedLines({ feeds = [] }: DatabaseStatus, now: Date): string[] {
  if (feeds.length === 0) return []
  const rows = feeds.map((feed) => {
    const age = (now.getTime() - Date.parse(feed.newestRecordAt)) / 86_400_000
    const failing = feed.failing && `failing since ${day(feed.failing.since)}: ${feed.failing.why}`
    const old = feed.records > 0 && age > OLD_DAYS ? `nothing new for ${Math.floor(age)} days` : ''
    const count = feed.records > 0 ? feed.records : feed.facts
    return [
      feed.id,
      grouped(count),
      day(feed.newestRecordAt),
      printable(failing ?? old),
      printable(feed.origin),
      printable(feed.licence),
    ]
  })
  return [...alignText([['feed', 'records', 'newest', '', 'source', 'licence'], ...rows], ' ', [1]), '']
}

function catalogueLines(status: DatabaseStatus): string[] {
  const { kev, epss } = status
  return [
    kev === undefined
      ? 'KEV   not here: the source has no catalogue of known exploited vulnerabilities'
      : `KEV   ${grouped(kev.entries)} entries, released ${day(kev.released)}`,
    epss === undefined
      ? 'EPSS  not here: the source has no scores'
      : `EPSS  ${grouped(epss.entries)} scores of ${day(epss.on)}`,
  ]
}

function warningLines(warnings: readonly string[]): string[] {
  return warnings.map((warning) => `warning: ${printable(warning)}`)
}

/** What an update did with each ecosystem. */
export function updateText(report: UpdateReport, format: Format): string {
  if (format === 'json') return asJson(report)
  const asked = report.ecosystems.filter((one) => one.outcome !== 'carried')
  const rows = asked.map((one) => [
    printable(one.name),
    one.outcome,
    grouped(one.records),
    `+${one.added} ~${one.changed} -${one.removed}`,
    one.skipped === 0 ? '' : `${one.skipped} skipped`,
  ])
  const fed = report.feeds.map((one) => [
    one.feed,
    one.outcome,
    grouped(one.state?.records ?? 0),
    `+${one.added} ~${one.changed} -${one.removed}`,
    '',
  ])
  const total = report.status.ecosystems.reduce((sum, one) => sum + one.records, 0)
  const last = `${grouped(total)} advisories${report.byAnother ? ', updated by another process' : ''}`
  return `${[...alignText([...rows, ...fed], ' ', [2]), last, ...warningLines(report.warnings)].join('\n')}\n`
}

/** What cutting into shards wrote. */
export function buildText(report: BuildReport, format: Format): string {
  const { manifest, bytes, updateBytes, changed, folder } = report
  if (format === 'json')
    return asJson({ folder, id: manifest.id, changed, bytes, updateBytes, ecosystems: manifest.ecosystems })
  const rows = manifest.ecosystems.map((one) => [
    printable(one.name),
    grouped(one.records),
    `${one.shards.length} ${one.shards.length === 1 ? 'shard' : 'shards'}`,
    `${grouped(one.shards.reduce((sum, shard) => sum + shard.packed.bytes, 0))} bytes`,
  ])
  const last = `${printable(folder)}: ${grouped(bytes)} bytes, ${changed} shards changed; who has the last build fetches ${grouped(updateBytes)} bytes`
  return `${[...alignText(rows, ' ', [1, 2, 3]), last].join('\n')}\n`
}

/** What publishing pushed. */
export function publishText(report: PublishReport, format: Format): string {
  if (format === 'json') return asJson(report)
  const { place, digest, uploaded, uploadedBytes } = report
  return `${printable(place)}: ${uploaded} new ${uploaded === 1 ? 'blob' : 'blobs'}, ${grouped(uploadedBytes)} bytes, ${digest}\n`
}

/** What packing wrote. */
export function packText(report: PackReport, format: Format): string {
  if (format === 'json') return asJson(report)
  return `${printable(report.file)}: ${grouped(report.records)} advisories, ${grouped(report.bytes)} bytes, ${report.digest}\n`
}

/** Every record that goes by a name, whole; undefined when there is none. */
export function recordText(database: AdvisoryDatabase, id: string, format: Format): string | undefined {
  const ids = [...new Set([id, ...database.recordsNamed(id)])]
  const records = ids.map((one) => database.record(one)).filter((record) => record !== undefined)
  if (records.length === 0) return undefined
  const cves = [...new Set(records.flatMap((record) => database.names(record.id)))].filter((name) => /^CVE-/.test(name))
  if (format === 'json') {
    const facts = cves.map((cve) => ({ cve, kev: database.kev(cve) ?? null, epss: database.epss(cve) ?? null }))
    return asJson({
      records: records.map((record) => ({ ...record, origin: database.origin(record.id) ?? null })),
      names: [...new Set(records.flatMap((record) => database.names(record.id)))],
      exploitation: facts,
    })
  }
  return `${records.map((record) => recordLines(database, record).join('\n')).join('\n\n')}\n`
}

function recordLines(database: AdvisoryDatabase, record: OsvRecord): string[] {
  const names = database.names(record.id).filter((name) => name !== record.id)
  const lines = [
    `${printable(record.id)}${record.withdrawn === undefined ? '' : ` (withdrawn ${day(record.withdrawn)})`}`,
  ]
  if (record.summary !== undefined) lines.push(`  ${printable(record.summary)}`)
  if (names.length > 0) lines.push(`  also      ${names.map(printable).join(', ')}`)
  lines.push(`  published ${day(record.published ?? '')}, modified ${day(record.modified)}`)
  for (const { type, score } of record.severity) lines.push(`  severity  ${printable(type)} ${printable(score)}`)
  for (const cve of [record.id, ...names]) lines.push(...exploitLines(database, cve))
  const origin = database.origin(record.id)
  if (origin !== undefined) lines.push(`  from      ${printable(origin.source)}, fetched ${day(origin.fetchedAt)}`)
  for (const affected of record.affected) {
    if (affected.package === undefined) continue
    const { ecosystem, name } = affected.package
    const ranges = affected.ranges ?? []
    lines.push(
      `  affects   ${printable(ecosystem)} ${printable(name)} ${rangeWords({ ranges, versions: affected.versions ?? [] })}`,
    )
  }
  return [...lines, ...record.references.slice(0, 10).map(({ url }) => `  see       ${printable(url)}`)]
}

function exploitLines(database: AdvisoryDatabase, cve: string): string[] {
  const kev = database.kev(cve)
  const epss = database.epss(cve)
  return [
    ...(kev === undefined
      ? []
      : [`  exploited since ${kev.dateAdded}${kev.ransomware ? ', by ransomware' : ''} (KEV)`]),
    ...(epss === undefined ? [] : [`  EPSS      ${(epss.probability * 100).toFixed(1)} % on ${epss.on}`]),
  ]
}

/** Advisories of `PACKAGE[@VERSION]`, a line each; undefined when there is none. */
export function searchText(database: AdvisoryDatabase, wanted: string, format: Format): string | undefined {
  const hits = searchAdvisories(database, wanted, entryAffects)
  if (hits.length === 0) return undefined
  if (format === 'json') return asJson(hits)
  const rows = hits.flatMap((hit) =>
    hit.entries.map((entry) => [
      printable(entry.ecosystem),
      printable(entry.recordId),
      rangeWords(entry),
      printable(database.record(entry.recordId)?.summary ?? ''),
    ]),
  )
  return `${alignText(rows, '').join('\n')}\n`
}
