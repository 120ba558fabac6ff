/** Deeper than any manifest or lockfile. */
const MAX_DEPTH = 2000
/** Bounds of {@link objectLines}: objects told, and characters of one key path. */
const MAX_OBJECTS = 1_000_000
const MAX_PATH = 16_384

/** A JSON object as parsed, whose keys come from outside: looked up only through {@link member}. */
export type JsonObject = Readonly<Record<string, unknown>>

/** The object that a value is, or undefined for arrays, null and everything else. */
export function asObject(value: unknown): JsonObject | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : undefined
}

/** An object's own member; never what it inherits (`constructor`, `__proto__`). */
export function member(object: JsonObject, key: string): unknown {
  return Object.hasOwn(object, key) ? object[key] : undefined
}

/** An own member that is text, else undefined. */
export function textMember(object: JsonObject, key: string): string | undefined {
  const value = member(object, key)
  return typeof value === 'string' ? value : undefined
}

/**
 * The JSON object (RFC 8259) of a file in UTF-8, with or without a byte order mark; a text that says what is wrong where there is
 * none. The engine's parser needs no stack for nested input, and keeps `__proto__` as a plain key.
 */
export function parseJsonObject(bytes: Uint8Array): { readonly object: JsonObject } | { readonly problem: string } {
  if (nestsDeeperThan(bytes, MAX_DEPTH)) return { problem: `it nests deeper than ${MAX_DEPTH} levels` }
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8')
  try {
    const object = asObject(JSON.parse(text.charCodeAt(0) === 0xfeff ? text.slice(1) : text))
    return object === undefined ? { problem: 'it is JSON, but not an object' } : { object }
  } catch {
    return { problem: text.trim() === '' ? 'it is empty' : 'it is not valid JSON' }
  }
}

/** Whether brackets outside of texts open deeper than that: millions of nested lists would cost far more memory than their bytes. */
function nestsDeeperThan(bytes: Uint8Array, most: number): boolean {
  let depth = 0
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at]
    if (byte === QUOTE) {
      for (at++; at < bytes.length && bytes[at] !== QUOTE; at++) if (bytes[at] === BACKSLASH) at++
    } else if (byte === OPEN || byte === OPEN_LIST) {
      if (++depth > most) return true
    } else if (byte === CLOSE || byte === CLOSE_LIST) depth--
  }
  return false
}

const QUOTE = 0x22
const BACKSLASH = 0x5c
const NEWLINE = 0x0a
const COLON = 0x3a
const COMMA = 0x2c
const OPEN = 0x7b
const CLOSE = 0x7d
const OPEN_LIST = 0x5b
const CLOSE_LIST = 0x5d

/**
 * The first and last line of every object that is the value of a key, in valid JSON, down to `maxDepth` objects deep: by its keys from the
 * outermost on, joined by U+0000. One pass over the bytes without building anything else. Where a key stands twice, the later wins, as
 * it does for the parser.
 */
export function objectLines(bytes: Uint8Array, maxDepth: number): Map<string, [number, number]> {
  const lines = new Map<string, [number, number]>()
  /** One entry for each open bracket: the key path of an object, or undefined inside lists and below the depth. */
  const open: { readonly path: string | undefined; readonly firstLine: number }[] = []
  let line = 1
  let key: { readonly start: number; readonly end: number; readonly line: number } | undefined
  let pending: typeof key
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at]
    if (byte === NEWLINE) line++
    else if (byte === QUOTE) {
      const start = at
      for (at++; at < bytes.length && bytes[at] !== QUOTE; at++) if (bytes[at] === BACKSLASH) at++
      key = { start, end: at + 1, line }
    } else if (byte === COLON) pending = key
    else if (byte === COMMA) pending = undefined
    else if (byte === OPEN || byte === OPEN_LIST) {
      open.push(opened(byte, pending))
      pending = undefined
    } else if (byte === CLOSE || byte === CLOSE_LIST) {
      const closed = open.pop()
      if (closed?.path && lines.size < MAX_OBJECTS) lines.set(closed.path, [closed.firstLine, line])
    }
  }
  return lines

  function opened(byte: number, named: typeof key) {
    const parent = open.at(-1)
    if (byte === OPEN_LIST || open.length > maxDepth) return { path: undefined, firstLine: line }
    if (parent === undefined) return { path: '', firstLine: line }
    if (parent.path === undefined || named === undefined || parent.path.length > MAX_PATH)
      return { path: undefined, firstLine: line }
    const name = keyText(bytes, named.start, named.end)
    return { path: parent.path === '' ? name : `${parent.path}\0${name}`, firstLine: named.line }
  }
}

function keyText(bytes: Uint8Array, start: number, end: number): string {
  const quoted = Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('utf8')
  if (!quoted.includes('\\')) return quoted.slice(1, -1)
  try {
    return String(JSON.parse(quoted))
  } catch {
    return quoted
  }
}
