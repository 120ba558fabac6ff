/** A value that PHP has serialized; an array is a map by its keys as text. Numbers, truths and nothing are kept as text. */
export type SerializedValue = string | Map<string, SerializedValue>

const MAX_VALUES = 500_000
const MAX_DEPTH = 64

/**
 * The value of PHP's `serialize` (https://www.php.net/manual/en/function.serialize.php): texts, numbers, truths, null and arrays. Objects
 * and references are refused: a record has none, and to make them would be to run what the file says. Bytes are read as UTF-8.
 */
export function parseSerialized(bytes: Uint8Array): { readonly value: SerializedValue } | { readonly problem: string } {
  const source = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  const open: { readonly map: Map<string, SerializedValue>; left: number; key: string | undefined }[] = []
  let offset = 0
  for (let values = 0; values < MAX_VALUES; values++) {
    const token = tokenAt(source, offset)
    if (token === undefined) return { problem: `it is not what PHP serializes (at byte ${offset})` }
    offset = token.end
    let value: SerializedValue | undefined = token.text
    if (token.entries !== undefined) {
      if (open.length >= MAX_DEPTH) return { problem: `it nests deeper than ${MAX_DEPTH} levels` }
      const map = new Map<string, SerializedValue>()
      value = map
      if (token.entries > 0) {
        const parent = open.at(-1)
        if (parent !== undefined && parent.key === undefined) return { problem: 'an array stands for a key' }
        open.push({ map, left: token.entries, key: undefined })
        continue
      }
      if (source[offset++] !== CLOSE) return { problem: `an array does not end (at byte ${offset})` }
    }
    for (;;) {
      const top = open.at(-1)
      if (top === undefined) return { value }
      if (top.key === undefined) {
        if (value instanceof Map) return { problem: 'an array stands for a key' }
        top.key = value
        break
      }
      top.map.set(top.key, value)
      top.key = undefined
      if (--top.left > 0) break
      if (source[offset++] !== CLOSE) return { problem: `an array does not end (at byte ${offset})` }
      open.pop()
      value = top.map
    }
  }
  return { problem: `it has more than ${MAX_VALUES} values` }
}

const CLOSE = 0x7d

interface Token {
  readonly text: string
  /** Of an array: how many pairs follow. */
  readonly entries?: number
  readonly end: number
}

/** `s:5:"hello";`, `i:1;`, `d:0.5;`, `b:1;`, `N;`, `a:2:{`. */
function tokenAt(source: Buffer, offset: number): Token | undefined {
  const head = source.toString('latin1', offset, Math.min(offset + 64, source.length))
  if (head.startsWith('N;')) return { text: '', end: offset + 2 }
  const scalar = /^[idb]:([-+.\dA-Za-z]{1,40});/.exec(head)
  if (scalar !== null) return { text: scalar[1], end: offset + scalar[0].length }
  const array = /^a:(\d{1,9}):\{/.exec(head)
  if (array !== null) return { text: '', entries: Number(array[1]), end: offset + array[0].length }
  const string = /^s:(\d{1,9}):"/.exec(head)
  if (string === null) return undefined
  const start = offset + string[0].length
  const end = start + Number(string[1])
  if (end + 2 > source.length || source.toString('latin1', end, end + 2) !== '";') return undefined
  return { text: source.toString('utf8', start, end), end: end + 2 }
}
