import { type JsonObject, parseJsonObject } from '../json-document.ts'

const NEWLINE = 0x0a
const SPACE = 0x20
const QUOTE = 0x22
const STAR = 0x2a
const COMMA = 0x2c
const SLASH = 0x2f
const BACKSLASH = 0x5c

/**
 * The object of a JSON file with comments and commas behind the last entry (JSONC, https://jsonc.org, as Bun, Deno and TypeScript read it);
 * a text that says what is wrong where there is none. What JSON does not have becomes spaces, so that every line and position stays.
 */
export function parseJsoncObject(bytes: Uint8Array): { readonly object: JsonObject } | { readonly problem: string } {
  return parseJsonObject(plainJson(bytes))
}

function plainJson(bytes: Uint8Array): Uint8Array {
  const plain = Uint8Array.from(bytes)
  /** Position of a comma that nothing but space and comments followed yet. */
  let comma = -1
  for (let at = 0; at < plain.length; at++) {
    const byte = plain[at]
    if (byte === SLASH && (plain[at + 1] === SLASH || plain[at + 1] === STAR)) {
      at = blanked(plain, at)
      continue
    }
    if (byte <= SPACE) continue
    if ((byte === 0x7d || byte === 0x5d) && comma >= 0) plain[comma] = SPACE
    comma = byte === COMMA ? at : -1
    if (byte === QUOTE) for (at++; at < plain.length && plain[at] !== QUOTE; at++) if (plain[at] === BACKSLASH) at++
  }
  return plain
}

/** Turns the comment that begins at `from` into spaces but for its line ends, and gives its last position. */
function blanked(plain: Uint8Array, from: number): number {
  const isBlock = plain[from + 1] === STAR
  let at = from
  for (; at < plain.length; at++) {
    const isEnd = isBlock ? at > from + 2 && plain[at] === SLASH && plain[at - 1] === STAR : plain[at] === NEWLINE
    if (isEnd) break
  }
  const end = Math.min(at, plain.length - 1)
  // The star before the slash is looked at until the end is found: only then is the comment taken away.
  for (let i = from; i <= end; i++) if (plain[i] !== NEWLINE) plain[i] = SPACE
  return end
}
