import { Failure } from '../../lib/failure.ts'
import type { StoredDatabase } from '../database/read.ts'
import type { DatabaseMeta } from '../database/schema.ts'
import type { Draft } from '../database/write.ts'
import type { ForeignDatabase } from '../foreign/types.ts'
import { originOf, type SourceResult, type UpdateRun } from './source.ts'

/** A source of facts that is one document, which a mirror may hold too. `Note` is what the database remembers of it. */
export interface DocumentSource<Note extends { readonly entries: number }> {
  /** As progress names it. */
  readonly name: string
  /** Where the publisher has it; asked only beside OSV's own bucket. */
  readonly address: string
  /** Where a mirror may have it, the first that is there counts. */
  readonly places: readonly (readonly string[])[]
  readonly maxBytes: number
  /** Code of the `Failure` for a document that lost more than a tenth. */
  readonly shrinks: string
  /** What is counted in it, and what of it may be wrong. */
  readonly units: { readonly all: string; readonly wrong: string }
  /** What a warning says: why there is none, and what scans lack without one. */
  absent(origin: string): string
  readonly without: string
  /** Throws `Failure` for what is no such document. */
  parse(bytes: Uint8Array, input: string): ParsedDocument<Note>
  /** The same out of another scanner's database; undefined where it has none. */
  foreign(database: ForeignDatabase, draft: Draft, at: string): Note | undefined
  noteIn(of: DatabaseMeta): Note | undefined
  asResult(note: Note): SourceResult
  /** The warning's name for the state that stays. */
  staying(note: Note): string
  /** Takes over what a database holds; gives the number of entries. */
  copy(from: StoredDatabase, draft: Draft): number
}

export interface ParsedDocument<Note> {
  readonly count: number
  readonly skipped: number
  /** Files it; `at` is the ISO time of fetching. */
  file(draft: Draft, at: string): Note
}

/** Fills the draft with the document; with the last state and a warning where the source has none or only a wrong one. */
export async function updateDocument<Note extends { readonly entries: number }>(
  source: DocumentSource<Note>,
  run: UpdateRun,
): Promise<SourceResult> {
  const { place } = run
  const origin = originOf(place)
  try {
    return (await taken(source, run)) ?? kept(source, run, source.absent(origin))
  } catch (error) {
    run.signal?.throwIfAborted()
    // What the source does wrong costs this document; a disk that is full or a bug is everyone's.
    if (!(error instanceof Failure)) throw error
    return kept(source, run, error.message)
  }
}

async function taken<Note extends { readonly entries: number }>(
  source: DocumentSource<Note>,
  run: UpdateRun,
): Promise<SourceResult | undefined> {
  const { place } = run
  if (place.kind === 'packed') {
    const note = source.noteIn(place.database.meta)
    return note && source.asResult({ ...note, entries: source.copy(place.database, run.draft) })
  }
  if (place.kind === 'foreign') {
    const note = source.foreign(place.database, run.draft, run.at)
    return note && source.asResult(note)
  }
  run.progress({ message: source.name })
  const { layout } = place
  if (layout.official) {
    const bytes = await layout.elsewhere(source.address, source.maxBytes)
    return bytes && filed(source, run, bytes, source.address)
  }
  for (const parts of source.places) {
    const bytes = await layout.bytes(parts, source.maxBytes)
    if (bytes !== undefined) return filed(source, run, bytes, layout.locate(...parts))
  }
  return undefined
}

function filed<Note extends { readonly entries: number }>(
  source: DocumentSource<Note>,
  run: UpdateRun,
  bytes: Uint8Array,
  input: string,
): SourceResult {
  const parsed = source.parse(bytes, input)
  const before = run.previous === undefined ? 0 : (source.noteIn(run.previous.meta)?.entries ?? 0)
  const { all, wrong } = source.units
  if (!run.force && parsed.count < before * 0.9)
    throw new Failure(
      source.shrinks,
      `${input} has ${parsed.count} ${all} where there were ${before}; --force takes it`,
      { input },
    )
  if (parsed.skipped > 0) run.warn(`${input}: ${parsed.skipped} ${wrong} are wrong and left out`)
  return source.asResult(parsed.file(run.draft, run.at))
}

/** What was there before stays, and the warning says since when. */
function kept<Note extends { readonly entries: number }>(
  source: DocumentSource<Note>,
  run: UpdateRun,
  why: string,
): SourceResult {
  const before = run.previous && source.noteIn(run.previous.meta)
  if (run.previous === undefined || before === undefined) {
    run.warn(`${why}: ${source.without}`)
    return {}
  }
  run.warn(`${why}: ${source.staying(before)}`)
  return source.asResult({ ...before, entries: source.copy(run.previous, run.draft) })
}
