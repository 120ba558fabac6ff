/** What happened when, for people who ask why a run took as long as it did. */
export interface Timeline {
  /** Begins something on a lane (main work, one layer); the returned function ends it, with what is known then. */
  span(
    name: string,
    lane?: string,
    facts?: Readonly<Record<string, unknown>>,
  ): (facts?: Readonly<Record<string, unknown>>) => void
  /** Something that takes no time: a choice that was made. */
  instant(name: string, lane?: string): void
}

/** Events of one timeline; what comes after is counted, not kept. */
const MOST_EVENTS = 200_000
const MAIN_LANE = 'bulwark'

interface TraceEvent {
  readonly name: string
  readonly ph: 'X' | 'i' | 'M'
  /** Microseconds from the start. */
  readonly ts: number
  readonly dur?: number
  readonly pid: number
  readonly tid: number
  readonly s?: 't'
  readonly args?: Readonly<Record<string, unknown>>
}

/**
 * A timeline in the form that trace viewers open (Trace Event Format, "JSON Object Format"): complete events with microseconds, a
 * thread for each lane. `nowMs` is a clock that never goes back.
 */
export function traceTimeline(nowMs: () => number): Timeline & { document(): string } {
  const begun = nowMs()
  const events: TraceEvent[] = []
  const lanes = new Map<string, number>()
  let dropped = 0
  const micros = (): number => Math.round((nowMs() - begun) * 1000)
  const add = (event: TraceEvent): void => {
    if (events.length < MOST_EVENTS) events.push(event)
    else dropped++
  }
  const laneOf = (lane = MAIN_LANE): number => {
    const known = lanes.get(lane)
    if (known !== undefined) return known
    const tid = lanes.size + 1
    lanes.set(lane, tid)
    return tid
  }
  const open = new Set<() => void>()
  return {
    span(name, lane, facts) {
      const tid = laneOf(lane)
      const ts = micros()
      const end = (more?: Readonly<Record<string, unknown>>): void => {
        if (!open.delete(end)) return
        add({ name, ph: 'X', ts, dur: Math.max(1, micros() - ts), pid: 1, tid, args: { ...facts, ...more } })
      }
      open.add(end)
      return end
    },
    instant(name, lane) {
      add({ name, ph: 'i', ts: micros(), pid: 1, tid: laneOf(lane), s: 't' })
    },
    document() {
      // What a failure interrupted has lasted until now.
      for (const end of [...open]) end()
      const names = [...lanes].map(([name, tid]) => ({
        name: 'thread_name',
        ph: 'M',
        ts: 0,
        pid: 1,
        tid,
        args: { name },
      }))
      const otherData = dropped === 0 ? {} : { otherData: { droppedEvents: dropped } }
      return `${JSON.stringify({ traceEvents: [...names, ...events], displayTimeUnit: 'ms', ...otherData })}\n`
    },
  }
}
