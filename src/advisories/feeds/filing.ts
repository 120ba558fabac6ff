import { hash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { Failure } from '../../lib/failure.ts'
import type { OsvRecord } from '../types.ts'
import { archiveFiles } from './archive-files.ts'
import type { FeedStore, FeedWriter, HeldDocument } from './store.ts'
import type { FeedDocument, FeedReader } from './types.ts'
import { unpacked } from './unpacked.ts'

const MAX_ARCHIVED_FILE = 64 * 1024 ** 2
/** What keeps fewer of its records than this is not believed. */
export const LEAST_KEPT = 0.9
/** A document of fewer records may lose some of them unsuspected. */
const FEW = 10

/** How documents are filed in one update. */
export interface FilingOptions {
  /** Time of the update, ISO. */
  readonly at: string
  readonly force: boolean
  readonly signal: AbortSignal | undefined
}

type Chunks = AsyncIterable<Uint8Array>

/** Files what documents say, once they are fetched. */
export class DocumentFiling {
  readonly #store: FeedStore
  readonly #writer: FeedWriter
  readonly #reader: FeedReader
  readonly #options: FilingOptions

  constructor(store: FeedStore, writer: FeedWriter, reader: FeedReader, options: FilingOptions) {
    this.#store = store
    this.#writer = writer
    this.#reader = reader
    this.#options = options
  }

  /**
   * Files a document that lies in `file`; `again` says that it was held before. Throws `Failure` for one that is wrong, says nothing any
   * more or has lost much: the caller takes back what was written.
   */
  async file(document: FeedDocument, input: string, file: string, held: HeldDocument, again: boolean): Promise<void> {
    const chunks = unpacked(createReadStream(file), document.maxBytes, input)
    const { kind = 'whole', path } = document
    if (kind === 'archive') await this.#archive(path, input, chunks, held)
    else if (kind === 'increment') await this.#items(path, input, chunks, '', new Map())
    else await this.#whole(path, input, chunks, again)
    this.#writer.hold(path, held)
  }

  async #whole(path: string, input: string, chunks: Chunks, again: boolean): Promise<void> {
    const before = this.#store.bodies(path)
    this.#writer.drop(path)
    const said = await this.#items(path, input, chunks, path, before)
    if (said === 0 && again) throw new Failure('feed-empty', `${input} says nothing any more`, { input })
    const now = this.#store.bodies(path)
    const gone = [...before.keys()].filter((id) => !now.has(id)).length
    if (!this.#options.force && before.size >= FEW && gone > before.size * (1 - LEAST_KEPT))
      throw new Failure('feed-shrinks', `${input} has lost ${gone} of its ${before.size} records, --force takes it`, {
        input,
      })
  }

  /** The files of an archive: those whose bytes are the same are left as they are, and those that are gone are forgotten. */
  async #archive(archive: string, input: string, chunks: Chunks, held: HeldDocument): Promise<void> {
    const gone = new Map(this.#store.members(archive))
    let files = 0
    const tooLarge = (name: string) => this.#writer.skip(name, `larger than ${MAX_ARCHIVED_FILE} bytes`, archive)
    this.#writer.forgetSkipped(archive)
    for await (const { name, bytes } of archiveFiles(chunks, input, MAX_ARCHIVED_FILE, tooLarge)) {
      this.#options.signal?.throwIfAborted()
      files++
      const digest = hash('sha256', bytes, 'hex')
      const same = gone.get(name) === digest
      gone.delete(name)
      if (!same) await this.#member(archive, name, bytes, { digest, fetchedAt: held.fetchedAt })
    }
    if (files === 0) throw new Failure('feed-empty', `${input} holds no files`, { input })
    for (const name of gone.keys()) this.#writer.drop(name)
  }

  /** A file of an archive: a wrong one is skipped by name, and what it said before stays. */
  async #member(archive: string, name: string, bytes: Uint8Array, held: HeldDocument): Promise<void> {
    try {
      await this.#writer.document(async () => {
        const before = this.#store.bodies(name)
        this.#writer.drop(name)
        const chunks = (async function* () {
          yield bytes
        })()
        await this.#items(name, `${archive}: ${name}`, chunks, name, before)
        this.#writer.hold(name, held, archive)
      })
    } catch (error) {
      if (!(error instanceof Failure)) throw error
      this.#writer.skip(name, error.message, archive)
    }
  }

  /** Files what a document says; gives how many records and facts. */
  async #items(
    path: string,
    input: string,
    chunks: Chunks,
    filed: string,
    before: ReadonlyMap<string, string>,
  ): Promise<number> {
    const { at, signal } = this.#options
    let [said, steps] = [0, 0]
    for await (const item of this.#reader.read({ path, input, chunks, at })) {
      if ((++steps & 1023) === 0) signal?.throwIfAborted()
      if ('record' in item) {
        const record = aged(item.record, before.get(item.record.id), at)
        this.#writer.add(record, filed, filed === '' ? 'increment' : 'whole')
      } else if ('fact' in item) this.#writer.fact(item.fact, filed)
      else this.#writer.skip(item.wrong, item.reason, filed)
      if (!('wrong' in item)) said++
    }
    return said
  }
}

/** A record as it was, with its time, where only the time is new: a publisher who states none has changed the document, not each record. */
function aged(record: OsvRecord, before: string | undefined, at: string): OsvRecord {
  if (before === undefined || record.modified !== at) return record
  const old = { ...record, modified: (JSON.parse(before) as { modified: string }).modified }
  return JSON.stringify(old) === before ? old : record
}
