import { Buffer } from 'node:buffer'
import { isRecordId } from '../ecosystems.ts'

/** `modified_id.csv`: times by ID, or what makes the list unusable. */
export type ModifiedList =
  | { readonly ok: true; readonly times: ReadonlyMap<string, string> }
  | { readonly ok: false; readonly reason: string }

const MAX_LINES = 10_000_000

/**
 * Parses `<modified>,<ID>` lines (https://google.github.io/osv.dev/data/#downloading-recent-changes). An ID that is not in
 * it is gone, so a list with a wrong line is of no use: nothing could be told to be gone.
 */
export function parseModifiedList(bytes: Uint8Array): ModifiedList {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString()
  const times = new Map<string, string>()
  let lines = 0
  for (let start = 0; start < text.length; ) {
    let end = text.indexOf('\n', start)
    if (end < 0) end = text.length
    const line = text.slice(start, end).trim()
    start = end + 1
    if (line === '') continue
    if (++lines > MAX_LINES) return { ok: false, reason: `more than ${MAX_LINES} lines` }
    const comma = line.indexOf(',')
    const time = line.slice(0, comma)
    const id = line.slice(comma + 1)
    if (comma < 0 || !isRecordId(id) || time.length > 40 || Number.isNaN(Date.parse(time)))
      return { ok: false, reason: `line ${lines} is wrong` }
    const known = times.get(id)
    if (known === undefined || isNewer(time, known)) times.set(id, time)
  }
  return lines === 0 ? { ok: false, reason: 'it is empty' } : { ok: true, times }
}

/** Whether one time is after another; text that is no time is before every time. */
export function isNewer(time: string, than: string): boolean {
  if (time === than) return false
  const [a, b] = [Date.parse(time), Date.parse(than)]
  return !Number.isNaN(a) && (Number.isNaN(b) || a > b)
}
