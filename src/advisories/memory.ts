import { ecosystemLicence } from './ecosystems.ts'
import { entriesOf } from './entries.ts'
import { aliasSets, compareText, namesOf } from './names.ts'
import { bareEcosystem, ecosystemRelease, packageKey } from './package-key.ts'
import type {
  AdvisoryDatabase,
  AffectedEntry,
  DatabaseStatus,
  EpssEntry,
  KevEntry,
  OsvRecord,
  SourcedFact,
} from './types.ts'

/** What a database in memory holds besides its records. */
export interface MemoryExtras {
  readonly kev?: readonly KevEntry[]
  readonly epss?: ReadonlyMap<string, EpssEntry>
  readonly facts?: readonly SourcedFact[]
  readonly status?: Partial<DatabaseStatus>
}

/** An {@link AdvisoryDatabase} over records in memory, made by the same extraction as the file: for tests and small sets. */
export function memoryDatabase(records: readonly OsvRecord[], extras: MemoryExtras = {}): AdvisoryDatabase {
  const byId = new Map(records.map((record) => [record.id, record]))
  const entries = new Map<string, AffectedEntry[]>()
  const relations = new Map(records.map((record) => [record.id, namesOf(record)]))
  for (const record of byId.values()) {
    for (const { key, entry } of entriesOf(record)) add(entries, `${bareEcosystem(entry.ecosystem)}\n${key}`, entry)
  }
  const sets = aliasSets(relations.values())
  const covering = new Map<string, string[]>()
  for (const relation of relations.values()) for (const name of relation.covers) add(covering, name, relation.id)
  const kev = new Map((extras.kev ?? []).map((entry) => [entry.cve, entry]))
  const status = { ...statusOf(records), ...extras.status }
  return {
    affected: (ecosystem, name) => entries.get(`${bareEcosystem(ecosystem)}\n${packageKey(ecosystem, name)}`) ?? [],
    *packages(ecosystem) {
      for (const [key, of] of entries) if (key.startsWith(`${bareEcosystem(ecosystem)}\n`)) yield of
    },
    record: (id) => byId.get(id),
    origin: (id) => (byId.has(id) ? { source: 'memory', fetchedAt: status.checkedAt } : undefined),
    names: (id) => sets.names(id),
    covers: (id) => relations.get(id)?.covers ?? [],
    recordsNamed(name) {
      const found = new Set<string>()
      for (const each of sets.names(name)) {
        if (byId.has(each)) found.add(each)
        for (const id of covering.get(each) ?? []) found.add(id)
      }
      return [...found].sort(compareText)
    },
    kev: (cve) => kev.get(cve),
    epss: (cve) => extras.epss?.get(cve),
    facts: (cve) => extras.facts?.filter((fact) => fact.cve === cve) ?? [],
    status: () => status,
    close: () => {},
  }
}

function add<K, V>(map: Map<K, V[]>, key: K, value: V): void {
  const list = map.get(key)
  if (list === undefined) map.set(key, [value])
  else list.push(value)
}

function statusOf(records: readonly OsvRecord[]): DatabaseStatus {
  const releases = new Map<string, Set<string>>()
  for (const record of records) {
    for (const affected of record.affected) {
      if (affected.package === undefined) continue
      const name = bareEcosystem(affected.package.ecosystem)
      const known = releases.get(name) ?? new Set()
      releases.set(name, known)
      const release = ecosystemRelease(affected.package.ecosystem)
      if (release !== '') known.add(release)
    }
  }
  const at =
    records
      .map((record) => record.modified)
      .toSorted(compareText)
      .at(-1) ?? '1970-01-01T00:00:00Z'
  const within = (name: string) =>
    records.filter((record) => record.affected.some((one) => bareEcosystem(one.package?.ecosystem ?? '') === name))
  return {
    id: 'memory',
    builtAt: at,
    from: 'memory',
    checkedAt: at,
    everything: true,
    ecosystems: [...releases].map(([name, of]) => ({
      name,
      releases: [...of].sort(compareText),
      records: within(name).length,
      withdrawn: within(name).filter((record) => record.withdrawn !== undefined).length,
      skipped: 0,
      newestRecordAt: at,
      fetchedAt: at,
      source: 'memory',
      licence: ecosystemLicence(name),
    })),
    warnings: [],
    listed: [...releases.keys()],
  }
}
