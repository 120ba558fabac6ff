import { createHash, randomBytes } from 'node:crypto'
import { constants } from 'node:fs'
import { mkdir, open, readdir, rename, rm, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { asFailure } from '../lib/failure.ts'
import type { Diagnostic } from '../model/diagnostic.ts'
import { decodeIndex, decodeRows, unpackedBytes } from './codec.ts'
import { decodeBundle, encodeBundle, type LayerBundle, rowsFor } from './layer-bundle.ts'
import type { AnyReader, SharedFacts, StoredLayer } from './types.ts'

/** Raised when the layout or the files' form changes: other programs' files are then left alone. */
const LAYOUT = 'facts-1'
const MAGIC = Buffer.from('BWLSHARE')
const DIGEST_BYTES = 32
const MOST_FILE_BYTES = 512 * 1024 ** 2
/** Files of one layer, made by programs of different versions, that are looked at. */
const MOST_FILES = 8
/** What is packed may say that it is so much larger, and no more. */
const MOST_RATIO = 1000
const FREE_BYTES = 64 * 1024 ** 2
/** A file system that does not answer for so long is done without. */
const PATIENCE_MS = 30_000

/**
 * Facts in a folder on shared storage: a file for each layer and set of readers, written aside and renamed, never changed, so that
 * there is nothing to lock. Any file may be missing or removed at any time. What is read is checked by form (digest, key, bounds, what
 * decodes); whoever may write to the folder is trusted with what it says.
 */
export function sharedFolder(folder: string): SharedFacts {
  return new SharedFolder(folder)
}

class SharedFolder implements SharedFacts {
  readonly #folder: string
  readonly #notices: Diagnostic[] = []
  /** Files that were not what they should be: they are written again. */
  readonly #damaged = new Set<string>()
  #unreadable = false
  #unwritable = false

  constructor(folder: string) {
    this.#folder = folder
  }

  async load(key: string, readers: readonly AnyReader[], signal: AbortSignal): Promise<StoredLayer | undefined> {
    if (readers.length === 0) return undefined
    const folder = this.#pathOf('layers', key)
    const exact = `${fingerprint(readers)}.facts`
    let found = await this.#layer(join(folder, exact), key, readers, signal)
    if (found?.rows.size === readers.length) return found
    const others = (await this.#patiently(namesIn(folder), signal, folder)) ?? []
    for (const name of others.filter((one) => one !== exact).slice(0, MOST_FILES)) {
      const more = await this.#layer(join(folder, name), key, readers, signal)
      if (more === undefined) continue
      found = { index: found?.index ?? more.index, rows: new Map([...more.rows, ...(found?.rows ?? [])]) }
      if (found.rows.size === readers.length) break
    }
    return found
  }

  async store(key: string, { index, rows }: StoredLayer, readers: readonly AnyReader[]): Promise<void> {
    const bundled = readers.flatMap(({ id, version, options = '' }) => {
      const encoded = rows.get(id)
      return encoded === undefined ? [] : [{ reader: id, version, options, encoded }]
    })
    const path = join(this.#pathOf('layers', key), `${fingerprint(readers)}.facts`)
    await this.#write(path, encodeBundle(key, { index, rows: bundled }))
  }

  async loadArchive(file: string): Promise<Uint8Array | undefined> {
    return (await this.#bundle(this.#pathOf('archives', file), file, new AbortController().signal))?.index
  }

  async storeArchive(file: string, encoded: Uint8Array): Promise<void> {
    await this.#write(this.#pathOf('archives', file), encodeBundle(file, { index: encoded, rows: [] }))
  }

  notices(): readonly Diagnostic[] {
    return [...this.#notices]
  }

  /** Names of files are hashes of keys: no key can lead elsewhere. */
  #pathOf(kind: string, key: string): string {
    const name = createHash('sha256').update(key).digest('hex')
    return join(this.#folder, LAYOUT, kind, name.slice(0, 2), name.slice(2))
  }

  async #layer(
    path: string,
    key: string,
    readers: readonly AnyReader[],
    signal: AbortSignal,
  ): Promise<StoredLayer | undefined> {
    const bundle = await this.#bundle(path, key, signal)
    if (bundle === undefined) return undefined
    const layer = rowsFor(bundle, readers)
    if (decodeIndex(layer.index) !== undefined && [...layer.rows.values()].every(decodes)) return layer
    this.#ignore(path, 'it holds what no reader of this program writes')
    return undefined
  }

  async #bundle(path: string, key: string, signal: AbortSignal): Promise<LayerBundle | undefined> {
    if (this.#unreadable) return undefined
    const content = await this.#patiently(readWhole(path), signal, path)
    if (content === undefined) return undefined
    const bundle = typeof content === 'string' ? undefined : decodeBundle(key, content)
    if (bundle === undefined) this.#ignore(path, typeof content === 'string' ? content : 'it is of another form')
    return bundle
  }

  #ignore(path: string, why: string): void {
    this.#damaged.add(path)
    this.#say('shared-cache-damaged', `a file of the shared cache was ignored: ${path}: ${why}`)
  }

  /** The outcome, or undefined when it failed or took too long; then nothing more is asked. @throws Failure, the signal's reason. */
  async #patiently<Outcome>(step: Promise<Outcome>, signal: AbortSignal, path: string): Promise<Outcome | undefined> {
    const late = AbortSignal.timeout(PATIENCE_MS)
    const over = AbortSignal.any([signal, late])
    let stop = (): void => {}
    try {
      return await Promise.race([
        step,
        new Promise<never>((_, reject) => {
          stop = () => reject(over.reason)
          if (over.aborted) stop()
          over.addEventListener('abort', stop, { once: true })
        }),
      ])
    } catch (error) {
      if (signal.aborted) throw asFailure(signal.reason, path)
      this.#unreadable = true
      const why = late.aborted ? `no answer for ${PATIENCE_MS / 1000} s` : (error as Error).message
      this.#say('shared-cache-unreadable', `the shared cache ${this.#folder} cannot be read: ${why}`)
      return undefined
    } finally {
      over.removeEventListener('abort', stop)
      // When it fails after nobody waits for it any more, that is no crash.
      step.catch(() => {})
    }
  }

  async #write(path: string, bytes: Uint8Array): Promise<void> {
    if (this.#unwritable || this.#unreadable || bytes.length > MOST_FILE_BYTES) return
    try {
      await this.#patiently(this.#writeAside(path, bytes), new AbortController().signal, path)
    } catch {
      // It never rejects without a signal.
    }
  }

  async #writeAside(path: string, bytes: Uint8Array): Promise<void> {
    const aside = join(dirname(path), `.${randomBytes(12).toString('hex')}.tmp`)
    try {
      if (!this.#damaged.has(path) && (await stat(path).catch(() => undefined)) !== undefined) return
      await mkdir(dirname(path), { recursive: true })
      const digest = createHash('sha256').update(bytes).digest()
      await writeFile(aside, Buffer.concat([MAGIC, digest, bytes]), { flag: 'wx' })
      await rename(aside, path)
      this.#damaged.delete(path)
    } catch (error) {
      this.#unwritable = true
      this.#say(
        'shared-cache-unwritable',
        `the shared cache ${this.#folder} cannot be written: ${(error as Error).message}`,
      )
      await rm(aside, { force: true }).catch(() => {})
    }
  }

  #say(code: string, message: string): void {
    if (!this.#notices.some((notice) => notice.code === code)) this.#notices.push({ code, message, effect: 'notice' })
  }
}

/** Which readers, in which versions, with which options. */
function fingerprint(readers: readonly AnyReader[]): string {
  const stamps = readers.map(({ id, version, options = '' }) => JSON.stringify([id, version, options])).sort()
  return createHash('sha256').update(stamps.join('\n')).digest('hex').slice(0, 32)
}

/** What the file holds behind its digest; undefined when there is none, a text that says what is wrong with it. @throws the system's error for anything else. */
async function readWhole(path: string): Promise<Uint8Array | string | undefined> {
  let file: Awaited<ReturnType<typeof open>>
  try {
    // Nothing waits at a pipe, and no link leads elsewhere.
    file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT') return undefined
    if (code === 'ELOOP' || code === 'ENXIO') return 'it is no regular file'
    throw error
  }
  try {
    const seen = await file.stat()
    if (!seen.isFile()) return 'it is no regular file'
    if (seen.size > MOST_FILE_BYTES) return 'it is too large'
    const bytes = new Uint8Array(await file.readFile())
    const head = MAGIC.length + DIGEST_BYTES
    if (bytes.length < head || !MAGIC.equals(bytes.subarray(0, MAGIC.length))) return 'it is of another form'
    const digest = createHash('sha256').update(bytes.subarray(head)).digest()
    return digest.equals(bytes.subarray(MAGIC.length, head)) ? bytes.subarray(head) : 'its digest is wrong'
  } finally {
    await file.close()
  }
}

async function namesIn(folder: string): Promise<readonly string[]> {
  try {
    return (await readdir(folder)).filter((name) => /^[0-9a-f]{32}\.facts$/.test(name))
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENOTDIR') return []
    throw error
  }
}

/** Whether these rows can be used, tried at once: it is no error of the scan when they cannot. */
function decodes(encoded: Uint8Array): boolean {
  if (unpackedBytes(encoded) > Math.max(FREE_BYTES, encoded.length * MOST_RATIO)) return false
  try {
    return decodeRows(encoded)?.rows() !== undefined
  } catch {
    return false
  }
}
