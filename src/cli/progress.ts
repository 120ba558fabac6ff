import { printable } from '../report/index.ts'
import type { ScanProgress } from '../scan/index.ts'
import type { World } from './world.ts'

/** Shows what takes long, on stderr, only after half a second; on a terminal a line for each layer that is gone at the end. */
export interface ProgressLine {
  update(event: ScanProgress): void
  /** Writes a line that stays, above what is shown. */
  above(text: string): void
  /** Takes the lines away. Safe to call twice. */
  done(): void
}

const PATIENCE_MS = 500
const REDRAW_MS = 100
/** Where there is no terminal, at most one line in this time. */
const PLAIN_MS = 5000
/** Layers that are shown at once. */
const MOST_LAYERS = 8

/** A layer that is being read. */
interface Lane {
  readonly event: ScanProgress
  readonly begunAt: number
}

/** A progress display for a world, or one that shows nothing when it was not wanted. */
export function progressLine(world: World, wanted: boolean): ProgressLine {
  const { stderr } = world
  if (!wanted) return { update: () => {}, above: (text) => void stderr.write(`${text}\n`), done: () => {} }
  return stderr.isTTY === true ? terminalProgress(world) : plainProgress(world)
}

/** At most one line in a while: what a log can bear. */
function plainProgress({ stderr, now }: World): ProgressLine {
  const begun = now().getTime()
  let writtenAt = 0
  return {
    update(event) {
      const at = now().getTime()
      if (at - begun < PATIENCE_MS || at - writtenAt < PLAIN_MS) return
      writtenAt = at
      stderr.write(`${printable(words(event))}\n`)
    },
    above: (text) => void stderr.write(`${text}\n`),
    done: () => {},
  }
}

/** One line for what is done, and one for each layer on its way, drawn over themselves. */
function terminalProgress({ stderr, now }: World): ProgressLine {
  const begun = now().getTime()
  const lanes = new Map<string, Lane>()
  let drawnAt = 0
  let drawn = 0
  const clear = (): void => {
    if (drawn > 0) stderr.write(`\r\u001b[2K${'\u001b[1A\u001b[2K'.repeat(drawn - 1)}`)
    drawn = 0
  }
  const draw = (lines: readonly string[]): void => {
    const width = Math.max(20, (stderr.columns ?? 100) - 1)
    clear()
    stderr.write(lines.map((line) => printable(line).slice(0, width)).join('\n'))
    drawn = lines.length
  }
  return {
    update(event) {
      const at = now().getTime()
      const { layer } = event
      if (layer?.state === 'known' || layer?.state === 'done') lanes.delete(layer.name)
      else if (layer !== undefined) lanes.set(layer.name, { event, begunAt: lanes.get(layer.name)?.begunAt ?? at })
      if (at - begun < PATIENCE_MS || at - drawnAt < REDRAW_MS) return
      drawnAt = at
      draw(lanes.size === 0 ? [words(event)] : laneLines(lanes, at))
    },
    above(text) {
      clear()
      stderr.write(`${text}\n`)
    },
    done: clear,
  }
}

function laneLines(lanes: ReadonlyMap<string, Lane>, at: number): string[] {
  const shown = [...lanes.values()].slice(0, MOST_LAYERS).map(({ event, begunAt }) => {
    const seconds = (at - begunAt) / 1000
    const rate = seconds < 0.5 ? '' : `  ${megabytes((event.doneBytes ?? 0) / seconds)} MB/s`
    return `${words(event)}${rate}`
  })
  return lanes.size > MOST_LAYERS ? [...shown, `and ${lanes.size - MOST_LAYERS} more layers`] : shown
}

function words(event: ScanProgress): string {
  if (event.doneBytes === undefined) return event.message
  const done = megabytes(event.doneBytes)
  return event.totalBytes === undefined
    ? `${event.message}  ${done} MB`
    : `${event.message}  ${done} of ${megabytes(event.totalBytes)} MB`
}

function megabytes(bytes: number): string {
  return (bytes / 1_000_000).toFixed(bytes < 10_000_000 ? 1 : 0)
}
