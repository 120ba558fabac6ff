import { createHash } from 'node:crypto'
import { closeSync, openSync, readSync, unlinkSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ByteSource } from '../lib/byte-source.ts'
import { Failure } from '../lib/failure.ts'
import type { Limits } from '../lib/limits.ts'
import type { BodyDigest } from './types.ts'

/** One body, complete. Valid until the next one is begun. */
export interface Body extends ByteSource {
  digest(algorithm: BodyDigest): string
}

const FIRST_BYTES = 256 * 1024

/**
 * Takes one body after the other: into one buffer that is used again for each, or, beyond `limits.memoryBodyBytes`, into a
 * temporary file without a name. Grows with what arrives, not with what a header promises.
 */
export class BodySink {
  readonly #limits: Limits
  #memory = new Uint8Array(0)
  #length = 0
  #file: TemporaryFile | undefined

  constructor(limits: Limits) {
    this.#limits = limits
  }

  /**
   * Begins a body of that size.
   * @throws Failure `temporary-space` when it is too large for what may lie in temporary files, or none can be made.
   */
  begin(sizeBytes: number): void {
    this.discard()
    if (sizeBytes <= this.#limits.memoryBodyBytes) return
    if (sizeBytes > this.#limits.temporaryBytes) {
      const bound = this.#limits.temporaryBytes
      throw new Failure('temporary-space', `needs ${sizeBytes} bytes of temporary space, and ${bound} are allowed`)
    }
    this.#file = new TemporaryFile()
  }

  /** @throws Failure `temporary-space` when the disk is full. */
  write(chunk: Uint8Array): void {
    if (this.#file !== undefined) this.#file.append(chunk)
    else {
      this.#reserve(this.#length + chunk.length)
      this.#memory.set(chunk, this.#length)
    }
    this.#length += chunk.length
  }

  end(): Body {
    const file = this.#file
    const length = this.#length
    const memory = this.#memory.subarray(0, length)
    const at = (offset: number, count: number): Uint8Array => {
      const [start, end] = range(offset, count, length)
      return file === undefined ? memory.subarray(start, end) : file.read(start, end - start)
    }
    return { sizeBytes: length, at, digest: digestOver({ sizeBytes: length, at }) }
  }

  /** Lets go of the current body; its temporary file, if any, is gone then. */
  discard(): void {
    this.#file?.close()
    this.#file = undefined
    this.#length = 0
    if (this.#memory.length > this.#limits.memoryBodyBytes) this.#memory = new Uint8Array(0)
  }

  #reserve(bytes: number): void {
    if (bytes <= this.#memory.length) return
    const grown = new Uint8Array(Math.max(bytes, this.#memory.length * 2, FIRST_BYTES))
    grown.set(this.#memory.subarray(0, this.#length))
    this.#memory = grown
  }
}

/**
 * Digests (hexadecimal) of a body, each taken when it is first asked for: most bodies are looked at and hold nothing that would need a
 * proof of whose they are.
 */
export function digestOver({ sizeBytes, at }: ByteSource): (algorithm: BodyDigest) => string {
  const digests = new Map<BodyDigest, string>()
  return (algorithm) => {
    const known = digests.get(algorithm)
    if (known !== undefined) return known
    const hash = createHash(algorithm)
    for (let done = 0; done < sizeBytes; done += DIGEST_BYTES) hash.update(at(done, DIGEST_BYTES))
    const hex = hash.digest('hex')
    digests.set(algorithm, hex)
    return hex
  }
}

/** Larger pieces are no faster, and wait in memory until they are collected. */
const DIGEST_BYTES = 256 * 1024

/** A requested range cut to what is there; anything that is no position is taken as 0. */
export function range(offset: number, count: number, length: number): readonly [number, number] {
  const start = Math.min(Math.max(Math.trunc(offset) || 0, 0), length)
  return [start, Math.min(start + Math.max(Math.trunc(count) || 0, 0), length)]
}

/** A file that loses its name as soon as it is open: whatever ends the process, nothing stays behind. */
class TemporaryFile {
  readonly #descriptor: number
  #closed = false

  constructor() {
    const path = join(tmpdir(), `bulwark-${process.pid}-${crypto.randomUUID()}`)
    try {
      this.#descriptor = openSync(path, 'wx+', 0o600)
      unlinkSync(path)
    } catch (error) {
      throw noSpace(error)
    }
  }

  append(chunk: Uint8Array): void {
    try {
      for (let done = 0; done < chunk.length; ) done += writeSync(this.#descriptor, chunk, done)
    } catch (error) {
      throw noSpace(error)
    }
  }

  read(offset: number, length: number): Uint8Array {
    const out = new Uint8Array(length)
    let done = 0
    while (done < length) {
      const got = readSync(this.#descriptor, out, done, length - done, offset + done)
      if (got === 0) break
      done += got
    }
    return out.subarray(0, done)
  }

  close(): void {
    if (!this.#closed) closeSync(this.#descriptor)
    this.#closed = true
  }
}

function noSpace(error: unknown): Failure {
  const code = (error as NodeJS.ErrnoException).code
  const why = code === 'ENOSPC' || code === 'EDQUOT' ? 'the disk is full' : (error as Error).message
  return new Failure('temporary-space', `no temporary file could be written in ${tmpdir()}: ${why}`, { cause: error })
}
