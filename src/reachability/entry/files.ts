import type { AnyReader, PlacedRow, ReadTarget } from '../../reading/index.ts'
import type { EntryFile } from './read-file.ts'

/** Files of one image that are read for the sake of its entry point. */
const MOST_FILES = 2000

/** Files on the way from the entry point, each read once, many at a time: every time may unpack a layer once more. */
export class EntryFiles {
  readonly #read: Pick<ReadTarget, 'readMore'>
  readonly #reader: AnyReader
  readonly #known = new Map<string, EntryFile | undefined>()

  constructor(read: Pick<ReadTarget, 'readMore'>, reader: AnyReader) {
    this.#read = read
    this.#reader = reader
  }

  /** What these files say, by their real paths, as far as they can be had. */
  async all(paths: readonly string[]): Promise<ReadonlyMap<string, EntryFile>> {
    const missing = [...new Set(paths)].filter((path) => !this.#known.has(path))
    const wanted = missing.slice(0, Math.max(0, MOST_FILES - this.#known.size)).sort()
    for (const path of wanted) this.#known.set(path, undefined)
    const rows = wanted.length === 0 ? [] : await this.#read.readMore?.(wanted, this.#reader)
    for (const { path, facts } of (rows ?? []) as readonly PlacedRow<EntryFile>[]) this.#known.set(path, facts[0])
    const found = new Map<string, EntryFile>()
    for (const path of paths) {
      const file = this.#known.get(path)
      if (file !== undefined) found.set(path, file)
    }
    return found
  }

  async one(path: string): Promise<EntryFile | undefined> {
    return (await this.all([path])).get(path)
  }
}
