import { Failure } from '../../lib/failure.ts'
import type { EcosystemDraft } from '../database/write.ts'
import { isEcosystemName } from '../ecosystems.ts'
import { compareText } from '../names.ts'
import { bareEcosystem } from '../package-key.ts'
import { MAX_RECORD_BYTES, type ParsedRecord, parseRecord } from '../record.ts'
import { visitZip } from '../zip-records.ts'
import type { Layout, LocalFile } from './layout.ts'
import { isNewer, parseModifiedList } from './modified-list.ts'
import type { AdvisorySource, EcosystemReport, UpdateRun } from './source.ts'

const MAX_LIST = 512 * 1024 ** 2
const MAX_ZIP = 8 * 1024 ** 3
/** Above this many changes the whole archive is quicker than one request each. */
const MAX_CHANGES = 2_000
/** Bytes of changed records that are held at a time. */
const MAX_CHANGED_BYTES = 128 * 1024 ** 2
const PARALLEL_ECOSYSTEMS = 4
const PARALLEL_RECORDS = 8
/** An ecosystem that keeps fewer of its records than this is not believed. */
const LEAST_KEPT = 0.9

/** OSV's bucket or a mirror of it. */
export const osv: AdvisorySource = {
  id: 'osv',
  title: 'OSV',
  licence: 'by ecosystem',
  async update(run) {
    const reports: EcosystemReport[] = []
    const names = new Set([...run.selected, ...(run.previous?.ecosystems().keys() ?? [])])
    let applying: Promise<unknown> = Promise.resolve()
    await inParallel([...names].sort(compareText), PARALLEL_ECOSYSTEMS, async (name) => {
      const plan: Plan = run.selected.has(name) ? await planned(run, name) : { kind: 'carried' }
      // Fetching goes on side by side; the draft is filled by one at a time.
      const applied = applying.then(async () => {
        run.signal?.throwIfAborted()
        reports.push(await apply(run, name, plan))
      })
      applying = applied
      await applied
    })
    return { ecosystems: reports.sort((a, b) => compareText(a.name, b.name)) }
  },
}

/** What is to be done for an ecosystem, with all that has to be fetched for it. */
type Plan =
  | { readonly kind: 'carried' }
  | { readonly kind: 'unchanged' }
  | { readonly kind: 'absent' }
  | { readonly kind: 'failed'; readonly reason: string }
  | { readonly kind: 'packed' }
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

async function planned(run: UpdateRun, name: string): Promise<Plan> {
  if (run.place.kind === 'packed')
    return run.place.database.ecosystem(name) === undefined ? { kind: 'absent' } : { kind: 'packed' }
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

async function apply(run: UpdateRun, name: string, plan: Plan): Promise<EcosystemReport> {
  const before = run.previous?.ecosystem(name)
  const still = (outcome: EcosystemReport['outcome']): EcosystemReport => {
    const renewed = outcome === 'unchanged' ? { fetchedAt: run.at } : {}
    if (run.previous !== undefined && before !== undefined) run.draft.keep(run.previous, name, renewed)
    const counts = { added: 0, changed: 0, removed: 0 }
    return { name, outcome, records: before?.records ?? 0, ...counts, skipped: before?.skipped ?? 0 }
  }
  if (plan.kind === 'carried' || plan.kind === 'unchanged') return still(plan.kind)
  const keep = (why: string): EcosystemReport => {
    const state = before === undefined ? 'it is not in the database' : `the state of ${before.fetchedAt} stays`
    run.warn(`${name}: ${why}; ${state}`)
    return still(before === undefined ? 'missing' : 'kept')
  }
  if (plan.kind === 'absent') return keep('the source does not have it')
  if (plan.kind === 'failed') return keep(plan.reason)

  run.progress({ message: `${name}: filing records` })
  const draft = run.draft.ecosystem(name)
  const tally = tallyOf(run, name)
  try {
    await fill(run, name, plan, draft, tally)
  } catch (error) {
    run.signal?.throwIfAborted()
    if (!(error instanceof Failure)) throw error
    draft.discard()
    return keep(error.message)
  } finally {
    if (plan.kind === 'zip') for (const { file } of plan.files) await file.dispose()
  }
  const total = before?.records ?? 0
  if (!run.force && before !== undefined && draft.records < total * LEAST_KEPT) {
    const found = draft.records
    draft.discard()
    return keep(`the source has ${found} usable records where there were ${total}, --force takes them`)
  }
  if (draft.records === 0 && draft.skipped > 0 && !run.force) {
    draft.discard()
    return keep('none of its records is usable')
  }
  const taken = run.place.kind === 'packed' ? run.place.database.ecosystem(name)?.fetchedAt : undefined
  const state = draft.finish(originOf(run), taken ?? run.at)
  if (state.skipped > 0) run.warn(`${name}: ${state.skipped} records are wrong and left out, as ${tally.example()}`)
  const removed = Math.max(0, total + tally.added - state.records)
  const outcome = plan.kind === 'changes' ? 'changed' : 'taken'
  return {
    name,
    outcome,
    records: state.records,
    added: tally.added,
    changed: tally.changed,
    removed,
    skipped: state.skipped,
  }
}

function originOf({ place }: UpdateRun): string {
  return place.kind === 'packed' ? place.origin : place.layout.origin
}

/** Counts against the last state what comes in. */
function tallyOf(run: UpdateRun, name: string) {
  const before = run.previous?.listedTimes(name) ?? new Map<string, string>()
  let example = ''
  return {
    added: 0,
    changed: 0,
    count(id: string, modified: string): void {
      const known = before.get(id)
      if (known === undefined) this.added++
      else if (isNewer(modified, known)) this.changed++
    },
    wrong(id: string, reason: string): void {
      example ||= `${id.slice(0, 100)}: ${reason}`
    },
    example: () => example,
    known: (id: string) => before.get(id) ?? '',
  }
}

type Tally = ReturnType<typeof tallyOf>

async function fill(
  run: UpdateRun,
  name: string,
  plan: Extract<Plan, { kind: 'packed' | 'zip' | 'loose' | 'changes' }>,
  draft: EcosystemDraft,
  tally: Tally,
): Promise<void> {
  const take = (id: string, listed: string, parsed: ParsedRecord, source: string, fetchedAt: string) => {
    if (parsed.ok && draft.add(parsed.record, listed, { source, fetchedAt })) tally.count(id, listed)
    if (parsed.ok) return
    tally.wrong(id, parsed.reason)
    draft.skip(id, listed, parsed.reason)
  }
  if (plan.kind === 'packed' && run.place.kind === 'packed') {
    const from = run.place.database
    for (const one of from.records(name))
      take(one.id, one.listed, parseRecord(one.body, one.id), one.source, one.fetchedAt)
    for (const one of from.skippedOf(name)) draft.skip(one.name, one.listed, one.reason)
  }
  if (plan.kind === 'zip') {
    for (const { file, input } of plan.files) {
      await visitZip(file.path, input, (item) => {
        const parsed: ParsedRecord =
          'wrong' in item ? { ok: false, reason: item.wrong } : parseRecord(item.bytes, item.name)
        take(item.name, parsed.ok ? parsed.record.modified : tally.known(item.name), parsed, osv.id, run.at)
      })
    }
  }
  if (plan.kind === 'loose' && run.place.kind === 'layout') {
    for (const id of plan.ids) {
      run.signal?.throwIfAborted()
      const body = await run.place.layout.bytes([name, `${id}.json`], MAX_RECORD_BYTES)
      const parsed: ParsedRecord = body === undefined ? { ok: false, reason: 'no file' } : parseRecord(body, id)
      take(id, parsed.ok ? parsed.record.modified : tally.known(id), parsed, osv.id, run.at)
    }
  }
  if (plan.kind === 'changes' && run.previous !== undefined) {
    for (const one of run.previous.records(name)) {
      if (plan.gone.has(one.id) || plan.changed.has(one.id)) continue
      take(one.id, one.listed, parseRecord(one.body, one.id), one.source, one.fetchedAt)
    }
    for (const one of run.previous.skippedOf(name))
      if (!plan.gone.has(one.name) && !plan.changed.has(one.name)) draft.skip(one.name, one.listed, one.reason)
    for (const [id, { listed, parsed }] of plan.changed) take(id, listed, parsed, osv.id, run.at)
  }
}

/** Names that a place lists, with release: from `ecosystems.txt`, else from its folders. Rejects when it has neither. */
export async function listEcosystems(layout: Layout, warn: (text: string) => void): Promise<readonly string[]> {
  const bytes = await layout.bytes(['ecosystems.txt'], 4 * 1024 ** 2)
  const lines = bytes === undefined ? await layout.folders() : new TextDecoder().decode(bytes).split('\n')
  const names = lines.map((line) => line.trim()).filter((line) => line !== '')
  const usable = names.flatMap((name) => {
    if (!isEcosystemName(bareEcosystem(name))) return []
    return isPathLike(name) ? [bareEcosystem(name)] : [name]
  })
  if (usable.length === 0)
    throw new Failure('advisory-source', `${layout.origin} has no ecosystems.txt and no folders with advisories`, {
      input: layout.origin,
      hints: [`the layout is that of OSV's bucket: ecosystems.txt, then <ECOSYSTEM>/all.zip`],
    })
  if (usable.length < names.length)
    warn(`${layout.origin}: ${names.length - usable.length} names in ecosystems.txt cannot be names and are left out`)
  return [...new Set(usable)]
}

/** A release becomes part of a folder's name, so it may not lead anywhere else. */
function isPathLike(name: string): boolean {
  return (
    name.length > 300 ||
    name.includes('..') ||
    name.includes('/') ||
    name.includes('\\') ||
    !/^[\x20-\x7e]+$/.test(name)
  )
}

/** Runs `work` over all items, at most `width` at a time; the first error stops what has not begun and rejects. */
async function inParallel<T>(items: readonly T[], width: number, work: (item: T) => Promise<void>): Promise<void> {
  let next = 0
  let failed = false
  const lane = async () => {
    while (next < items.length && !failed) {
      const item = items[next++]
      try {
        await work(item)
      } catch (error) {
        failed = true
        throw error
      }
    }
  }
  const lanes = await Promise.allSettled(Array.from({ length: Math.min(width, items.length) }, lane))
  for (const one of lanes) if (one.status === 'rejected') throw one.reason
}
