import { type Document, isMap, isPair, isScalar, isSeq, LineCounter, type Node, parseAllDocuments } from 'yaml'
import { decodeText } from './text.ts'

/** References to anchors that one document may make: beyond it, it is made to grow. */
const MAX_ALIASES = 1000
const MAX_DOCUMENTS = 1000
const MAX_DEPTH = 200

/** One document of a YAML file. */
export interface YamlDocument {
  /** Plain data; mappings are objects, looked into through `member` of json-document.ts. */
  readonly value: unknown
  /** First and last line (from 1) of the entry at that path of keys and indexes, its key's line included. */
  lines(path: readonly (string | number)[]): [number, number] | undefined
}

/**
 * The documents of a YAML 1.2 file (https://yaml.org/spec/1.2.2/), or what is wrong with it, as the end of a sentence. Everything that is no
 * number by YAML's core schema stays text only with `asText`, which keeps every scalar as written (`1.10` is not 1.1). Empty documents are left out.
 */
export function parseYaml(
  bytes: Uint8Array,
  options: { readonly asText?: boolean } = {},
): { readonly documents: readonly YamlDocument[] } | { readonly problem: string } {
  const text = decodeText(bytes)
  if (nestsTooDeep(text)) return { problem: `it nests deeper than ${MAX_DEPTH} levels` }
  const counter = new LineCounter()
  try {
    const parsed = parseAllDocuments(text, {
      lineCounter: counter,
      schema: options.asText ? 'failsafe' : 'core',
      merge: true,
      uniqueKeys: false,
      prettyErrors: false,
      logLevel: 'silent',
    })
    if (!Array.isArray(parsed)) return { documents: [] }
    if (parsed.length > MAX_DOCUMENTS) return { problem: `it holds more than ${MAX_DOCUMENTS} documents` }
    const broken = parsed.flatMap(({ errors }) => errors)[0]
    if (broken !== undefined) return { problem: `it is not valid YAML (line ${counter.linePos(broken.pos[0]).line})` }
    const documents = parsed.map((document) => opened(document, counter)).filter(({ value }) => value !== null)
    return { documents }
  } catch (error) {
    const isBomb = error instanceof ReferenceError
    return { problem: isBomb ? 'its aliases multiply beyond measure' : 'it is not valid YAML' }
  }
}

/** The one document of a file that holds one; see {@link parseYaml}. */
export function parseYamlDocument(
  bytes: Uint8Array,
  options: { readonly asText?: boolean } = {},
): YamlDocument | { readonly problem: string } {
  const parsed = parseYaml(bytes, options)
  if ('problem' in parsed) return parsed
  const [only] = parsed.documents
  if (only === undefined) return { problem: 'it is empty' }
  return parsed.documents.length === 1 ? only : { problem: `it holds ${parsed.documents.length} documents, not one` }
}

function opened(document: Document, counter: LineCounter): YamlDocument {
  const value: unknown = document.toJS({ maxAliasCount: MAX_ALIASES })
  return {
    value,
    lines(path) {
      let node: unknown = document.contents
      let first: number | undefined
      for (const key of path) {
        const next = entryAt(node, key)
        if (next === undefined) return undefined
        first = next.first
        node = next.node
      }
      const range = (node as Node | null)?.range
      const start = first ?? range?.[0]
      if (start === undefined) return undefined
      // The end of a block lies on the line after its last.
      const end = Math.max(start, (range?.[1] ?? start + 1) - 1)
      return [counter.linePos(start).line, counter.linePos(end).line]
    },
  }
}

function entryAt(
  node: unknown,
  key: string | number,
): { readonly node: unknown; readonly first: number | undefined } | undefined {
  if (isSeq(node)) {
    const item = typeof key === 'number' ? node.items[key] : undefined
    return item === undefined ? undefined : { node: item, first: (item as Node).range?.[0] }
  }
  if (!isMap(node)) return undefined
  const pair = node.items.find((one) => isPair(one) && isScalar(one.key) && String(one.key.value) === String(key))
  return pair === undefined ? undefined : { node: pair.value, first: (pair.key as Node).range?.[0] }
}

/** Whether indentation or brackets go deeper than any real file: the parser needs a stack frame or more for each level. */
function nestsTooDeep(text: string): boolean {
  let depth = 0
  let indented = 0
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === OPEN || code === OPEN_LIST) {
      if (++depth > MAX_DEPTH) return true
    } else if (code === CLOSE || code === CLOSE_LIST) depth = Math.max(0, depth - 1)
    else if (code === NEWLINE) {
      depth = 0
      indented = 0
    } else if (code === DASH && (text.charCodeAt(at + 1) === SPACE || text.charCodeAt(at + 1) === NEWLINE)) {
      // `- - - -`: nested lists on one line.
      if (++indented > MAX_DEPTH) return true
    }
  }
  return false
}

const OPEN = 0x7b
const CLOSE = 0x7d
const OPEN_LIST = 0x5b
const CLOSE_LIST = 0x5d
const NEWLINE = 0x0a
const DASH = 0x2d
const SPACE = 0x20
