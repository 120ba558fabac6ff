import { hash } from 'node:crypto'
import { type BoltBucket, openBolt } from '../../../lib/bolt/database.ts'
import { Failure } from '../../../lib/failure.ts'
import { isRecordId } from '../../ecosystems.ts'
import { bareEcosystem } from '../../package-key.ts'
import { publisherOf } from '../../publisher.ts'
import type { OsvAffected, OsvRecord } from '../../types.ts'
import type { ForeignDatabase, ForeignItem } from '../types.ts'
import { languageAffected, systemAffected } from './affected.ts'
import { OTHER_BUCKETS, sourceName, subjectOf } from './buckets.ts'
import { detailOf, severitiesBy, timesOf, weaknessRecord } from './details.ts'
import { advisoryShape, type TrivyAdvisory } from './shapes.ts'

/** Where records about weaknesses themselves are filed: they name no package. */
const WEAKNESSES = 'CVE'
/** Advisories that are put together at a time: an ecosystem with more is read several times, a part of its weaknesses each. */
const AT_A_TIME = 150_000
const MAX_ADVISORY_BYTES = 8 * 1024 ** 2

/** A bucket of packages and what it is about. */
interface Subject {
  readonly bucket: string
  readonly ecosystem: string
  readonly source: string
}

/** Opens Trivy's database (https://github.com/aquasecurity/trivy-db). @throws Failure that names the file. */
export function openTrivyDatabase(path: string, at: string): ForeignDatabase {
  const bolt = openBolt(path)
  try {
    const { subjects, unknown } = subjectsIn(bolt.root)
    const ecosystems = new Set(subjects.map(({ ecosystem }) => bareEcosystem(ecosystem)))
    const details = bolt.root.bucket('vulnerability')
    if (subjects.length === 0 && details === undefined)
      throw new Failure('foreign-database', `${path} is a bolt database, and none of Trivy's`, { input: path })
    const releases = redHatReleases(bolt.root)
    return {
      id: 'trivy-db',
      ecosystems: [...ecosystems, ...(details === undefined ? [] : [WEAKNESSES])].sort(),
      *records(ecosystem) {
        if (ecosystem === WEAKNESSES) yield* weaknesses(details, at)
        else {
          const about = subjects.filter((subject) => bareEcosystem(subject.ecosystem) === ecosystem)
          yield* new Reading(bolt.root, about, releases, details, at).records()
        }
        bolt.check()
      },
      cannotSay: [
        'withdrawn advisories',
        'since when a fix exists',
        'what is not affected',
        'other names of an advisory beside its CVE number',
        'exploitation (KEV, EPSS)',
        ...(unknown.length === 0 ? [] : [`not read: ${unknown.slice(0, 10).join(', ')}`]),
      ],
      close: bolt.close,
    }
  } catch (cause) {
    bolt.close()
    throw cause
  }
}

function subjectsIn(root: BoltBucket): { readonly subjects: readonly Subject[]; readonly unknown: readonly string[] } {
  const subjects: Subject[] = []
  const unknown: string[] = []
  const sources = root.bucket('data-source')
  for (const { key, bucket } of root.entries()) {
    if (bucket === undefined || OTHER_BUCKETS.has(key)) continue
    const subject = subjectOf(key)
    if (subject === undefined) unknown.push(key)
    else
      subjects.push({ bucket: key, source: subject.source ?? dataSource(sources, key), ecosystem: subject.ecosystem })
  }
  return { subjects, unknown }
}

/** Who fills a language's bucket: the ID of its data source. */
function dataSource(sources: BoltBucket | undefined, bucket: string): string {
  try {
    const { ID: id } = JSON.parse(sources?.text(bucket) ?? '{}') as { ID?: unknown }
    if (typeof id === 'string' && /^[\w-]{1,40}$/.test(id)) return id
  } catch {
    // Named by the bucket itself then.
  }
  return /github/i.test(bucket) ? 'ghsa' : /gitlab/i.test(bucket) ? 'glad' : 'trivy'
}

/** Releases of Red Hat by the numbers that entries use: `enterprise_linux:8` of `cpe:/o:redhat:enterprise_linux:8::baseos`. */
function redHatReleases(root: BoltBucket): ReadonlyMap<number, string> {
  const releases = new Map<number, string>()
  for (const { key, value } of root.bucket('Red Hat CPE', 'cpe')?.entries() ?? []) {
    const text = value === undefined ? '' : new TextDecoder().decode(value).replaceAll('"', '').trim()
    const found = /^cpe:\/[aoh]:redhat:([\w.-]+)(?::([\w.-]+))?/.exec(text)
    if (found !== null) releases.set(Number(key), `Red Hat:${found[1]}${found[2] === undefined ? '' : `:${found[2]}`}`)
  }
  return releases
}

function* weaknesses(details: BoltBucket | undefined, at: string): Generator<ForeignItem> {
  for (const { key, value } of details?.entries() ?? []) {
    if (value === undefined) continue
    const detail = isRecordId(key) ? detailOf(details, key) : undefined
    if (detail === undefined) yield { wrong: key.slice(0, 200), reason: 'not the form of a vulnerability' }
    else yield { record: weaknessRecord(key, detail, at) }
  }
}

/** A record while its packages are put together. */
interface Gathered {
  readonly id: string
  readonly weakness: string
  readonly source: string
  readonly affected: OsvAffected[]
  readonly names: Set<string>
  readonly carried: Set<string>
}

/** Reads what is said about one ecosystem: packages are the outer order there, and weaknesses ours. */
class Reading {
  readonly #root: BoltBucket
  readonly #subjects: readonly Subject[]
  readonly #releases: ReadonlyMap<number, string>
  readonly #details: BoltBucket | undefined
  readonly #at: string

  constructor(
    root: BoltBucket,
    subjects: readonly Subject[],
    releases: ReadonlyMap<number, string>,
    details: BoltBucket | undefined,
    at: string,
  ) {
    this.#root = root
    this.#subjects = subjects
    this.#releases = releases
    this.#details = details
    this.#at = at
  }

  *records(): Generator<ForeignItem> {
    let count = 0
    for (const _ of this.#advisories()) count++
    const parts = Math.max(1, Math.ceil(count / AT_A_TIME))
    for (let part = 0; part < parts; part++) {
      const gathered = new Map<string, Gathered>()
      for (const { subject, name, key, value } of this.#advisories()) {
        if (parts > 1 && partOf(key, parts) !== part) continue
        const reason = this.#gather(gathered, subject, name, key, value)
        if (reason !== undefined) yield { wrong: `${subject.bucket}/${name}/${key}`.slice(0, 300), reason }
      }
      for (const one of gathered.values()) yield { record: this.#record(one) }
    }
  }

  *#advisories(): Generator<{ readonly subject: Subject; name: string; key: string; value: Uint8Array }> {
    for (const subject of this.#subjects)
      for (const { key: name, bucket } of this.#root.bucket(subject.bucket)?.entries() ?? [])
        for (const { key, value } of bucket?.entries() ?? [])
          if (value !== undefined) yield { subject, name, key, value }
  }

  /** Files one advisory about one package; gives the reason why it cannot. */
  #gather(
    gathered: Map<string, Gathered>,
    subject: Subject,
    name: string,
    key: string,
    value: Uint8Array,
  ): string | undefined {
    if (value.length > MAX_ADVISORY_BYTES) return `larger than ${MAX_ADVISORY_BYTES} bytes`
    let advisory: TrivyAdvisory
    try {
      advisory = advisoryShape.parse(JSON.parse(new TextDecoder().decode(value)) ?? {})
    } catch {
      return 'not the form of an advisory'
    }
    const weakness = key.trim()
    const vendorIds = [...(advisory.VendorIDs ?? []), ...(advisory.Entries ?? []).flatMap((one) => one.VendorIDs ?? [])]
    const id = recordId(weakness, subject.source, vendorIds)
    if (!isRecordId(id)) return 'its name cannot be one'
    const affected = this.#affected(subject, name, advisory)
    if (typeof affected === 'string') return affected
    const known: Gathered = gathered.get(id) ?? {
      id,
      weakness,
      source: subject.source,
      affected: [],
      names: new Set(),
      carried: new Set(),
    }
    gathered.set(id, known)
    known.affected.push(...affected)
    if (weakness !== id) known.names.add(weakness)
    for (const other of vendorIds) if (other !== id && isRecordId(other)) known.carried.add(other)
    for (const entry of advisory.Entries ?? [])
      for (const { ID: cve } of entry.Cves ?? []) if (cve && cve !== id && isRecordId(cve)) known.names.add(cve)
    return undefined
  }

  #affected(subject: Subject, name: string, advisory: TrivyAdvisory): readonly OsvAffected[] | string {
    const { ecosystem, source } = subject
    if (subject.bucket.includes('::')) {
      const said = languageAffected(ecosystem, name, advisory)
      return typeof said === 'string' ? said : [said]
    }
    const of = { ecosystems: [ecosystem], name, source: sourceName(source) }
    if (!advisory.Entries?.length) return systemAffected(of, advisory)
    return advisory.Entries.flatMap((entry) => {
      const releases = entry.Affected?.map((number) => this.#releases.get(number)).filter((one) => one !== undefined)
      return systemAffected({ ...of, ecosystems: releases === undefined ? [ecosystem] : [...new Set(releases)] }, entry)
    })
  }

  #record({ id, weakness, source, affected, names, carried }: Gathered): OsvRecord {
    const detail = detailOf(this.#details, weakness)
    const { bundle } = publisherOf(id)
    const system = affected.some((one) => one.severity !== undefined)
    return {
      id,
      ...timesOf(detail, this.#at),
      // A language's record goes by the CVE number too; a distribution's is about its own builds of what has it.
      aliases: publisherOf(id).kind === 'distribution' ? [] : [...names],
      upstream: publisherOf(id).kind === 'distribution' ? [...names] : [],
      related: [...carried],
      severity: bundle || system ? [] : severitiesBy(detail, source),
      affected,
      references: [],
      ...(detail?.Title && bundle ? { summary: detail.Title } : {}),
    }
  }
}

/** The part that a weakness is read with: the same for every package that has it. */
function partOf(key: string, parts: number): number {
  return Number.parseInt(hash('sha1', key).slice(0, 8), 16) % parts
}

/** Prefixes of records about one weakness, by source. */
const PREFIXES: ReadonlyMap<string, string> = new Map([
  ['azurelinux', 'AZL'],
  ['chainguard', 'CGR'],
  ['oracle', 'ORACLE'],
  ['suse', 'SUSE'],
])

/**
 * The name of the record that says what a source says about a weakness: its own where it is stated (`GHSA-…`, `RHSA-…`), else the source's
 * with the weakness's behind it, as OSV names those of distributions (`UBUNTU-CVE-2022-3715`).
 */
function recordId(weakness: string, source: string, vendorIds: readonly string[]): string {
  if (source === 'ghsa') {
    const own = [weakness, ...vendorIds].find((one) => one.startsWith('GHSA-'))
    if (own !== undefined) return own
  }
  if (!weakness.startsWith('CVE-')) return weakness
  const name = sourceName(source)
  return `${PREFIXES.get(name) ?? name.toUpperCase()}-${weakness}`
}
