import { Readable } from 'node:stream'
import { createGunzip, createZstdDecompress } from 'node:zlib'
import { Failure } from '../../lib/failure.ts'

/** What a feed may be packed in, by its first bytes. */
const FORMS: readonly { readonly name: string; readonly magic: readonly number[]; readonly open: Unpack }[] = [
  { name: 'gzip', magic: [0x1f, 0x8b], open: (packed) => piped(packed, createGunzip()) },
  { name: 'zstd', magic: [0x28, 0xb5, 0x2f, 0xfd], open: (packed) => piped(packed, createZstdDecompress()) },
  { name: 'bzip2', magic: [0x42, 0x5a, 0x68], open: openBzip2 },
  { name: 'xz', magic: [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00], open: openXz },
]

type Chunks = AsyncIterable<Uint8Array>
type Pieces = AsyncGenerator<Uint8Array>
type Unpack = (packed: Chunks) => Chunks | Promise<Chunks>

/**
 * The bytes of a document as its publisher wrote them: unpacked where its first bytes say that it is packed, as they are otherwise.
 * Throws `Failure` that names `input` for what is damaged or cut short, and for more than `maxBytes`.
 */
export async function* unpacked(packed: Chunks, maxBytes: number, input: string): AsyncGenerator<Uint8Array> {
  const { first, all } = await peek(packed)
  const form = FORMS.find(({ magic }) => magic.every((byte, index) => first[index] === byte))
  let total = 0
  try {
    for await (const chunk of form === undefined ? all : await form.open(all)) {
      total += chunk.length
      if (total > maxBytes)
        throw new Failure('feed-size', `${input} holds more than ${maxBytes} bytes`, {
          input,
          hints: ['it is not the document that is expected there'],
        })
      yield chunk
    }
  } catch (cause) {
    if (cause instanceof Failure || form === undefined) throw cause
    throw new Failure('feed-packed', `${input} is damaged ${form.name}: ${(cause as Error).message}`, { input, cause })
  }
}

/** The first bytes, at least six where there are so many, and all of them again. */
async function peek(chunks: Chunks): Promise<{ readonly first: Uint8Array; readonly all: Chunks }> {
  const iterator = chunks[Symbol.asyncIterator]()
  let first: Uint8Array = new Uint8Array(0)
  while (first.length < 6) {
    const { value, done } = await iterator.next()
    if (done) break
    first = first.length === 0 ? value : Buffer.concat([first, value])
  }
  return {
    first,
    all: (async function* () {
      try {
        if (first.length > 0) yield first
        for (;;) {
          const { value, done } = await iterator.next()
          if (done) return
          yield value
        }
      } finally {
        await iterator.return?.()
      }
    })(),
  }
}

/** Errors of the source reach the reader, and a reader that stops closes the source. */
async function* piped(packed: Chunks, stage: NodeJS.ReadWriteStream & AsyncIterable<unknown>): Pieces {
  const source = Readable.from(packed, { objectMode: false })
  source.on('error', (error) => (stage as unknown as Readable).destroy(error))
  source.pipe(stage)
  try {
    for await (const chunk of stage) yield chunk as Uint8Array
  } finally {
    source.destroy()
    ;(stage as unknown as Readable).destroy()
  }
}

async function openBzip2(packed: Chunks): Promise<Chunks> {
  const { default: unbzip2 } = await import('unbzip2-stream')
  const source = Readable.from(packed, { objectMode: false })
  const stage = unbzip2()
  source.on('error', (error) => stage.emit('error', error))
  return new Readable().wrap(source.pipe(stage))
}

async function openXz(packed: Chunks): Promise<Chunks> {
  const { default: xz } = await import('xz-decompress')
  const web = Readable.toWeb(Readable.from(packed, { objectMode: false })) as ReadableStream<Uint8Array>
  return new xz.XzReadableStream(web) as unknown as Chunks
}
