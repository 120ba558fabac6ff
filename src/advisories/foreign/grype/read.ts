import type { DatabaseSync } from 'node:sqlite'
import type * as z from 'zod/mini'
import { Failure } from '../../../lib/failure.ts'
import { openImmutable } from '../../../lib/sqlite.ts'
import { isRecordId } from '../../ecosystems.ts'
import { bareEcosystem } from '../../package-key.ts'
import { publisherOf } from '../../publisher.ts'
import type { KevEntry, OsvAffected, OsvRecord, OsvSeverity } from '../../types.ts'
import type { ForeignDatabase, ForeignItem } from '../types.ts'
import { affectedOf, unaffectedOf } from './affected.ts'
import { languageOf, recordName, systemEcosystem, systemsOf, typesOf } from './names.ts'
import { type GrypeWeakness, kevShape, packageShape, weaknessShape } from './shapes.ts'

/** Where records about weaknesses themselves are filed: they name no package. */
const WEAKNESSES = 'CVE'
const MODEL = 6
const MAX_BLOB = 8 * 1024 ** 2
const MAX_REFERENCES = 200

type Row = Readonly<Record<string, unknown>>

const COLUMNS = `v.name AS name, v.status AS status, v.published_date AS published, v.modified_date AS modified,
  v.withdrawn_date AS withdrawn, v.provider_id AS provider, (SELECT value FROM blobs WHERE id = v.blob_id) AS weakness`

/** Opens Grype's database of version 6 (https://github.com/anchore/grype, `grype/db/v6`). @throws Failure that names the file. */
export function openGrypeDatabase(path: string, at: string): ForeignDatabase {
  const database = openImmutable(path)
  try {
    return guarded(path, () => read(database, path, at))
  } catch (cause) {
    database.close()
    throw cause
  }
}

function guarded<T>(path: string, work: () => T): T {
  try {
    return work()
  } catch (cause) {
    if (cause instanceof Failure) throw cause
    throw new Failure('foreign-database', `${path} is no database of Grype's: ${(cause as Error).message}`, {
      input: path,
      cause,
    })
  }
}

function read(database: DatabaseSync, path: string, at: string): ForeignDatabase {
  const meta = database.prepare('SELECT build_timestamp, model FROM db_metadata LIMIT 1').get()
  if (Number(meta?.model) !== MODEL)
    throw new Failure('foreign-database', `${path} is a database of Grype's version ${meta?.model ?? '?'}`, {
      input: path,
      hints: [`version ${MODEL} is read: grype db update fetches it`],
    })
  const builtAt = timeOf(meta?.build_timestamp)
  const tables = new Set(
    database
      .prepare("SELECT name FROM sqlite_schema WHERE type = 'table'")
      .all()
      .map((row) => String(row.name)),
  )
  const { ecosystems, unknown } = ecosystemsIn(database)
  return {
    id: 'grype-db',
    ...(builtAt === undefined ? {} : { builtAt }),
    ecosystems: [...ecosystems, WEAKNESSES].sort(),
    *records(ecosystem) {
      const rows = ecosystem === WEAKNESSES ? weaknessRows(database) : packageRows(database, ecosystem, tables)
      try {
        yield* recordsOf(rows, builtAt ?? at)
      } catch (cause) {
        guarded(path, () => {
          throw cause
        })
      }
    },
    ...(tables.has('known_exploited_vulnerability_handles') && { kev: () => kevOf(database) }),
    ...(tables.has('epss_handles') && { epss: () => epssOf(database) }),
    cannotSay: [
      "what NVD says by product names (CPE): its records' severities and texts are taken",
      "the reasons of a vendor's decision",
      'architectures that an advisory is limited to',
      ...(unknown.length === 0 ? [] : [`not read: ${unknown.slice(0, 10).join(', ')}`]),
    ],
    close: () => database.close(),
  }
}

function ecosystemsIn(database: DatabaseSync): { ecosystems: ReadonlySet<string>; unknown: readonly string[] } {
  const ecosystems = new Set<string>()
  const unknown = new Set<string>()
  const systems = database.prepare('SELECT DISTINCT name FROM operating_systems').all()
  for (const { name } of systems) {
    const system = systemEcosystem({ name: String(name), major: '1', minor: '1', label: '', channel: '' })
    if (system === undefined) unknown.add(String(name))
    else ecosystems.add(bareEcosystem(system))
  }
  const types = database
    .prepare(
      `SELECT DISTINCT ecosystem FROM packages WHERE EXISTS
        (SELECT 1 FROM affected_package_handles a WHERE a.package_id = packages.id AND a.operating_system_id IS NULL)`,
    )
    .all()
  for (const { ecosystem } of types) {
    const language = languageOf(String(ecosystem))
    if (language === undefined) unknown.add(String(ecosystem))
    else ecosystems.add(language)
  }
  return { ecosystems, unknown: [...unknown].sort() }
}

/** What is said about packages of an ecosystem, in the order of providers and names, so that each record's rows follow one another. */
function packageRows(database: DatabaseSync, ecosystem: string, tables: ReadonlySet<string>): Iterable<Row> {
  const systems = systemsOf(ecosystem)
  const types = typesOf(ecosystem)
  const of = (names: readonly string[]) => names.map(() => '?').join(', ')
  const from = (table: string, affected: number) => `SELECT ${COLUMNS}, ${affected} AS affected, p.name AS package,
      p.ecosystem AS type, o.name AS system, o.major_version AS major, o.minor_version AS minor, o.label_version AS label,
      ${systemColumn(database, 'channel')} AS channel, (SELECT value FROM blobs WHERE id = a.blob_id) AS said
    FROM ${table} a JOIN vulnerability_handles v ON v.id = a.vulnerability_id JOIN packages p ON p.id = a.package_id
    LEFT JOIN operating_systems o ON o.id = a.operating_system_id
    WHERE (o.id IS NOT NULL AND lower(o.name) IN (${of(systems)})) OR (o.id IS NULL AND lower(p.ecosystem) IN (${of(types)}))`
  const parts = [from('affected_package_handles', 1)]
  if (tables.has('unaffected_package_handles')) parts.push(from('unaffected_package_handles', 0))
  const values = parts.flatMap(() => [...systems, ...types])
  return database.prepare(`${parts.join(' UNION ALL ')} ORDER BY provider, name`).iterate(...values) as Iterable<Row>
}

/** A column of `operating_systems` that only later revisions have. */
function systemColumn(database: DatabaseSync, column: string): string {
  const columns = database.prepare("SELECT name FROM pragma_table_info('operating_systems')").all()
  return columns.some(({ name }) => name === column) ? `o.${column}` : "''"
}

/** Records that name no package, NVD's among them. */
function weaknessRows(database: DatabaseSync): Iterable<Row> {
  return database
    .prepare(`SELECT ${COLUMNS} FROM vulnerability_handles v WHERE v.provider_id = 'nvd' ORDER BY provider, name`)
    .iterate() as Iterable<Row>
}

function* recordsOf(rows: Iterable<Row>, at: string): Generator<ForeignItem> {
  let current:
    | { readonly key: string; readonly row: Row; readonly affected: OsvAffected[]; names: Set<string> }
    | undefined
  for (const row of rows) {
    const key = `${row.provider}\n${row.name}`
    if (current?.key !== key) {
      if (current !== undefined) yield itemOf(current, at)
      current = { key, row, affected: [], names: new Set() }
    }
    if (row.package === undefined) continue
    const said = blobOf(packageShape, row.said)
    const affected = said === undefined ? 'not the form of a package' : saidBy(row, said)
    if (typeof affected === 'string') {
      yield { wrong: `${row.provider}/${row.name}/${row.package}`.slice(0, 300), reason: affected }
      continue
    }
    current.affected.push(...affected)
    for (const cve of said?.cves ?? []) current.names.add(cve)
  }
  if (current !== undefined) yield itemOf(current, at)
}

function saidBy(row: Row, said: z.infer<typeof packageShape>): readonly OsvAffected[] | string {
  const text = (value: unknown) => (typeof value === 'string' ? value : '')
  const ecosystem =
    typeof row.system === 'string'
      ? systemEcosystem({
          name: row.system,
          major: text(row.major),
          minor: text(row.minor),
          label: text(row.label),
          channel: text(row.channel),
        })
      : languageOf(text(row.type))
  if (ecosystem === undefined) return 'its ecosystem is not known'
  if (row.affected === 1) return affectedOf(ecosystem, text(row.package), said)
  const clear = unaffectedOf(ecosystem, text(row.package), said)
  return typeof clear === 'string' ? clear : [clear]
}

function itemOf(
  of: { row: Row; affected: readonly OsvAffected[]; names: ReadonlySet<string> },
  at: string,
): ForeignItem {
  const { row, affected } = of
  const name = String(row.name)
  const id = recordName(String(row.provider), name)
  if (!isRecordId(id)) return { wrong: name.slice(0, 200), reason: 'its name cannot be one' }
  const weakness = blobOf(weaknessShape, row.weakness)
  if (weakness === undefined) return { wrong: name.slice(0, 200), reason: 'not the form of a vulnerability' }
  const others = [...new Set([name, ...of.names, ...(weakness.aliases ?? [])])].filter(
    (one) => one !== id && isRecordId(one),
  )
  const distribution = publisherOf(id).kind === 'distribution'
  const published = timeOf(row.published)
  const withdrawn = timeOf(row.withdrawn) ?? (row.status === 'rejected' ? (timeOf(row.modified) ?? at) : undefined)
  const record: OsvRecord = {
    id,
    modified: timeOf(row.modified) ?? published ?? at,
    ...(published === undefined ? {} : { published }),
    ...(withdrawn === undefined ? {} : { withdrawn }),
    aliases: distribution ? [] : others,
    upstream: distribution ? others : [],
    related: [],
    severity: severitiesOf(weakness),
    affected,
    references: (weakness.refs ?? []).slice(0, MAX_REFERENCES).map(({ url }) => ({ type: 'WEB', url })),
    ...(weakness.description ? { details: weakness.description } : {}),
  }
  return { record }
}

function severitiesOf({ severities }: GrypeWeakness): readonly OsvSeverity[] {
  return (severities ?? []).map(({ value, scheme }) => {
    if (typeof value === 'string') return { type: scheme || 'word', score: value }
    const version = /^CVSS:([34])/.exec(value.vector)?.[1] ?? '2'
    return { type: `CVSS_V${version}`, score: value.vector }
  })
}

function blobOf<Shape extends z.ZodMiniType>(shape: Shape, value: unknown): z.infer<Shape> | undefined {
  if (typeof value !== 'string' || value.length > MAX_BLOB) return undefined
  try {
    return shape.safeParse(JSON.parse(value)).data
  } catch {
    return undefined
  }
}

/** `2026-11-20 01:02:03+00:00` as RFC 3339. */
function timeOf(value: unknown): string | undefined {
  if (typeof value !== 'string' || !/^\d{4}-\d\d-\d\d/.test(value)) return undefined
  const time = Date.parse(value.includes('T') ? value : value.replace(' ', 'T'))
  return Number.isNaN(time) ? undefined : new Date(time).toISOString()
}

function* kevOf(database: DatabaseSync): Generator<KevEntry> {
  const sql = `SELECT cve, (SELECT value FROM blobs WHERE id = blob_id) AS said FROM known_exploited_vulnerability_handles`
  for (const row of database.prepare(sql).iterate() as Iterable<Row>) {
    const said = blobOf(kevShape, row.said)
    const added = said?.date_added?.slice(0, 10)
    if (said === undefined || added === undefined) continue
    const due = said.due_date?.slice(0, 10)
    yield {
      cve: String(row.cve).toUpperCase(),
      dateAdded: added,
      ...(due === undefined ? {} : { dueDate: due }),
      ransomware: /^known$/i.test(said.known_ransomware_campaign_use ?? ''),
      name: [said.vendor_project, said.product].filter(Boolean).join(' '),
    }
  }
}

function epssOf(database: DatabaseSync): ReturnType<NonNullable<ForeignDatabase['epss']>> {
  const date = timeOf(database.prepare('SELECT date FROM epss_metadata LIMIT 1').get()?.date)
  if (date === undefined) return undefined
  const rows = database.prepare('SELECT cve, epss, percentile FROM epss_handles').iterate() as Iterable<Row>
  return {
    on: date.slice(0, 10),
    rows: (function* () {
      for (const { cve, epss, percentile } of rows) yield [String(cve).toUpperCase(), Number(epss), Number(percentile)]
    })(),
  }
}
