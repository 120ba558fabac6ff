import { closeSync, constants, fstatSync, openSync, readSync, realpathSync } from 'node:fs'
import path from 'node:path'
import { Failure } from '../../lib/failure.ts'
import type { Limits } from '../../lib/limits.ts'
import { isAbsent } from '../../lib/system-error.ts'
import { normaliseEntryName } from '../tar/names.ts'
import type { ContentStore, StoredContent } from './content-store.ts'
import { encodingOf, targetFailure } from './sniff.ts'
import { documentTooLarge } from './tar-store.ts'

/** An OCI layout in a folder. Links may stand in it, but what they lead to must lie in it too. */
export class FolderStore implements ContentStore {
  readonly reference: string
  readonly #root: string
  readonly #limits: Limits

  constructor(reference: string, root: string, limits: Limits) {
    this.reference = reference
    this.#limits = limits
    try {
      this.#root = realpathSync(root)
    } catch (error) {
      throw targetFailure(root, error)
    }
  }

  has(name: string): boolean {
    return this.#inside(name) !== undefined
  }

  document(name: string): Uint8Array | undefined {
    return this.#withFile(name, (file, size) => {
      if (size > this.#limits.documentBytes) throw documentTooLarge(this.reference, name, size, this.#limits)
      const bytes = new Uint8Array(size)
      return bytes.subarray(0, readSync(file, bytes, 0, size, 0))
    })
  }

  layer(name: string): StoredContent | undefined {
    return this.#withFile(name, (file, size, real) => {
      const head = new Uint8Array(4)
      readSync(file, head, 0, 4, 0)
      const locator = { at: 'file', path: real, offset: 0, length: size, encoding: encodingOf(head) } as const
      return { locator, sizeBytes: size }
    })
  }

  /** The real path of a name; undefined when there is none. @throws Failure `leaves-layout` when links lead out of the folder. */
  #inside(name: string): string | undefined {
    const normalised = normaliseEntryName(name)
    if (normalised === undefined) return undefined
    let real: string
    try {
      real = realpathSync(path.join(this.#root, normalised))
    } catch (error) {
      if (isAbsent(error)) return undefined
      throw targetFailure(path.join(this.#root, normalised), error)
    }
    const prefix = this.#root.endsWith('/') ? this.#root : `${this.#root}/`
    if (real.startsWith(prefix)) return real
    throw new Failure('leaves-layout', `${name} is a link that leads out of the layout`, { input: this.reference })
  }

  #withFile<Result>(name: string, use: (file: number, size: number, real: string) => Result): Result | undefined {
    const real = this.#inside(name)
    if (real === undefined) return undefined
    let file: number
    try {
      file = openSync(real, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
    } catch (error) {
      throw targetFailure(real, error)
    }
    try {
      const stats = fstatSync(file)
      if (!stats.isFile()) {
        throw new Failure('document-unreadable', `${name} is not a regular file`, { input: this.reference })
      }
      return use(file, stats.size, real)
    } finally {
      closeSync(file)
    }
  }
}
