import { Failure } from '../../lib/failure.ts'
import { bareEcosystem } from '../package-key.ts'
import { MAX_RECORD_BYTES, type ParsedRecord, parseRecord } from '../record.ts'
import type { Layout, LocalFile } from './layout.ts'
import { isNewer, parseModifiedList } from './modified-list.ts'
import { inParallel } from './parallel.ts'
import type { UpdateRun } from './source.ts'

const MAX_LIST = 512 * 1024 ** 2
const MAX_ZIP = 8 * 1024 ** 3
/** Above this many changes the whole archive is quicker than one request each. */
const MAX_CHANGES = 2_000
/** Bytes of changed records that are held at a time. */
const MAX_CHANGED_BYTES = 128 * 1024 ** 2
const PARALLEL_RECORDS = 8

/** What is to be done for an ecosystem, with all that has to be fetched for it. */
export type Plan =
  | { readonly kind: 'carried' }
  | { readonly kind: 'unchanged' }
  | { readonly kind: 'absent' }
  | { readonly kind: 'failed'; readonly reason: string }
  | { readonly kind: 'packed' }
  | { readonly kind: 'foreign' }
  | { readonly kind: 'zip'; readonly files: readonly ZipFile[] }
  | { readonly kind: 'loose'; readonly ids: readonly string[] }
  | { readonly kind: 'changes'; readonly changed: ReadonlyMap<string, Changed>; readonly gone: ReadonlySet<string> }

interface ZipFile {
  readonly file: LocalFile
  readonly input: string
}

interface Changed {
  readonly listed: string
  readonly parsed: ParsedRecord
}

/** What an update has to do for one ecosystem. What the source does wrong is a plan of its own; a full disk or a bug rejects. */
export async function planned(run: UpdateRun, name: string): Promise<Plan> {
  if (run.place.kind === 'packed')
    return run.place.database.ecosystem(name) === undefined ? { kind: 'absent' } : { kind: 'packed' }
  if (run.place.kind === 'foreign') return { kind: run.place.database.ecosystems.includes(name) ? 'foreign' : 'absent' }
  try {
    const { layout } = run.place
    const changes =
      run.previous?.ecosystem(name)?.source === layout.origin ? await planChanges(run, layout, name) : undefined
    return changes ?? (await planZip(run, layout, name))
  } catch (error) {
    run.signal?.throwIfAborted()
    // What the source does wrong is this ecosystem's trouble; a disk that is full or a bug is everyone's.
    if (!(error instanceof Failure)) throw error
    return { kind: 'failed', reason: error.message }
  }
}

/** Only what the list says is newer; undefined when the archive has to be taken instead. */
async function planChanges(run: UpdateRun, layout: Layout, name: string): Promise<Plan | undefined> {
  const bytes = await layout.bytes([name, 'modified_id.csv'], MAX_LIST)
  if (bytes === undefined) return undefined
  const list = parseModifiedList(bytes)
  if (!list.ok) {
    run.warn(`${layout.locate(name, 'modified_id.csv')}: ${list.reason}; the whole archive is taken`)
    return undefined
  }
  const known = run.previous?.listedTimes(name) ?? new Map<string, string>()
  const wanted = [...list.times].filter(([id, time]) => !known.has(id) || isNewer(time, known.get(id) ?? ''))
  const gone = new Set([...known.keys()].filter((id) => !list.times.has(id)))
  if (wanted.length === 0 && gone.size === 0) return { kind: 'unchanged' }
  if (wanted.length + gone.size > MAX_CHANGES) return undefined
  const changed = new Map<string, Changed>()
  let [held, tooMuch] = [0, false]
  await inParallel(wanted, PARALLEL_RECORDS, async ([id, listed]) => {
    if (tooMuch) return
    const body = await layout.bytes([name, `${id}.json`], MAX_RECORD_BYTES)
    // Listed but not there: a folder mirror may hold archives alone, and a bucket may be between two states.
    if (body === undefined || (held += body.length) > MAX_CHANGED_BYTES) tooMuch = true
    else changed.set(id, { listed, parsed: parseRecord(body, id) })
    run.progress({ message: `${name}: ${changed.size} of ${wanted.length} changed records` })
  })
  return tooMuch ? undefined : { kind: 'changes', changed, gone }
}

/** The archive of the bare name; where only folders with a release exist, all of theirs. */
async function planZip(run: UpdateRun, layout: Layout, name: string): Promise<Plan> {
  const folders = [name, ...run.listed.filter((listed) => listed !== name && bareEcosystem(listed) === name)]
  const files: ZipFile[] = []
  try {
    for (const folder of folders) {
      const input = layout.locate(folder, 'all.zip')
      const file = await layout.file([folder, 'all.zip'], MAX_ZIP, (doneBytes, totalBytes) =>
        run.progress({ message: `${folder}: fetching`, doneBytes, totalBytes }),
      )
      if (file !== undefined) files.push({ file, input })
      if (file !== undefined && folder === name) break
    }
  } catch (error) {
    for (const { file } of files) await file.dispose()
    throw error
  }
  if (files.length > 0) return { kind: 'zip', files }
  // A folder of single records, as people export and review them.
  const ids = await layout.loose(name)
  return ids.length === 0 ? { kind: 'absent' } : { kind: 'loose', ids }
}
