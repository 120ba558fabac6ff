import type { ByteSource } from '../../lib/byte-source.ts'
import { type ModelFact, repositoryOf } from './model-fact.ts'

/** The keys that matter stand before the vocabulary, which alone is megabytes long. */
const MAX_HEADER_BYTES = 1024 ** 2
const MAX_KEYS = 4096
const MAX_TEXT = 4096

/** Bytes of each type of value that has a fixed length; 8 is text, 9 a list. */
const SIZES: ReadonlyMap<number, number> = new Map([
  [0, 1],
  [1, 1],
  [2, 2],
  [3, 2],
  [4, 4],
  [5, 4],
  [6, 4],
  [7, 1],
  [10, 8],
  [11, 8],
  [12, 8],
])
const TEXT = 8
const LIST = 9

/** What `general.*` of a GGUF file says (https://github.com/ggml-org/ggml/blob/master/docs/gguf.md), versions 2 and 3, little-endian. */
export function ggufFact(file: ByteSource): ModelFact | { readonly problem: string } {
  const bytes = Buffer.from(file.at(0, MAX_HEADER_BYTES))
  if (bytes.length < 24 || bytes.toString('latin1', 0, 4) !== 'GGUF') return { problem: 'it is no GGUF' }
  const version = bytes.readUInt32LE(4)
  if (version !== 2 && version !== 3) return { problem: `its version is ${version}` }
  const texts = generalTexts(bytes)
  const said = (key: string) => texts.get(`general.${key}`) || undefined
  return {
    format: 'gguf',
    name: said('name') ?? said('basename'),
    version: said('version'),
    licence: said('license'),
    author: said('organization') ?? said('author'),
    repository: repositoryOf(said('source.huggingface.repository') ?? said('repo_url') ?? said('source.repo_url')),
  }
}

/** Texts by their keys, up to where the part that was read ends. */
function generalTexts(bytes: Buffer): Map<string, string> {
  const texts = new Map<string, string>()
  const count = Math.min(Number(bytes.readBigUInt64LE(16)), MAX_KEYS)
  let at = 24
  try {
    for (let index = 0; index < count; index++) {
      const key = textAt(bytes, at)
      const type = bytes.readUInt32LE(key.end)
      at = key.end + 4
      if (type === TEXT) {
        const value = textAt(bytes, at)
        at = value.end
        if (key.text.startsWith('general.')) texts.set(key.text, value.text)
      } else at = type === LIST ? afterList(bytes, at) : at + sizeOf(type)
    }
  } catch (error) {
    // The end of what was read, or of a file that breaks off: what came before it stands.
    if (!(error instanceof RangeError)) throw error
  }
  return texts
}

function textAt(bytes: Buffer, at: number): { readonly text: string; readonly end: number } {
  const length = Number(bytes.readBigUInt64LE(at))
  const end = at + 8 + length
  if (end > bytes.length) throw new RangeError()
  return { text: bytes.toString('utf8', at + 8, Math.min(end, at + 8 + MAX_TEXT)), end }
}

function afterList(bytes: Buffer, at: number): number {
  const type = bytes.readUInt32LE(at)
  const count = Number(bytes.readBigUInt64LE(at + 4))
  const start = at + 12
  if (type !== TEXT) return start + count * sizeOf(type)
  let end = start
  // Each text takes eight bytes at least, so the part that was read bounds the loop.
  for (let index = 0; index < count; index++) end = textAt(bytes, end).end
  return end
}

function sizeOf(type: number): number {
  const size = SIZES.get(type)
  if (size === undefined) throw new RangeError()
  return size
}
