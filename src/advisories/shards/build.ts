import { createHash, hash, randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Failure } from '../../lib/failure.ts'
import type { StoredDatabase } from '../database/read.ts'
import { createDraft, type Draft, type EcosystemDraft } from '../database/write.ts'
import { compareText } from '../names.ts'
import { bareEcosystem } from '../package-key.ts'
import { parseRecord } from '../record.ts'
import type { OsvRecord } from '../types.ts'
import { allShards } from './all-shards.ts'
import { MAX_DELTA_BYTES, makeDelta, pack, unpack } from './delta.ts'
import { lenderSearch } from './lenders.ts'
import {
  MANIFEST_NAME,
  MAX_SHARD_BYTES,
  parseManifest,
  type ReleaseShard,
  SHARDS_FORMAT,
  type Shard,
  type ShardedEcosystem,
  type ShardManifest,
} from './manifest.ts'
import { shardRelease } from './release-key.ts'

export interface BuildOptions {
  /** Says what is being done. */
  readonly progress?: (message: string) => void
  readonly signal?: AbortSignal
}

/** What a build wrote. */
export interface BuildReport {
  readonly folder: string
  readonly manifest: ShardManifest
  /** Shards that the last build did not have. */
  readonly changed: number
  /** Bytes of all shards as they are fetched, without deltas. */
  readonly bytes: number
  /** Bytes that somebody fetches who has the last build. */
  readonly updateBytes: number
}

/** How many older builds deltas are made against. */
const MOST_OLDER = 3
/** Memory for the pages of one shard while many are filled at once. */
const SHARD_CACHE_BYTES = 2 * 1024 ** 2

/**
 * Cuts a database into shards, one for each release of an ecosystem and one for known exploitation, in a folder that may hold older
 * builds: what did not change keeps its name, and deltas lead from the older ones. The manifest comes last and in one step. The same
 * database gives the same bytes. Throws `Failure` where the database is damaged, the errors of the file system as they come.
 */
export function buildShards(database: StoredDatabase, folder: string, options: BuildOptions = {}): BuildReport {
  mkdirSync(join(folder, 'shards'), { recursive: true })
  const scratch = join(folder, `new-${process.pid}-${randomBytes(6).toString('hex')}`)
  mkdirSync(scratch)
  try {
    const older = olderManifests(folder)
    const files = new ShardFiles(folder, scratch)
    const lenders = lenderSearch(database)
    const ecosystems: ShardedEcosystem[] = []
    for (const [name, { state }] of database.ecosystems()) {
      options.signal?.throwIfAborted()
      options.progress?.(`${name}: cutting into shards`)
      const shards = cutEcosystem(database, name, scratch, lenders, options.signal).map((part): ReleaseShard => {
        const before = older.flatMap((one) => shardOf(one, name, part.release) ?? [])
        return {
          ...files.file(part.path, before),
          release: part.release,
          releases: part.releases,
          records: part.records,
        }
      })
      const { releases: _, ...rest } = state
      ecosystems.push({ name, ...rest, shards })
    }
    const exploitation = files.file(
      exploitationShard(database, scratch),
      older.map((one) => one.exploitation),
    )
    const { meta } = database
    const content = [
      exploitation.digest,
      ...ecosystems.flatMap((one) => [one.name, ...one.shards.map((shard) => shard.digest)]),
    ]
    const manifest: ShardManifest = {
      format: SHARDS_FORMAT,
      id: createHash('sha256').update(JSON.stringify(content)).digest('hex').slice(0, 32),
      builtAt: meta.builtAt,
      checkedAt: meta.checkedAt,
      from: meta.from,
      warnings: meta.warnings,
      listed: meta.listed,
      ...(meta.feeds === undefined ? {} : { feeds: meta.feeds }),
      ...(meta.kev === undefined ? {} : { kev: meta.kev }),
      ...(meta.epss === undefined ? {} : { epss: meta.epss }),
      exploitation,
      ecosystems,
    }
    return putManifest(folder, manifest, older)
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
}

/** Puts the manifest in place, keeps the last ones for deltas, and removes what none of them names. */
function putManifest(folder: string, manifest: ShardManifest, older: readonly ShardManifest[]): BuildReport {
  const text = `${JSON.stringify(manifest, null, 1)}\n`
  const temporary = join(folder, `.${MANIFEST_NAME}-${randomBytes(6).toString('hex')}`)
  writeFileSync(temporary, text)
  renameSync(temporary, join(folder, MANIFEST_NAME))
  const kept = [manifest, ...older.filter((one) => one.id !== manifest.id)].slice(0, MOST_OLDER + 1)
  kept.forEach((one, index) => {
    if (index > 0) writeFileSync(join(folder, `older-${index}.json`), `${JSON.stringify(one)}\n`)
  })
  const named = new Set(
    kept.flatMap((one) =>
      allShards(one).flatMap((shard) => [shard.packed.digest, ...shard.deltas.map((delta) => delta.digest)]),
    ),
  )
  for (const name of readdirSync(join(folder, 'shards')))
    if (!named.has(name)) rmSync(join(folder, 'shards', name), { force: true })
  const last = kept[1]
  const had = new Set(last === undefined ? [] : allShards(last).map((shard) => shard.digest))
  const shards = allShards(manifest)
  const changed = shards.filter((shard) => !had.has(shard.digest))
  const cost = (shard: Shard) =>
    Math.min(shard.packed.bytes, ...shard.deltas.filter((delta) => had.has(delta.from)).map((delta) => delta.bytes))
  return {
    folder,
    manifest,
    changed: changed.length,
    bytes: shards.reduce((sum, shard) => sum + shard.packed.bytes, 0),
    updateBytes: changed.reduce((sum, shard) => sum + cost(shard), 0),
  }
}

function shardOf(manifest: ShardManifest, ecosystem: string, release: string): Shard | undefined {
  return manifest.ecosystems.find((one) => one.name === ecosystem)?.shards.find((shard) => shard.release === release)
}

/** The last builds of a folder, newest first. What cannot be read is no reason not to build: deltas are lost, nothing else. */
function olderManifests(folder: string): readonly ShardManifest[] {
  const found: ShardManifest[] = []
  for (const name of [MANIFEST_NAME, ...Array.from({ length: MOST_OLDER }, (_, index) => `older-${index + 1}.json`)]) {
    const path = join(folder, name)
    if (!existsSync(path)) continue
    try {
      found.push(parseManifest(readFileSync(path), path))
    } catch (error) {
      if (!(error instanceof Failure)) throw error
    }
  }
  return found.slice(0, MOST_OLDER)
}

interface Part {
  readonly path: string
  readonly release: string
  readonly releases: readonly string[]
  readonly records: number
}

interface OpenPart {
  readonly path: string
  readonly draft: Draft
  readonly ecosystem: EcosystemDraft
}

/** One database file for each release key of an ecosystem, by key. */
function cutEcosystem(
  database: StoredDatabase,
  name: string,
  scratch: string,
  lenders: (record: OsvRecord) => readonly OsvRecord[],
  signal: AbortSignal | undefined,
): readonly Part[] {
  const open = new Map<string, OpenPart>()
  const part = (release: string): OpenPart => {
    const known = open.get(release)
    if (known !== undefined) return known
    const path = join(scratch, `${open.size}-${randomBytes(6).toString('hex')}.db`)
    const draft = createDraft(path, { stable: true, cacheBytes: SHARD_CACHE_BYTES })
    const made = { path, draft, ecosystem: draft.ecosystem(name) }
    open.set(release, made)
    return made
  }
  try {
    for (const one of database.recordsById(name)) {
      signal?.throwIfAborted()
      const parsed = parseRecord(one.body, one.id)
      if (!parsed.ok)
        throw new Failure('advisory-database', `record ${one.id}: ${parsed.reason}`, { input: database.path })
      const lent = lenders(parsed.record)
      for (const [release, record] of byRelease(parsed.record, name)) {
        const { ecosystem } = part(release)
        ecosystem.add(record, one.listed === '' ? '' : '-', { source: one.source, fetchedAt: '' })
        for (const lender of lent) ecosystem.lend(lender, { source: 'osv', fetchedAt: '' })
      }
    }
    return [...open]
      .sort(([a], [b]) => compareText(a, b))
      .map(([release, { path, draft, ecosystem }]) => {
        const { releases, records } = ecosystem.finish('', '')
        draft.finish(NOTHING, database)
        return { path, release, releases, records }
      })
  } finally {
    for (const { draft } of open.values()) draft.abandon()
  }
}

/** A shard says nothing of when it was made: only its content names it. */
const NOTHING = { builtAt: '', from: '', checkedAt: '', warnings: [], listed: [] }

/** A record as each release's shard holds it: with what it says about that release. A record about no package is everywhere's. */
function byRelease(record: OsvRecord, name: string): ReadonlyMap<string, OsvRecord> {
  const groups = Map.groupBy(
    record.affected.filter((one) => one.package !== undefined && bareEcosystem(one.package.ecosystem) === name),
    (one) => shardRelease(one.package?.ecosystem ?? ''),
  )
  if (groups.size === 0) return new Map([['', { ...record, affected: [] }]])
  return new Map([...groups].map(([release, affected]) => [release, { ...record, affected }]))
}

function exploitationShard(database: StoredDatabase, scratch: string): string {
  const path = join(scratch, 'exploitation.db')
  const draft = createDraft(path, { stable: true })
  draft.kev([...database.allKev()].sort((a, b) => compareText(a.cve, b.cve)))
  draft.epss(database.allEpss())
  draft.facts(database.allFacts())
  draft.finish({ ...NOTHING, ...(database.meta.epss && { epss: { ...database.meta.epss, fetchedAt: '' } }) })
  return path
}

/** Files finished shards under the names of their contents. */
class ShardFiles {
  readonly #folder: string
  readonly #scratch: string

  constructor(folder: string, scratch: string) {
    this.#folder = folder
    this.#scratch = scratch
  }

  /** Packs a shard, and finds the deltas that lead to it from those that stood in its place. The unpacked file is removed. */
  file(path: string, before: readonly Shard[]): Shard {
    if (statSync(path).size > MAX_SHARD_BYTES)
      throw new Failure('shard-size', `a shard is larger than ${MAX_SHARD_BYTES} bytes`, { input: path })
    const content = readFileSync(path)
    rmSync(path)
    const digest = hash('sha256', content, 'hex')
    const same = before.find((one) => one.digest === digest && this.#has(one.packed.digest))
    const packed = same?.packed ?? this.#put(pack(content))
    const deltas = new Map(same?.deltas.filter((one) => this.#has(one.digest)).map((one) => [one.from, one]))
    for (const one of before) {
      if (one.digest === digest || deltas.has(one.digest) || one.bytes + content.length > MAX_DELTA_BYTES) continue
      const old = this.#unpacked(one)
      const delta = old && makeDelta(old, content)
      if (delta !== undefined && delta.length < packed.bytes)
        deltas.set(one.digest, { from: one.digest, ...this.#put(delta) })
    }
    return { digest, bytes: content.length, packed, deltas: [...deltas.values()] }
  }

  #has(digest: string): boolean {
    return existsSync(join(this.#folder, 'shards', digest))
  }

  #put(content: Uint8Array): { readonly digest: string; readonly bytes: number } {
    const digest = hash('sha256', content, 'hex')
    const path = join(this.#folder, 'shards', digest)
    if (!existsSync(path)) {
      const temporary = join(this.#scratch, digest)
      writeFileSync(temporary, content)
      renameSync(temporary, path)
    }
    return { digest, bytes: content.length }
  }

  /** An older shard's content, or undefined where the file is gone or is not what its name says. */
  #unpacked(shard: Shard): Uint8Array | undefined {
    try {
      const content = unpack(readFileSync(join(this.#folder, 'shards', shard.packed.digest)), shard.bytes)
      return hash('sha256', content, 'hex') === shard.digest ? content : undefined
    } catch {
      return undefined
    }
  }
}
