import { Failure } from '../../lib/failure.ts'
import type { EcosystemDraft } from '../database/write.ts'
import { compareText } from '../names.ts'
import { MAX_RECORD_BYTES, type ParsedRecord, parseRecord } from '../record.ts'
import { visitZip } from '../zip-records.ts'
import { type EcosystemFeeds, ecosystemFeeds } from './feed-records.ts'
import { isNewer } from './modified-list.ts'
import { inParallel } from './parallel.ts'
import { type Plan, planned } from './plan.ts'
import { type AdvisorySource, type EcosystemReport, originOf, type UpdateRun } from './source.ts'

const PARALLEL_ECOSYSTEMS = 4
/** An ecosystem that keeps fewer of its records than this is not believed. */
const LEAST_KEPT = 0.9

/** OSV's bucket or a mirror of it. */
export const osv: AdvisorySource = {
  id: 'osv',
  title: 'OSV',
  licence: 'by ecosystem',
  async update(run) {
    const reports: EcosystemReport[] = []
    const names = new Set([...run.selected, ...(run.previous?.ecosystems().keys() ?? []), ...run.feeds.ecosystems])
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

async function apply(run: UpdateRun, name: string, plan: Plan): Promise<EcosystemReport> {
  const before = run.previous?.ecosystem(name)
  const feeds = ecosystemFeeds(run, name)
  const still = (outcome: EcosystemReport['outcome']): EcosystemReport => {
    if (!feeds.same) return refiled(run, name, feeds, outcome)
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
  // Nobody but its own feed publishes it.
  if (plan.kind === 'absent' && Object.keys(feeds.stamps).length > 0) return still('unchanged')
  if (plan.kind === 'absent') return keep('the source does not have it')
  if (plan.kind === 'failed') return keep(plan.reason)

  run.progress({ message: `${name}: filing records` })
  const draft = run.draft.ecosystem(name)
  const tally = tallyOf(run, name)
  try {
    feeds.file(draft)
    await fill(run, name, plan, draft, tally)
  } catch (error) {
    run.signal?.throwIfAborted()
    if (!(error instanceof Failure)) throw error
    draft.discard()
    return keep(error.message)
  } finally {
    if (plan.kind === 'zip') for (const { file } of plan.files) await file.dispose()
  }
  const total = tally.known.size
  const removed = total - tally.stayed
  // Counted by id: an ecosystem whose records were replaced by others has lost them, however many there are now.
  if (!run.force && tally.stayed < total * LEAST_KEPT) {
    draft.discard()
    return keep(`${removed} of its ${total} records are no longer usable at the source, --force takes what is there`)
  }
  if (draft.records === 0 && draft.skipped > 0 && !run.force) {
    draft.discard()
    return keep('none of its records is usable')
  }
  const taken = run.place.kind === 'packed' ? run.place.database.ecosystem(name)?.fetchedAt : undefined
  const brought = run.place.kind === 'packed' ? run.place.database.ecosystem(name)?.feeds : undefined
  const state = draft.finish(originOf(run.place), taken ?? run.at, { ...brought, ...feeds.stamps })
  if (state.skipped > 0) run.warn(`${name}: ${state.skipped} records are wrong and left out, as ${tally.example()}`)
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

/** An ecosystem of which only feeds say something new: OSV's records stay as they are. */
function refiled(
  run: UpdateRun,
  name: string,
  feeds: EcosystemFeeds,
  outcome: EcosystemReport['outcome'],
): EcosystemReport {
  const before = run.previous?.ecosystem(name)
  run.progress({ message: `${name}: filing records` })
  const draft = run.draft.ecosystem(name)
  feeds.file(draft)
  if (run.previous !== undefined && before !== undefined) {
    for (const one of run.previous.records(name)) {
      const parsed = one.listed === '' ? undefined : parseRecord(one.body, one.id)
      if (parsed?.ok) draft.add(parsed.record, one.listed, { source: one.source, fetchedAt: one.fetchedAt })
    }
    for (const one of run.previous.skippedOf(name)) draft.skip(one.name, one.listed, one.reason)
  }
  const state = draft.finish(before?.source ?? originOf(run.place), run.at, feeds.stamps)
  const counts = { added: Math.max(0, state.records - (before?.records ?? 0)), changed: 0, removed: 0 }
  const settled = before === undefined ? 'taken' : 'changed'
  return {
    name,
    outcome: outcome === 'kept' ? 'kept' : settled,
    records: state.records,
    ...counts,
    skipped: state.skipped,
  }
}

/** Counts against the last state what comes in. */
function tallyOf(run: UpdateRun, name: string) {
  // Another scanner names its records differently: what was there from elsewhere says nothing about how many it should have.
  const compared = run.place.kind !== 'foreign' || run.previous?.ecosystem(name)?.source === originOf(run.place)
  const before = (compared ? run.previous?.listedTimes(name) : undefined) ?? new Map<string, string>()
  const skipped = new Set(run.previous?.skippedOf(name).map((one) => one.name))
  let example = ''
  return {
    added: 0,
    changed: 0,
    /** Records of the last state that came in again, changed or not. */
    stayed: 0,
    count(id: string, modified: string): void {
      const known = skipped.has(id) ? undefined : before.get(id)
      if (known === undefined) {
        this.added++
        return
      }
      this.stayed++
      if (isNewer(modified, known)) this.changed++
    },
    wrong(id: string, reason: string): void {
      example ||= `${id.slice(0, 100)}: ${reason}`
    },
    example: () => example,
    /** Times of the records that the last state had from this source. */
    known: new Map([...before].filter(([id]) => !skipped.has(id))),
  }
}

type Tally = ReturnType<typeof tallyOf>

async function fill(
  run: UpdateRun,
  name: string,
  plan: Extract<Plan, { kind: 'packed' | 'foreign' | 'zip' | 'loose' | 'changes' }>,
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
  if (plan.kind === 'foreign' && run.place.kind === 'foreign') {
    const { id: source, records } = run.place.database
    for (const item of records(name)) {
      run.signal?.throwIfAborted()
      if ('record' in item)
        take(item.record.id, item.record.modified, { ok: true, record: item.record }, source, run.at)
      else take(item.wrong, '', { ok: false, reason: item.reason }, source, run.at)
    }
  }
  if (plan.kind === 'zip') {
    for (const { file, input } of plan.files) {
      await visitZip(file.path, input, (item) => {
        const parsed: ParsedRecord =
          'wrong' in item ? { ok: false, reason: item.wrong } : parseRecord(item.bytes, item.name)
        take(item.name, parsed.ok ? parsed.record.modified : (tally.known.get(item.name) ?? ''), parsed, osv.id, run.at)
      })
    }
  }
  if (plan.kind === 'loose' && run.place.kind === 'layout') {
    for (const id of plan.ids) {
      run.signal?.throwIfAborted()
      const body = await run.place.layout.bytes([name, `${id}.json`], MAX_RECORD_BYTES)
      const parsed: ParsedRecord = body === undefined ? { ok: false, reason: 'no file' } : parseRecord(body, id)
      take(id, parsed.ok ? parsed.record.modified : (tally.known.get(id) ?? ''), parsed, osv.id, run.at)
    }
  }
  if (plan.kind === 'changes' && run.previous !== undefined) {
    for (const one of run.previous.records(name)) {
      if (one.listed === '' || plan.gone.has(one.id) || plan.changed.has(one.id)) continue
      take(one.id, one.listed, parseRecord(one.body, one.id), one.source, one.fetchedAt)
    }
    for (const one of run.previous.skippedOf(name))
      if (!plan.gone.has(one.name) && !plan.changed.has(one.name)) draft.skip(one.name, one.listed, one.reason)
    for (const [id, { listed, parsed }] of plan.changed) take(id, listed, parsed, osv.id, run.at)
  }
}
