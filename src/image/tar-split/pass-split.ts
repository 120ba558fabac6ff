import { closeSync, readSync } from 'node:fs'
import { asFailure, Failure } from '../../lib/failure.ts'
import { isDenied } from '../../lib/system-error.ts'
import { denied } from '../engine-storage/stored-document.ts'
import { createDecompression } from '../layer/decompression.ts'
import type { PassedLayer, PassLayerOptions } from '../layer/passed-layer.ts'
import { openForReading, pump } from '../layer/stream.ts'
import { encodingOf } from '../open/sniff.ts'
import { normaliseEntryName } from '../tar/names.ts'
import { TarReader } from '../tar/reader.ts'
import type { SplitLocator, TarEntry, TarHandler } from '../types.ts'
import { Crc64 } from './crc64.ts'
import { type DescribedFile, Description, type DescriptionHandler } from './description.ts'
import { UnpackedFolder } from './unpacked-folder.ts'

const BODY_BYTES = 256 * 1024

/** Thrown out of a description that has given all that was wanted. */
const ENOUGH = new Failure('pass-complete', 'nothing more is wanted of this layer')

/**
 * Hands over the entries of a layer that an engine has unpacked, as its archive had them: headers, padding and what follows the
 * archive come from tar-split's description (github.com/vbatts/tar-split, tar/asm), wanted bodies from the unpacked files. A body that
 * is read to its end is proven by its CRC-64. Nothing says which digests the archive has: none is given back.
 *
 * @throws Failure naming the layer: `layer-gone`, `storage-denied`, `storage-damaged` (a file that is missing, or is not what was
 * described), `layer-description-invalid`, `gzip-…`, `tar-…`, `decompression-bomb`, `interrupted`.
 */
export async function passSplitLayer(
  locator: SplitLocator,
  handler: TarHandler,
  options: PassLayerOptions,
): Promise<PassedLayer> {
  const { name, limits, signal } = options
  const file = await openDescription(locator, name)
  const passage = new Passage(locator, handler, options)
  const description = new Description(passage, name, 4 * limits.headerBytes + 4096)
  try {
    const { size } = await file.stat()
    const head = new Uint8Array(4)
    await file.read(head, 0, 4, 0)
    const encoding = encodingOf(head)
    const output = (chunk: Uint8Array): undefined => {
      signal.throwIfAborted()
      description.push(chunk)
      options.progress?.(passage.position)
    }
    const decompression = createDecompression(encoding, { name, limits, output })
    try {
      const from = { at: 'file', path: locator.split, offset: 0, length: size, encoding } as const
      await pump(file, from, { name, signal }, (chunk) => decompression.write(chunk))
      await decompression.end()
    } catch (error) {
      decompression.destroy()
      throw error
    }
    description.finish()
    passage.finish()
  } catch (error) {
    if (error !== ENOUGH) throw signal.aborted ? asFailure(signal.reason, name) : asFailure(error, name)
  } finally {
    passage.close()
    await file.close()
  }
  return {}
}

async function openDescription({ split }: SplitLocator, name: string): ReturnType<typeof openForReading> {
  try {
    return await openForReading(split, name)
  } catch (error) {
    const cause = (error as Failure).cause
    const { code } = cause as NodeJS.ErrnoException
    if (isDenied(cause)) throw denied(split, cause)
    if (code !== 'ENOENT') throw error
    throw new Failure('layer-gone', "the engine's description of its archive is not there any more", {
      input: name,
      hints: [
        'the image may have been removed during the scan: see whether the engine still has it, and scan it again',
      ],
      cause,
    })
  }
}

/** Puts an archive together again, but for bodies that nobody wants. */
class Passage implements DescriptionHandler, TarHandler {
  readonly #locator: SplitLocator
  readonly #handler: TarHandler
  readonly #options: PassLayerOptions
  readonly #tar: TarReader
  readonly #crc = new Crc64()
  readonly #buffer = new Uint8Array(BODY_BYTES)
  readonly #roots: UnpackedFolder[] = []
  /** The entry whose header has come and whose body has not. */
  #due: { readonly entry: TarEntry; readonly wanted: boolean } | undefined
  #position = 0

  constructor(locator: SplitLocator, handler: TarHandler, options: PassLayerOptions) {
    this.#locator = locator
    this.#handler = handler
    this.#options = options
    this.#tar = new TarReader(this, options.name, options.limits)
  }

  /** Bytes of the archive that have passed. */
  get position(): number {
    return this.#position
  }

  // ------------------------------------------------------------ the description

  segment(bytes: Uint8Array, first: boolean): void {
    if (first && this.#due !== undefined) throw this.#damaged(this.#due.entry.name, 'is not described')
    this.#pass(bytes.length)
    this.#tar.push(bytes)
    this.#checkEnough()
  }

  file(file: DescribedFile): void {
    const skipped = this.#tar.passBody()
    const due = this.#due
    this.#due = undefined
    if (due !== undefined && due.entry.sizeBytes !== file.sizeBytes)
      throw this.#damaged(file.name, `is described with ${file.sizeBytes} bytes, and has ${due.entry.sizeBytes}`)
    if (due === undefined && skipped === 0 && file.sizeBytes > 0)
      throw this.#damaged(file.name, `is described with ${file.sizeBytes} bytes where none belong`)
    this.#pass(skipped)
    if (due?.wanted === true) this.#body(file)
    this.#checkEnough()
  }

  finish(): void {
    if (this.#due !== undefined) throw this.#damaged(this.#due.entry.name, 'is not described')
    this.#tar.finish()
  }

  close(): void {
    for (const root of this.#roots.splice(0)) root.close()
  }

  // ------------------------------------------------------------ the archive

  /** The body is never among the bytes: the reader of the archive is told to pass over it. */
  entry(entry: TarEntry): boolean {
    const wanted = this.#handler.entry(entry) && entry.type === 'file'
    if (entry.type !== 'file') return false
    if (entry.sizeBytes > 0) this.#due = { entry, wanted }
    else if (wanted) this.#handler.end()
    return false
  }

  body(): void {}

  end(): void {}

  problem(diagnostic: Parameters<TarHandler['problem']>[0]): void {
    this.#handler.problem(diagnostic)
  }

  // ------------------------------------------------------------ bodies

  #body(file: DescribedFile): void {
    const { descriptor, sizeBytes } = this.#open(file)
    try {
      if (sizeBytes !== file.sizeBytes)
        throw this.#damaged(file.name, `has ${sizeBytes} bytes in its storage, and had ${file.sizeBytes}`)
      this.#crc.reset()
      let done = 0
      while (done < sizeBytes && this.#handler.more?.() !== false) {
        const count = readSync(descriptor, this.#buffer, 0, Math.min(BODY_BYTES, sizeBytes - done), done)
        if (count === 0) throw this.#damaged(file.name, `ends after ${done} bytes in its storage`)
        const piece = this.#buffer.subarray(0, count)
        this.#crc.update(piece)
        this.#handler.body(piece)
        done += count
      }
      if (done === sizeBytes && (file.sum === undefined || !sameBytes(this.#crc.digest(), file.sum)))
        throw this.#damaged(file.name, 'is not what it was: its checksum is another')
      this.#handler.end()
    } finally {
      closeSync(descriptor)
    }
  }

  #open(file: DescribedFile): ReturnType<UnpackedFolder['file']> & {} {
    const path = normaliseEntryName(file.name)
    try {
      for (let i = 0; path !== undefined && i < this.#locator.roots.length; i++) {
        this.#roots[i] ??= new UnpackedFolder(this.#locator.roots[i])
        const found = this.#roots[i].file(path)
        if (found !== undefined) return found
      }
    } catch (error) {
      if (isDenied(error)) throw denied(`${this.#locator.roots[0]}/${path}`, error)
      throw error
    }
    // Where the folder went too, the image was removed.
    for (const root of this.#locator.roots) new UnpackedFolder(root).close()
    throw this.#damaged(file.name, 'is missing in its storage')
  }

  // ------------------------------------------------------------ bounds and errors

  #pass(bytes: number): void {
    this.#position += bytes
    const { limits, name } = this.#options
    if (this.#position <= limits.unpackedBytes) return
    const message = `its archive has more than the ${limits.unpackedBytes} bytes allowed`
    throw new Failure('decompression-bomb', message, { input: name })
  }

  #checkEnough(): void {
    if (this.#options.enough?.() === true) throw ENOUGH
  }

  #damaged(path: string, what: string): Failure {
    return new Failure('storage-damaged', `the file ${path.slice(0, 300)} ${what}: the engine's storage is damaged`, {
      input: this.#options.name,
      hints: ['remove the image from the engine and pull it again, or scan it from its registry or an archive'],
    })
  }
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i])
}
