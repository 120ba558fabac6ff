import { normaliseEntryName } from '../tar/names.ts'
import type { PassedEntries } from '../types.ts'
import { type ContentStore, followLinks, type StoredContent } from './content-store.ts'

/** What passed by of an archive that was read as one stream. */
export class PassedStore implements ContentStore {
  readonly reference: string
  readonly #passed: PassedEntries

  constructor(reference: string, passed: PassedEntries) {
    this.reference = reference
    this.#passed = passed
  }

  has(name: string): boolean {
    return this.document(name) !== undefined || this.layer(name) !== undefined
  }

  document(name: string): Uint8Array | undefined {
    const target = this.#target(name)
    return target === undefined ? undefined : this.#passed.documents.get(target)
  }

  layer(name: string): StoredContent | undefined {
    const entry = this.#target(name)
    const digests = entry === undefined ? undefined : this.#passed.layers.get(entry)
    if (digests !== undefined) return { entry, digests }
    const absent = entry === undefined ? undefined : this.#passed.failed?.get(entry)
    return absent === undefined ? undefined : { entry, absent }
  }

  #target(name: string): string | undefined {
    const normalised = normaliseEntryName(name)
    return normalised === undefined ? undefined : followLinks(normalised, this.#passed.links)
  }
}
