import { asFailure } from '../lib/failure.ts'
import type { Limits } from '../lib/limits.ts'
import { type Body, BodySink } from './body.ts'
import { type Dispatch, MAGIC_BYTES } from './dispatch.ts'
import type { Request, Seen, Taking } from './taking.ts'
import type { AnyReader } from './types.ts'

/** What a file is asked for when its first bytes are still to be looked at. */
interface Probe {
  readonly path: string
  readonly taken: readonly AnyReader[]
}

/** Collects one body at a time for those who asked for it and has it read when it is whole. */
export class BodyTaker {
  readonly #taking: Taking
  readonly #dispatch: Dispatch
  readonly #sink: BodySink
  readonly #head = new Uint8Array(MAGIC_BYTES)
  #headLength = 0
  #probe: Probe | undefined
  #requests: readonly Request[] = []
  #seen: Seen = { mode: 0, sizeBytes: 0, body: -1 }
  #collecting = false

  constructor(taking: Taking, dispatch: Dispatch, limits: Limits) {
    this.#taking = taking
    this.#dispatch = dispatch
    this.#sink = new BodySink(limits)
  }

  /**
   * Says which file comes next and who asked for it. Returns whether its bytes are needed: for those readers, or, with `probe`
   * (the file's path), to look at its beginning.
   */
  begin(requests: readonly Request[], seen: Seen, probe?: string): boolean {
    this.#seen = seen
    this.#requests = this.#fitting(requests)
    this.#collecting = false
    this.#headLength = 0
    const looks = probe !== undefined && this.#dispatch.looksInside(seen.mode, seen.sizeBytes)
    this.#probe = looks ? { path: probe, taken: requests.flatMap(({ readers }) => readers) } : undefined
    if (this.#probe === undefined && this.#requests.length > 0) this.#collect()
    return this.#collecting || this.#probe !== undefined
  }

  /** As `begin`, `write` and `end` in one, for a body that is read by position: only what readers look at is read. */
  take(requests: readonly Request[], seen: Seen, body: Body): void {
    this.#seen = seen
    const takers = this.#fitting(requests)
    if (takers.length > 0) this.#taking.read(takers, seen, body)
  }

  write(chunk: Uint8Array): void {
    if (this.#probe === undefined) {
      this.#keep(chunk)
      return
    }
    const wanted = Math.min(MAGIC_BYTES, this.#seen.sizeBytes)
    const count = Math.min(chunk.length, wanted - this.#headLength)
    this.#head.set(chunk.subarray(0, count), this.#headLength)
    this.#headLength += count
    if (this.#headLength === wanted) this.#look()
    if (count < chunk.length) this.#keep(chunk.subarray(count))
  }

  /** Whether more of this body is needed: its beginning was not what anybody looks for otherwise. */
  get needsMore(): boolean {
    return this.#collecting || this.#probe !== undefined
  }

  end(): void {
    if (this.#probe !== undefined) this.#look()
    if (!this.#collecting) return
    this.#collecting = false
    this.#taking.read(this.#requests, this.#seen, this.#sink.end())
    this.#sink.discard()
  }

  /** Lets go of an unfinished body and its temporary file. */
  close(): void {
    this.#collecting = false
    this.#sink.discard()
  }

  /** The beginning is here: readers that know it by its magic join, and collecting begins or never does. */
  #look(): void {
    const probe = this.#probe
    if (probe === undefined) return
    this.#probe = undefined
    const head = this.#head.subarray(0, this.#headLength)
    const { mode, sizeBytes } = this.#seen
    const readers = this.#dispatch.byMagic(head, mode, sizeBytes, probe.taken)
    if (readers.length > 0) this.#requests = [...this.#requests, ...this.#fitting([{ as: probe.path, readers }])]
    if (this.#requests.length === 0) return
    this.#collect()
    this.#keep(head)
  }

  /** The requests of readers that take a body of this size; the others lose it, and say so. */
  #fitting(requests: readonly Request[]): readonly Request[] {
    const { sizeBytes, body } = this.#seen
    if (requests.every(({ readers }) => readers.every((reader) => sizeBytes <= reader.wants.maxBytes))) return requests
    return requests.flatMap(({ as, readers }) => {
      const [fits, tooLarge] = [true, false].map((want) =>
        readers.filter((r) => sizeBytes <= r.wants.maxBytes === want),
      )
      for (const reader of tooLarge) {
        const bound = reader.wants.maxBytes
        const message = `the file has ${sizeBytes} bytes, more than the ${bound} that the ${reader.id} reader takes`
        this.#taking.lose([{ as, readers: [reader] }], body, 'file-too-large', message)
      }
      return fits.length > 0 ? [{ as, readers: fits }] : []
    })
  }

  #collect(): void {
    this.#collecting = true
    this.#guard(() => this.#sink.begin(this.#seen.sizeBytes))
  }

  #keep(chunk: Uint8Array): void {
    if (this.#collecting) this.#guard(() => this.#sink.write(chunk))
  }

  /** Where the temporary space ends, this body is lost for now and the layer goes on. */
  #guard(step: () => void): void {
    try {
      step()
    } catch (error) {
      const failure = asFailure(error)
      this.#taking.lose(this.#requests, this.#seen.body, failure.code, failure.message, true)
      this.close()
    }
  }
}
