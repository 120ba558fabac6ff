import { asFailure, Failure } from '../lib/failure.ts'
import type { Diagnostic } from '../model/diagnostic.ts'
import type { Body } from './body.ts'
import { encodeRows } from './codec.ts'
import { loadReaders } from './load-readers.ts'
import type { AnyReader, BodyDigest, LayerFacts, LoadedReader, ReadResult, Row } from './types.ts'

/** A body that readers asked for: under which path they shall see it. */
export interface Request {
  readonly as: string
  readonly readers: readonly AnyReader[]
}

/** What is known of a file beside its bytes. `body` tells copies of one path within a layer apart. */
export interface Seen {
  readonly mode: number
  readonly sizeBytes: number
  readonly body: number
}

interface Found {
  readonly path: string
  readonly body: number
  readonly row?: Row
  readonly diagnostics: readonly Diagnostic[]
  /** Says something of this machine, not of the layer. */
  readonly transient: boolean
}

/** Runs readers over bodies and keeps, for each reader, what it found, until the layer is at its end. */
export class Taking {
  readonly #found = new Map<AnyReader, Found[]>()
  readonly #loaded = new Map<AnyReader, LoadedReader>()

  constructor(readers: readonly AnyReader[]) {
    for (const reader of readers) this.#found.set(reader, [])
  }

  /** Loads the code of these readers where it is not here yet. */
  async load(readers: readonly AnyReader[]): Promise<void> {
    const missing = [...new Set(readers)].filter((reader) => !this.#loaded.has(reader))
    for (const [i, loaded] of (await loadReaders(missing)).entries()) this.#loaded.set(missing[i], loaded)
  }

  /** Hands the body to each reader of each request. What a reader throws becomes a diagnostic by its `loss`. */
  read(requests: readonly Request[], seen: Seen, body: Body): void {
    const once = onceOver(body)
    for (const { as, readers } of requests) {
      for (const reader of readers)
        this.#keep(reader, readOne(this.#loaded.get(reader) ?? reader, as, seen, { ...body, once }))
    }
  }

  /** Notes that a file was wanted and not read. A transient reason holds for this run only. */
  lose(requests: readonly Request[], body: number, code: string, message: string, transient = false): void {
    for (const { as, readers } of requests) {
      for (const reader of readers) {
        const diagnostic = { code, message, path: as, effect: reader.wants.loss }
        this.#keep(reader, { path: as, body, diagnostics: [diagnostic], transient })
      }
    }
  }

  /**
   * The rows of each reader, encoded, in path order. `holds` says whether a path still leads to that body at the end of the
   * layer: a later entry may have taken its place.
   */
  rows(holds: (path: string, body: number) => boolean): LayerFacts['rows'] {
    return [...this.#found].map(([reader, found]) => {
      const kept = inOrder(found.filter(({ path, body }) => holds(path, body)))
      const rows = kept.flatMap(({ row }) => (row === undefined ? [] : [row]))
      const diagnostics = kept.flatMap((one) => one.diagnostics)
      const encoded = encodeFound(reader, rows, diagnostics)
      const transient = kept.some((one) => one.transient)
      const { id, version, options } = reader
      return {
        reader: id,
        version,
        ...(options === undefined ? {} : { options }),
        encoded,
        ...(transient ? { transient } : {}),
      }
    })
  }

  #keep(reader: AnyReader, found: Found): void {
    this.#found.get(reader)?.push(found)
  }
}

/** What readers make of a body, kept until the next one. */
function onceOver(body: Body): NonNullable<Body['once']> {
  const made = new Map<unknown, unknown>()
  return (make) => {
    if (!made.has(make)) made.set(make, make(body))
    return made.get(make) as ReturnType<typeof make>
  }
}

/** By path; what was read twice (two links of one name to one body) stands once. */
function inOrder(found: readonly Found[]): readonly Found[] {
  const sorted = found.toSorted((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : a.body - b.body))
  return sorted.filter(({ path, body, row }, i) => {
    const before = sorted[i - 1]
    return row === undefined || before?.row === undefined || before.path !== path || before.body !== body
  })
}

/** @throws Failure naming the reader when its facts are no plain data. */
function encodeFound(reader: AnyReader, rows: readonly Row[], diagnostics: readonly Diagnostic[]): Uint8Array {
  try {
    return encodeRows(rows, diagnostics)
  } catch (cause) {
    const message = `facts of the ${reader.id} reader cannot be kept: ${(cause as Error).message}`
    throw new Failure('facts-not-plain', message, { kind: 'internal', input: reader.id, cause })
  }
}

function readOne(reader: AnyReader, path: string, seen: Seen, body: Body): Found {
  const { mode, body: number } = seen
  try {
    const { facts, diagnostics: said } = callReader(reader, path, mode, body)
    const diagnostics = said.map((diagnostic) => (diagnostic.path === undefined ? { ...diagnostic, path } : diagnostic))
    const wanted = facts.length > 0 ? reader.wants.digests : undefined
    const digests = wanted === undefined ? {} : { digests: digestsOf(wanted, body) }
    const row = { path, mode, sizeBytes: body.sizeBytes, facts, ...digests }
    return { path, body: number, row, diagnostics, transient: false }
  } catch (error) {
    const failure = asFailure(error)
    const message = `the ${reader.id} reader gave up: ${failure.message}`
    const code = failure.kind === 'internal' ? 'reader-failed' : failure.code
    return { path, body: number, diagnostics: [{ code, message, path, effect: reader.wants.loss }], transient: false }
  }
}

function callReader(reader: AnyReader, path: string, mode: number, body: Body): ReadResult<unknown> {
  const { sizeBytes } = body
  if ('readRandom' in reader)
    return reader.readRandom({ path, mode, sizeBytes, at: body.at, ...(body.once && { once: body.once }) })
  if ('read' in reader) return reader.read({ path, mode, sizeBytes, bytes: body.at(0, sizeBytes) })
  throw new Failure('reader-not-loaded', 'its code was not loaded', { kind: 'internal', input: reader.id })
}

function digestsOf(wanted: readonly BodyDigest[], body: Body): Row['digests'] {
  const digests: Partial<Record<BodyDigest, string>> = {}
  for (const algorithm of wanted) digests[algorithm] = body.digest(algorithm)
  return digests
}
