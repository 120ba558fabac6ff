import { hash, randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { Failure } from '../../lib/failure.ts'
import { bareEcosystem, ecosystemRelease } from '../package-key.ts'
import { inParallel } from '../sources/parallel.ts'
import type { EcosystemReport, UpdateProgress } from '../sources/source.ts'
import { allShards } from './all-shards.ts'
import { applyDelta, unpack } from './delta.ts'
import { MANIFEST_NAME, parseManifest, type Shard, type ShardManifest } from './manifest.ts'
import { NOTE_NAME, readNote, type ShardNote } from './note.ts'
import { hasShards, readManifest, shardPath } from './open.ts'
import type { ShardPlace } from './place.ts'
import { shardRelease } from './release-key.ts'

export interface ShardWish {
  /** With or without release: these beside those that are here. */
  readonly ecosystems: readonly string[]
  /** Every shard of the place. */
  readonly all: boolean
}

export interface ShardIo {
  readonly now: () => Date
  readonly signal: AbortSignal | undefined
  progress(event: UpdateProgress): void
}

/** What fetching shards did. */
export interface ShardReport {
  readonly ecosystems: readonly EcosystemReport[]
  /** Bytes that were fetched for shards. */
  readonly fetchedBytes: number
  /** What was repaired on the way. */
  readonly warnings: readonly string[]
}

const PARALLEL_BLOBS = 4

/**
 * Brings the shards of a folder up to those of a place: those that are here and those that are wished for, each by the smallest way, a
 * delta or whole. Files are named by their contents and the manifest comes last, so that a machine that stops half-way has the old
 * database, and what it had fetched is not fetched again. Rejects with `Failure` that names the blob for one that is not what the manifest says.
 */
export async function fetchShards(
  folder: string,
  place: ShardPlace,
  wish: ShardWish,
  io: ShardIo,
): Promise<ShardReport> {
  await mkdir(join(folder, 'shards'), { recursive: true, mode: 0o700 })
  const before = manifestHere(folder)
  const note = readNote(folder)
  const known = before !== undefined && note?.from === place.origin ? note.mark : undefined
  io.progress({ message: `asking ${place.origin}` })
  const answer = await place.manifest(known)
  const manifest = answer === undefined ? before : parseManifest(answer.content, `${place.origin}: ${MANIFEST_NAME}`)
  if (manifest === undefined)
    throw new Failure('shard-manifest', `${place.origin} gave no manifest`, { input: place.origin })
  const work = new ShardFetch(folder, place, before, io)
  const wanted = wantedShards(manifest, before, folder, wish)
  const missing = wanted.filter((shard) => !existsSync(shardPath(folder, shard)))
  await work.all(missing)
  if (answer !== undefined) await putFile(folder, MANIFEST_NAME, answer.content)
  const mark = answer === undefined ? note?.mark : answer.mark
  const now: ShardNote = {
    from: place.origin,
    checkedAt: io.now().toISOString(),
    ...(mark === undefined ? {} : { mark }),
  }
  await putFile(folder, NOTE_NAME, Buffer.from(JSON.stringify(now)))
  await removeOld(folder, [manifest, ...(before === undefined ? [] : [before])])
  return {
    ecosystems: reports(folder, manifest, before, missing),
    fetchedBytes: work.fetchedBytes,
    warnings: work.warnings,
  }
}

function manifestHere(folder: string): ShardManifest | undefined {
  try {
    return hasShards(folder) ? readManifest(folder) : undefined
  } catch {
    // A damaged one is replaced; the shards that are here are found by their names.
    return undefined
  }
}

/** Those of the new manifest that are wished for, or whose predecessor is here. */
function wantedShards(
  manifest: ShardManifest,
  before: ShardManifest | undefined,
  folder: string,
  wish: ShardWish,
): readonly Shard[] {
  const wanted: Shard[] = [manifest.exploitation]
  for (const { name, shards } of manifest.ecosystems) {
    const had = before?.ecosystems.find((one) => one.name === name)?.shards ?? []
    const here = new Set(had.filter((shard) => existsSync(shardPath(folder, shard))).map((shard) => shard.release))
    const asked = wish.ecosystems.filter((one) => bareEcosystem(one).toLowerCase() === name.toLowerCase())
    const releases = asked.map((one) => shardRelease(`${name}:${ecosystemRelease(one)}`))
    for (const shard of shards) {
      const fits =
        releases.some((release) => release === '' || release === shard.release) ||
        (asked.length > 0 && shard.release === '')
      if (wish.all || here.has(shard.release) || fits) wanted.push(shard)
    }
  }
  return wanted
}

class ShardFetch {
  readonly warnings: string[] = []
  fetchedBytes = 0
  readonly #folder: string
  readonly #place: ShardPlace
  readonly #io: ShardIo
  readonly #here: ReadonlySet<string>

  constructor(folder: string, place: ShardPlace, before: ShardManifest | undefined, io: ShardIo) {
    this.#folder = folder
    this.#place = place
    this.#io = io
    const shards = before === undefined ? [] : allShards(before)
    this.#here = new Set(shards.filter((shard) => existsSync(shardPath(folder, shard))).map((shard) => shard.digest))
  }

  async all(shards: readonly Shard[]): Promise<void> {
    const totalBytes = shards.reduce((sum, shard) => sum + (this.#delta(shard)?.bytes ?? shard.packed.bytes), 0)
    await inParallel([...shards], PARALLEL_BLOBS, async (shard) => {
      this.#io.signal?.throwIfAborted()
      await putFile(join(this.#folder, 'shards'), `${shard.digest}.db`, await this.#content(shard))
      this.#io.progress({ message: 'fetching shards', doneBytes: this.fetchedBytes, totalBytes })
    })
  }

  #delta(shard: Shard) {
    const [smallest] = shard.deltas.filter((delta) => this.#here.has(delta.from)).toSorted((a, b) => a.bytes - b.bytes)
    return smallest !== undefined && smallest.bytes < shard.packed.bytes ? smallest : undefined
  }

  /** A delta that does not fit, or whose bytes are others, costs its bytes and no more: the whole shard is taken. */
  async #content(shard: Shard): Promise<Uint8Array> {
    const delta = this.#delta(shard)
    if (delta !== undefined) {
      try {
        const old = await readFile(shardPath(this.#folder, { digest: delta.from }))
        return this.#checked(applyDelta(old, await this.#blob(delta), shard.bytes), shard.digest, 'a delta')
      } catch (error) {
        this.#io.signal?.throwIfAborted()
        this.warnings.push(`a delta did not lead to its shard, which is taken whole: ${(error as Error).message}`)
      }
    }
    const packed = await this.#blob(shard.packed)
    let content: Uint8Array
    try {
      content = unpack(packed, shard.bytes)
    } catch (cause) {
      throw new Failure(
        'shard-packed',
        `${this.#place.origin}: shard ${shard.digest} is damaged: ${(cause as Error).message}`,
        {
          input: shard.digest,
          cause,
        },
      )
    }
    return this.#checked(content, shard.digest, 'a shard')
  }

  async #blob(blob: { readonly digest: string; readonly bytes: number }): Promise<Uint8Array> {
    const content = await this.#place.blob(blob)
    this.fetchedBytes += content.length
    return this.#checked(content, blob.digest, 'a blob')
  }

  #checked(content: Uint8Array, digest: string, what: string): Uint8Array {
    const found = hash('sha256', content, 'hex')
    if (found === digest) return content
    throw new Failure(
      'digest-mismatch',
      `${this.#place.origin}: ${what} should be sha256:${digest} and is sha256:${found}`,
      {
        input: digest,
        hints: ['the place was changed or is damaged: publish the shards again'],
      },
    )
  }
}

/** Onto the disk first, then into its place. */
async function putFile(folder: string, name: string, content: Uint8Array): Promise<void> {
  const temporary = join(folder, `new-${process.pid}-${randomBytes(6).toString('hex')}`)
  try {
    const handle = await open(temporary, 'wx', 0o600)
    try {
      await handle.writeFile(content)
      await handle.sync()
    } finally {
      await handle.close()
    }
    await rename(temporary, join(folder, name))
  } catch (error) {
    await rm(temporary, { force: true })
    throw error
  }
}

/** A reader that opened the last manifest may still open its shards; those of none of the two go. */
async function removeOld(folder: string, manifests: readonly ShardManifest[]): Promise<void> {
  const named = new Set(manifests.flatMap((one) => allShards(one).map((shard) => `${shard.digest}.db`)))
  for (const name of await readdir(join(folder, 'shards')))
    if (name.endsWith('.db') && !named.has(name)) await rm(join(folder, 'shards', name), { force: true })
}

function reports(
  folder: string,
  manifest: ShardManifest,
  before: ShardManifest | undefined,
  fetched: readonly Shard[],
): readonly EcosystemReport[] {
  const taken = new Set(fetched.map((shard) => shard.digest))
  return manifest.ecosystems.flatMap(({ name, shards, skipped }) => {
    const held = shards.filter((shard) => existsSync(shardPath(folder, shard)))
    if (held.length === 0) return []
    const old = before?.ecosystems.find((one) => one.name === name)
    const count = (of: typeof shards) => of.reduce((sum, shard) => sum + shard.records, 0)
    const was = count(old?.shards.filter((shard) => held.some((one) => one.release === shard.release)) ?? [])
    const renewed = held.some((shard) => taken.has(shard.digest))
    const outcome = !renewed ? 'unchanged' : old === undefined ? 'taken' : 'changed'
    const records = count(held)
    return [
      {
        name,
        outcome,
        records,
        added: Math.max(0, records - was),
        changed: 0,
        removed: Math.max(0, was - records),
        skipped,
      } as const,
    ]
  })
}
