import { createHash } from 'node:crypto'
import type { LayerRead } from './layer-read.ts'
import { fromStore } from './layer-read.ts'
import type { AnyReader, LayerFacts, ReadOptions, StoredLayer } from './types.ts'

type Means = Pick<ReadOptions, 'store' | 'signal' | 'explain'>

/** What a store knows of a layer: decoded, with the readers that still have to read it. */
export type StoredRead = NonNullable<ReturnType<typeof fromStore>>

/** One thing that is read once among processes. */
export interface OnceSteps<Found> {
  /** What is claimed. */
  readonly name: string
  /** How explanations name it. */
  readonly shown: string
  known(): Found | undefined
  /** Reads it and stores it. */
  read(): Promise<Found>
  waiting(): void
}

/**
 * What another process reads and stores while this one waits, or what is read here. Where claims cannot be made it is read here.
 * @throws Failure as `read` does, or the signal's reason.
 */
export async function readOnce<Found>(steps: OnceSteps<Found>, { store, signal, explain }: Means): Promise<Found> {
  const claims = await store?.claims?.()
  if (claims === undefined) return steps.read()
  let said = false
  const waiting = (): void => {
    if (!said) explain?.(`cache: another process reads ${steps.shown}: waiting for it`)
    said = true
    steps.waiting()
  }
  const taken = await claims.take(steps.name, steps.known, signal, waiting)
  if (taken.why === 'known') {
    explain?.(`cache: ${steps.shown} was read by another process`)
    return taken.found
  }
  try {
    return await steps.read()
  } finally {
    // Also when it failed: nothing is left behind, and who waits finds the claim gone and makes a new one.
    taken.done(true)
  }
}

/** What the store has, completed by what the shared store has; that is then stored here, too. */
export async function completeFromShared(
  key: string,
  stored: StoredRead | undefined,
  readers: readonly AnyReader[],
  { store, signal, explain }: Means,
): Promise<StoredRead | undefined> {
  const missing = stored?.missing ?? readers
  if (store?.shared === undefined || missing.length === 0) return stored
  const shared = await store.shared.load(key, missing, signal)
  const found = fromStore(shared, missing)
  if (shared === undefined || found === undefined) return stored
  store.store(asFacts(key, shared, missing))
  const rows = new Map([...(stored?.read.rows ?? []), ...found.read.rows])
  explain?.(`cache: ${key}: ${found.read.rows.size} of ${missing.length} readers' facts are in the shared cache`)
  return { read: { ...found.read, rows }, missing: found.missing }
}

/** Tells the shared store of a layer that is known now, whole. */
export async function tellShared(
  key: string,
  readers: readonly AnyReader[],
  { store }: Pick<ReadOptions, 'store'>,
): Promise<void> {
  const known = store?.shared === undefined ? undefined : store.load(key, readers)
  if (known !== undefined && known.rows.size === readers.length) await store?.shared?.store(key, known, readers)
}

function asFacts(key: string, { index, rows }: StoredLayer, readers: readonly AnyReader[]): LayerFacts {
  const kept = readers.flatMap(({ id: reader, version, options }) => {
    const encoded = rows.get(reader)
    return encoded === undefined ? [] : [{ reader, version, encoded, ...(options === undefined ? {} : { options }) }]
  })
  return { diffId: 'sha256:', key, complete: true, index, rows: kept, diagnostics: [] }
}

/**
 * Bodies that only the merge of an image asked for (links lead to them) are facts of their layer as well, of its bytes and the names
 * that were asked: they are kept under both, so that a known image is answered without opening the layer again.
 */
export async function readAlsoOnce(
  key: string,
  also: readonly { readonly path: string; readonly as: string }[],
  readers: readonly AnyReader[],
  options: Pick<ReadOptions, 'store'>,
  read: () => Promise<LayerFacts | undefined>,
): Promise<LayerFacts | undefined> {
  const asked = also.map(({ path, as }) => [path, as]).sort(([a, b], [c, d]) => (a < c || (a === c && b < d) ? -1 : 1))
  const name = `${key} also ${createHash('sha256').update(JSON.stringify(asked)).digest('hex')}`
  const stored = options.store?.load(name, readers)
  if (stored !== undefined && isWhole(fromStore(stored, readers))) return asFacts(name, stored, readers)
  const facts = await read()
  if (facts?.complete === true) options.store?.store({ ...facts, key: name })
  return facts
}

function isWhole(stored: { readonly read: LayerRead; readonly missing: readonly AnyReader[] } | undefined): boolean {
  return stored !== undefined && stored.missing.length === 0
}
