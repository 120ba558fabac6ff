import { Failure } from '../../lib/failure.ts'
import type { Limits } from '../../lib/limits.ts'

/** Collects the body of one extension header at a time: PAX records, a long name. */
export class ExtensionBody {
  readonly #limits: Limits
  readonly #name: string
  #bytes: Uint8Array = new Uint8Array(0)
  #filled = 0
  #flag = 0

  constructor(limits: Limits, name: string) {
    this.#limits = limits
    this.#name = name
  }

  /** Of the header whose body it is. */
  get flag(): number {
    return this.#flag
  }

  /** @throws Failure `tar-header-too-large`. */
  begin(flag: number, size: number, position: number): void {
    if (size > this.#limits.headerBytes) {
      throw new Failure(
        'tar-header-too-large',
        `the extended header at byte ${position} claims ${size} bytes, more than the ${this.#limits.headerBytes} allowed`,
        { input: this.#name },
      )
    }
    this.#flag = flag
    this.#filled = 0
    this.#bytes = new Uint8Array(size)
  }

  /** Takes what is missing, or all that follows. @returns the position after it. */
  take(chunk: Uint8Array, at: number): number {
    const count = Math.min(this.#bytes.length - this.#filled, chunk.length - at)
    this.#bytes.set(chunk.subarray(at, at + count), this.#filled)
    this.#filled += count
    return at + count
  }

  /** The whole body; undefined while some of it is missing. */
  get whole(): Uint8Array | undefined {
    return this.#filled === this.#bytes.length ? this.#bytes : undefined
  }
}
