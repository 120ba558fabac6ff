import type { Writable } from 'node:stream'
import { Failure } from '../lib/failure.ts'

/** What a command may touch of the process it runs in; tests pass their own. */
export interface World {
  readonly stdout: Writable & { readonly isTTY?: boolean; readonly columns?: number }
  readonly stderr: Writable & { readonly isTTY?: boolean; readonly columns?: number }
  /** All of standard input as text, at most so many bytes. @throws Failure `input-too-long`. */
  readonly readStdin: (mostBytes: number) => Promise<string>
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly cwd: string
  readonly now: () => Date
  /** Aborted when the user interrupts; its reason is the signal's name. */
  readonly signal: AbortSignal
}

/** The process's own. */
export function processWorld(signal: AbortSignal): World {
  return {
    stdout: process.stdout,
    stderr: process.stderr,
    readStdin: (mostBytes) => textOf(process.stdin, mostBytes),
    environment: process.env,
    cwd: process.cwd(),
    now: () => new Date(),
    signal,
  }
}

async function textOf(stream: AsyncIterable<Uint8Array>, mostBytes: number): Promise<string> {
  const pieces: Uint8Array[] = []
  let length = 0
  for await (const piece of stream) {
    length += piece.length
    if (length > mostBytes)
      throw new Failure('input-too-long', `standard input has more than ${mostBytes} bytes`, { kind: 'usage' })
    pieces.push(piece)
  }
  return Buffer.concat(pieces).toString('utf8')
}

/** Whether a stream is to be painted: a terminal, unless NO_COLOR (https://no-color.org) says otherwise; FORCE_COLOR overrides. */
export function wantsColour(stream: { readonly isTTY?: boolean }, environment: World['environment']): boolean {
  const { NO_COLOR, FORCE_COLOR, TERM } = environment
  if (FORCE_COLOR !== undefined && FORCE_COLOR !== '' && FORCE_COLOR !== '0') return true
  if (NO_COLOR !== undefined && NO_COLOR !== '') return false
  return stream.isTTY === true && TERM !== 'dumb'
}

/** Columns for a report: the terminal's, or 100 where there is none; never under 60. */
export function reportWidth(stream: { readonly columns?: number }, environment: World['environment']): number {
  const columns = stream.columns ?? Number(environment.COLUMNS)
  return Number.isFinite(columns) && columns > 0 ? Math.max(60, Math.floor(columns)) : 100
}

/** Writes text and waits until the stream has taken it. A reader that went away (EPIPE) is no error: `head` closes its end early. */
export function write(stream: Writable, text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const failed = (error: NodeJS.ErrnoException): void => (error.code === 'EPIPE' ? resolve() : reject(error))
    stream.once('error', failed)
    stream.write(text, (error) => {
      if (error != null) return failed(error)
      stream.off('error', failed)
      resolve()
    })
  })
}
