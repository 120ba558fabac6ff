import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Failure } from '../../lib/failure.ts'
import { openStored, type StoredDatabase } from '../database/read.ts'
import { ecosystemLicence } from '../ecosystems.ts'
import { joinRecords } from '../feeds/join-records.ts'
import { compareText } from '../names.ts'
import { bareEcosystem, ecosystemRelease } from '../package-key.ts'
import type { AdvisoryDatabase, DatabaseStatus, OsvRecord } from '../types.ts'
import { MANIFEST_NAME, parseManifest, type Shard, type ShardedEcosystem, type ShardManifest } from './manifest.ts'
import { readNote, type ShardNote } from './note.ts'
import { shardRelease } from './release-key.ts'

/** File of a shard that was fetched, in the folder of its manifest. */
export function shardPath(folder: string, shard: Pick<Shard, 'digest'>): string {
  return join(folder, 'shards', `${shard.digest}.db`)
}

/** Whether a folder holds a database of shards. */
export function hasShards(folder: string): boolean {
  return existsSync(join(folder, MANIFEST_NAME))
}

/** The manifest of a folder of fetched shards. Throws `Failure` that names it when it is none. */
export function readManifest(folder: string): ShardManifest {
  const path = join(folder, MANIFEST_NAME)
  try {
    return parseManifest(readFileSync(path), path)
  } catch (cause) {
    if (cause instanceof Failure) throw cause
    throw new Failure('shard-manifest', `cannot read ${path}: ${(cause as Error).message}`, { input: path, cause })
  }
}

/**
 * Opens the shards of a folder as one database. Each is opened when something is asked that it may know; one that was not fetched is an
 * ecosystem, or a release, that the database lacks. Throws `Failure` for a damaged manifest; look-ups throw it for a damaged shard.
 */
export function openShards(folder: string): AdvisoryDatabase {
  const manifest = readManifest(folder)
  const open = new Map<string, StoredDatabase>()
  const opened = (shard: Shard): StoredDatabase => {
    const known = open.get(shard.digest)
    if (known !== undefined) return known
    const database = openStored(shardPath(folder, shard))
    open.set(shard.digest, database)
    return database
  }
  const held = heldOf(folder, manifest)
  const byName = new Map(held.map((one) => [one.name, one]))
  let exploitation: StoredDatabase | undefined | false
  const exploited = () => {
    exploitation ??= existsSync(shardPath(folder, manifest.exploitation)) ? opened(manifest.exploitation) : false
    return exploitation || undefined
  }
  /** Those that were asked before come first: what is known of a component's advisory is in its own shard. */
  function* everywhere(): Generator<StoredDatabase> {
    const tried = new Set(open.keys())
    for (const [digest, database] of open) if (digest !== manifest.exploitation.digest) yield database
    for (const one of held) for (const shard of one.shards) if (!tried.has(shard.digest)) yield opened(shard)
  }
  const inOpen = () =>
    [...open].filter(([digest]) => digest !== manifest.exploitation.digest).map(([, database]) => database)
  const openFor = (id: string): readonly StoredDatabase[] => {
    const known = inOpen().filter((database) => database.record(id) !== undefined)
    if (known.length > 0) return known
    for (const database of everywhere()) if (database.record(id) !== undefined) return [database]
    return []
  }
  return {
    affected(ecosystem, name) {
      const of = byName.get(bareEcosystem(ecosystem))
      if (of === undefined) return []
      const release = shardRelease(ecosystem)
      const every = release === '' || ecosystemRelease(ecosystem) === ''
      const shards = of.shards.filter((shard) => every || shard.release === release || shard.release === '')
      return shards.flatMap((shard) => opened(shard).affected(of.name, name))
    },
    *packages(ecosystem) {
      for (const shard of byName.get(bareEcosystem(ecosystem))?.shards ?? []) yield* opened(shard).packages(ecosystem)
    },
    record(id) {
      const said = openFor(id).flatMap((database) => database.record(id) ?? [])
      const whole = said.filter((record) => record.affected.length > 0)
      return said.length === 0 ? undefined : joinRecords((whole.length > 0 ? whole : said) as readonly OsvRecord[])
    },
    origin(id) {
      for (const database of openFor(id)) {
        const origin = database.origin(id)
        const [name = ''] = database.ecosystems().keys()
        if (origin !== undefined) return { source: origin.source, fetchedAt: byName.get(name)?.fetchedAt ?? '' }
      }
      return undefined
    },
    names(id) {
      for (const database of inOpen()) {
        const names = database.names(id)
        if (names.length > 1) return names
      }
      return openFor(id)[0]?.names(id) ?? [id]
    },
    covers: (id) => openFor(id)[0]?.covers(id) ?? [],
    recordsNamed(name) {
      const asked = inOpen()
      const found = new Set(
        (asked.length > 0 ? asked : [...everywhere()]).flatMap((database) => database.recordsNamed(name)),
      )
      return [...found].sort(compareText)
    },
    kev: (cve) => exploited()?.kev(cve),
    epss: (cve) => exploited()?.epss(cve),
    facts: (cve) => exploited()?.facts(cve) ?? [],
    status: () => statusOf(manifest, held, readNote(folder)),
    close() {
      for (const database of open.values()) database.close()
      open.clear()
    },
  }
}

/** The ecosystems of which a shard is here, with those that are. */
function heldOf(folder: string, manifest: ShardManifest): readonly ShardedEcosystem[] {
  return manifest.ecosystems.flatMap((one) => {
    const shards = one.shards.filter((shard) => existsSync(shardPath(folder, shard)))
    return shards.length === 0 ? [] : [{ ...one, shards }]
  })
}

function statusOf(
  manifest: ShardManifest,
  held: readonly ShardedEcosystem[],
  note: ShardNote | undefined,
): DatabaseStatus {
  const { format: _, exploitation: __, ecosystems, ...rest } = manifest
  const shards = (of: readonly ShardedEcosystem[]) => of.reduce((sum, one) => sum + one.shards.length, 0)
  return {
    ...rest,
    ...(note === undefined ? {} : { from: note.from, checkedAt: note.checkedAt }),
    listed: [...new Set([...manifest.listed, ...ecosystems.map((one) => one.name)])].sort(compareText),
    everything: shards(held) === shards(ecosystems),
    partial: held
      .filter((one) => one.shards.length < (ecosystems.find(({ name }) => name === one.name)?.shards.length ?? 0))
      .map((one) => one.name),
    ecosystems: held.map(({ shards: parts, feeds: ___, ...one }) => ({
      ...one,
      records: parts.reduce((sum, shard) => sum + shard.records, 0),
      releases: [...new Set(parts.flatMap((shard) => shard.releases))].sort(compareText),
      licence: ecosystemLicence(one.name),
    })),
  }
}
