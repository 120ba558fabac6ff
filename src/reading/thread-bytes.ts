import type { MessagePort } from 'node:worker_threads'
import type { RemoteBytes } from '../image/index.ts'
import { asFailure, Failure } from '../lib/failure.ts'
import type { PlainFailure } from './worker-protocol.ts'

/** Pieces from the network are small; what unpacks them works best on about this much. */
const PIECE_BYTES = 512 * 1024
/** Pieces that may be on their way or waiting: what holds a server back when a layer is read more slowly than it comes. */
const PIECES_AHEAD = 3

/** What a worker asks of the thread that has the bytes. A stream is one range that is being read. */
type Wish =
  | { readonly kind: 'open'; readonly stream: number; readonly range: Parameters<RemoteBytes['open']>[0] }
  | { readonly kind: 'pull'; readonly stream: number }
  | { readonly kind: 'close'; readonly stream: number }

type Answer =
  | { readonly kind: 'piece'; readonly stream: number; readonly bytes: Uint8Array<ArrayBuffer> }
  | { readonly kind: 'end'; readonly stream: number }
  | { readonly kind: 'failed'; readonly stream: number; readonly failure: PlainFailure }

/** Serves `bytes` to the worker behind `port`, a piece for each that it asks for, until `signal` is aborted or the port closed. */
export function serveBytes(port: MessagePort, bytes: RemoteBytes, signal: AbortSignal): void {
  const streams = new Map<number, { readonly pull: () => void; readonly close: () => void }>()
  const close = (): void => {
    for (const stream of streams.values()) stream.close()
    streams.clear()
  }
  port.on('message', (wish: Wish) => {
    if (wish.kind === 'open') streams.set(wish.stream, begin(port, bytes, wish, signal))
    else if (wish.kind === 'pull') streams.get(wish.stream)?.pull()
    else {
      streams.get(wish.stream)?.close()
      streams.delete(wish.stream)
    }
  })
  port.on('close', close)
}

function begin(
  port: MessagePort,
  bytes: RemoteBytes,
  { stream, range }: Extract<Wish, { kind: 'open' }>,
  signal: AbortSignal,
): { readonly pull: () => void; readonly close: () => void } {
  const stop = new AbortController()
  // Opened with the first piece that is asked for: what it throws at once is then that piece's failure.
  const pieces = gathered(() => bytes.open(range, AbortSignal.any([signal, stop.signal])))
  let last: Promise<void> = Promise.resolve()
  let over = false
  const send = (answer: Answer, transfer: readonly ArrayBuffer[] = []): void => {
    if (!stop.signal.aborted) port.postMessage(answer, [...transfer])
  }
  const next = async (): Promise<void> => {
    if (over) return
    try {
      const piece = await pieces.next()
      over = piece.done === true
      if (piece.done === true) send({ kind: 'end', stream })
      else send({ kind: 'piece', stream, bytes: piece.value }, [piece.value.buffer])
    } catch (error) {
      over = true
      const { code, message, kind, input, hints } = asFailure(error)
      send({ kind: 'failed', stream, failure: { code, message, kind, input, hints } })
    }
  }
  return {
    pull: () => {
      last = last.then(next)
    },
    close: () => {
      over = true
      stop.abort()
      // A source that waits to be asked for its next piece hears of no signal: it is told that nobody will.
      last = last.then(async () => {
        await pieces.return(undefined).catch(() => {})
      })
    },
  }
}

/** Small pieces put together, each in a buffer of its own that can be handed over. */
async function* gathered(
  open: () => AsyncIterable<Uint8Array<ArrayBuffer>>,
): AsyncGenerator<Uint8Array<ArrayBuffer>, undefined> {
  let buffer = new Uint8Array(PIECE_BYTES)
  let filled = 0
  for await (const piece of open()) {
    for (let at = 0; at < piece.length; ) {
      const count = Math.min(piece.length - at, buffer.length - filled)
      buffer.set(piece.subarray(at, at + count), filled)
      at += count
      filled += count
      if (filled < buffer.length) continue
      yield buffer
      buffer = new Uint8Array(PIECE_BYTES)
      filled = 0
    }
  }
  if (filled > 0) yield buffer.slice(0, filled)
  return undefined
}

/** The bytes that the thread behind `port` serves (see {@link serveBytes}). */
export function bytesOver(port: MessagePort): RemoteBytes {
  const streams = new Map<number, (answer: Answer) => void>()
  let count = 0
  port.on('message', (answer: Answer) => streams.get(answer.stream)?.(answer))
  // A port that listens keeps its thread alive; jobs do that, not ports.
  port.unref()
  const post = (wish: Wish): void => port.postMessage(wish)
  return {
    async *open(range, signal) {
      const stream = count++
      const arrived: Answer[] = []
      let wake: (() => void) | undefined
      const stir = (): void => wake?.()
      streams.set(stream, (answer) => {
        arrived.push(answer)
        stir()
      })
      signal.addEventListener('abort', stir)
      post({ kind: 'open', stream, range })
      for (let i = 0; i < PIECES_AHEAD; i++) post({ kind: 'pull', stream })
      try {
        for (;;) {
          signal.throwIfAborted()
          const answer = arrived.shift()
          if (answer === undefined) {
            await new Promise<void>((resolve) => {
              wake = resolve
            })
          } else if (answer.kind === 'piece') {
            post({ kind: 'pull', stream })
            yield answer.bytes
          } else if (answer.kind === 'end') return
          else throw revive(answer.failure)
        }
      } finally {
        signal.removeEventListener('abort', stir)
        streams.delete(stream)
        post({ kind: 'close', stream })
      }
    },
  }
}

/** A failure that came from another thread. */
export function revive({ code, message, kind, input, hints }: PlainFailure): Failure {
  return new Failure(code, message, { kind, input, hints })
}
