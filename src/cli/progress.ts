import { printable } from '../report/index.ts'
import type { ScanProgress } from '../scan/index.ts'
import type { World } from './world.ts'

/** Shows what takes long, on stderr, only after half a second; on a terminal one line that is gone at the end. */
export interface ProgressLine {
  update(event: ScanProgress): void
  /** Takes the line away. Safe to call twice. */
  done(): void
}

const PATIENCE_MS = 500
const REDRAW_MS = 100
/** Where there is no terminal, at most one line in this time. */
const PLAIN_MS = 5000

/** A progress line for a world, or one that shows nothing when it was not wanted. */
export function progressLine(world: World, wanted: boolean): ProgressLine {
  if (!wanted) return { update: () => {}, done: () => {} }
  const terminal = world.stderr.isTTY === true
  const begun = world.now().getTime()
  let drawnAt = 0
  let shown = false
  return {
    update(event) {
      const now = world.now().getTime()
      if (now - begun < PATIENCE_MS || now - drawnAt < (terminal ? REDRAW_MS : PLAIN_MS)) return
      drawnAt = now
      const text = printable(words(event)).slice(0, Math.max(20, (world.stderr.columns ?? 100) - 1))
      world.stderr.write(terminal ? `\r\u001b[2K${text}` : `${text}\n`)
      shown = terminal
    },
    done() {
      if (shown) world.stderr.write('\r\u001b[2K')
      shown = false
    },
  }
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
