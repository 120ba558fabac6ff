import type { ByteSource } from '../../lib/byte-source.ts'
import type { ModelFact } from './model-fact.ts'

const MAX_FIELDS = 10_000
const MAX_TEXT = 4096

/** Fields of ModelProto (https://github.com/onnx/onnx/blob/main/onnx/onnx.proto3). */
const PRODUCER = 2
const DOMAIN = 4
const MODEL_VERSION = 5
const METADATA = 14

/** What an ONNX file says beside its graph, which is passed over. A file whose outermost fields do not add up is none. */
export function onnxFact(file: ByteSource): ModelFact | { readonly problem: string } {
  const metadata = new Map<string, string>()
  const texts = new Map<number, string>()
  let version: number | undefined
  let at = 0
  for (let count = 0; at < file.sizeBytes; count++) {
    const field = fieldAt(file, at)
    if (field === undefined || count === MAX_FIELDS) return { problem: 'it is no ONNX model' }
    at = field.end
    if (field.number === MODEL_VERSION) version = field.value
    else if (field.length !== undefined && field.length <= MAX_TEXT) {
      if (field.number === PRODUCER || field.number === DOMAIN)
        texts.set(field.number, textOf(file, field.start, field.length))
      else if (field.number === METADATA) entryOf(file, field.start, field.length, metadata)
    }
  }
  if (at === 0) return { problem: 'it is empty' }
  return {
    format: 'onnx',
    name: metadata.get('name') ?? metadata.get('model_name'),
    version: metadata.get('version') ?? (version ? String(version) : undefined),
    licence: metadata.get('license'),
    author: metadata.get('author') ?? (texts.get(DOMAIN) || texts.get(PRODUCER) || undefined),
  }
}

interface Field {
  readonly number: number
  /** Of a number. */
  readonly value?: number
  readonly start: number
  /** Of what has a length. */
  readonly length?: number
  readonly end: number
}

/** One field (https://protobuf.dev/programming-guides/encoding/); undefined where it leaves the file or has another form. */
function fieldAt(file: ByteSource, at: number): Field | undefined {
  const head = Buffer.from(file.at(at, 20))
  const tag = varint(head, 0)
  if (tag === undefined || tag.value < 8) return undefined
  const number = Math.floor(tag.value / 8)
  const start = at + tag.end
  const kind = tag.value % 8
  if (kind === 1 || kind === 5) return within(file, { number, start, end: start + (kind === 1 ? 8 : 4) })
  const value = varint(head, tag.end)
  if (value === undefined) return undefined
  if (kind === 0) return { number, value: value.value, start, end: at + value.end }
  const body = at + value.end
  return kind === 2 ? within(file, { number, start: body, length: value.value, end: body + value.value }) : undefined
}

function within(file: ByteSource, field: Field): Field | undefined {
  return field.end <= file.sizeBytes ? field : undefined
}

function varint(bytes: Uint8Array, from: number): { readonly value: number; readonly end: number } | undefined {
  let value = 0
  for (let index = 0; index < 10 && from + index < bytes.length; index++) {
    const byte = bytes[from + index]
    value += (byte & 0x7f) * 2 ** (7 * index)
    if (byte < 0x80) return { value, end: from + index + 1 }
  }
  return undefined
}

function textOf(file: ByteSource, start: number, length: number): string {
  return Buffer.from(file.at(start, length)).toString('utf8')
}

/** StringStringEntryProto: key 1, value 2. */
function entryOf(file: ByteSource, start: number, length: number, into: Map<string, string>): void {
  const bytes = Uint8Array.from(file.at(start, length))
  const inner: ByteSource = { sizeBytes: bytes.length, at: (offset, size) => bytes.subarray(offset, offset + size) }
  const found = new Map<number, string>()
  for (let at = 0, count = 0; at < bytes.length && count < 4; count++) {
    const field = fieldAt(inner, at)
    if (field === undefined) return
    if (field.length !== undefined) found.set(field.number, textOf(inner, field.start, field.length))
    at = field.end
  }
  const key = found.get(1)
  if (key !== undefined) into.set(key.toLowerCase(), found.get(2) ?? '')
}
