import { rmSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'

/** What a database of Grype's holds, as tests write it. */
export interface GrypeContent {
  readonly model?: number
  readonly vulnerabilities: readonly {
    readonly provider: string
    readonly name: string
    readonly status?: string
    readonly description?: string
    readonly aliases?: readonly string[]
    readonly severities?: readonly unknown[]
    readonly packages?: readonly {
      readonly system?: { readonly name: string; readonly major: string; readonly minor?: string }
      readonly type: string
      readonly name: string
      readonly ranges?: readonly unknown[]
      readonly modularity?: string
      readonly unaffected?: boolean
    }[]
  }[]
  readonly kev?: readonly (Readonly<Record<string, unknown>> & { readonly cve: string })[]
  readonly epss?: { readonly date: string; readonly rows: readonly (readonly [string, number, number])[] }
}

/** Tables of version 6 that a reader of packages asks (https://github.com/anchore/grype, `grype/db/v6/models.go`). */
const TABLES = `
  CREATE TABLE blobs (id integer PRIMARY KEY AUTOINCREMENT, value text NOT NULL);
  CREATE TABLE db_metadata (build_timestamp datetime NOT NULL, model integer NOT NULL, revision integer NOT NULL, addition integer NOT NULL);
  CREATE TABLE providers (id text PRIMARY KEY, version text, processor text, date_captured datetime, input_digest text);
  CREATE TABLE vulnerability_handles (id integer PRIMARY KEY AUTOINCREMENT, name text NOT NULL, status text NOT NULL, published_date datetime, modified_date datetime, withdrawn_date datetime, provider_id text NOT NULL, blob_id integer);
  CREATE TABLE operating_systems (id integer PRIMARY KEY AUTOINCREMENT, name text, release_id text, major_version text, minor_version text, label_version text, codename text, channel text);
  CREATE TABLE packages (id integer PRIMARY KEY AUTOINCREMENT, ecosystem text, name text);
  CREATE TABLE affected_package_handles (id integer PRIMARY KEY AUTOINCREMENT, vulnerability_id integer NOT NULL, operating_system_id integer, package_id integer, blob_id integer);
  CREATE TABLE unaffected_package_handles (id integer PRIMARY KEY AUTOINCREMENT, vulnerability_id integer NOT NULL, operating_system_id integer, package_id integer, blob_id integer);
  CREATE TABLE known_exploited_vulnerability_handles (id integer PRIMARY KEY AUTOINCREMENT, cve text NOT NULL, blob_id integer);
  CREATE TABLE epss_handles (id integer PRIMARY KEY AUTOINCREMENT, cve text NOT NULL, epss real NOT NULL, percentile real NOT NULL);
  CREATE TABLE epss_metadata (date datetime NOT NULL);
`
const TIME = '2024-01-02 03:04:05+00:00'

/** Writes a database of Grype's. */
export function grypeDatabase(path: string, content: GrypeContent): void {
  rmSync(path, { force: true })
  const database = new DatabaseSync(path)
  database.exec(TABLES)
  const insert = (table: string, row: Readonly<Record<string, string | number | null>>): number => {
    const names = Object.keys(row)
    const sql = `INSERT INTO ${table} (${names.join(', ')}) VALUES (${names.map(() => '?').join(', ')})`
    return Number(database.prepare(sql).run(...Object.values(row)).lastInsertRowid)
  }
  const blob = (value: unknown) => insert('blobs', { value: JSON.stringify(value) })
  insert('db_metadata', {
    build_timestamp: '2026-11-23 01:02:03+00:00',
    model: content.model ?? 6,
    revision: 1,
    addition: 0,
  })
  for (const one of content.vulnerabilities) {
    const { provider, name, status = 'active', description, aliases, severities, packages = [] } = one
    const vulnerability = insert('vulnerability_handles', {
      name,
      status,
      published_date: TIME,
      modified_date: TIME,
      provider_id: provider,
      blob_id: blob({ id: name, description, aliases, severities }),
    })
    for (const { system, type, name: packageName, ranges, modularity, unaffected } of packages) {
      insert(unaffected ? 'unaffected_package_handles' : 'affected_package_handles', {
        vulnerability_id: vulnerability,
        operating_system_id:
          system === undefined
            ? null
            : insert('operating_systems', {
                name: system.name,
                major_version: system.major,
                minor_version: system.minor ?? '',
              }),
        package_id: insert('packages', { ecosystem: type, name: packageName }),
        blob_id: blob({ ranges, qualifiers: modularity === undefined ? undefined : { rpm_modularity: modularity } }),
      })
    }
  }
  for (const entry of content.kev ?? [])
    insert('known_exploited_vulnerability_handles', { cve: entry.cve, blob_id: blob(entry) })
  if (content.epss !== undefined) insert('epss_metadata', { date: content.epss.date })
  for (const [cve, epss, percentile] of content.epss?.rows ?? []) insert('epss_handles', { cve, epss, percentile })
  database.close()
}
