import { comparePieces, digitsOf, isDigit, numberPiece, type Piece, skipDigits, textPiece } from './text.ts'
import type { VersionScheme } from './types.ts'

/** The kinds of token, lowest first. `_alpha` and its like are before anything, even before the end. */
const BEFORE_END = 0
const MALFORMED = 1
const END = 2
const REVISION = 3
const HASH = 4
const SUFFIX_NUMBER = 5
const AFTER_END = 6
/** A component without digits, as apk still takes it: `0..8`. */
const EMPTY = 7
const LETTER = 8
/** A component with a leading zero orders as text, and before those without. */
const PADDED = 9
const NUMBER = 10

const PRE_RELEASES = ['alpha', 'beta', 'pre', 'rc']
const POST_RELEASES = ['cvs', 'svn', 'git', 'hg', 'p']

/**
 * Alpine's versions as apk-tools orders them since 2.14:
 * `number{.number}[letter]{_suffix[number]}[~hash][-r<number>]`. Where a text stops being a version, the rest counts as one
 * malformed token, which is before the end.
 */
export const apk: VersionScheme<readonly Piece[]> = {
  id: 'apk',
  ecosystems: [
    'Alpine',
    'Wolfi',
    'Chainguard',
    'MinimOS',
    'Alpaquita',
    'BellSoft Hardened Containers',
    'CleanStart',
    'alpine',
    'wolfi',
    'postmarketos',
  ],
  specification: 'https://gitlab.alpinelinux.org/alpine/apk-tools/-/blob/master/doc/apk-package.5.scd',
  parse(text) {
    const trimmed = text.trim()
    const pieces: Piece[] = []
    const first = skipDigits(trimmed, 0)
    pieces.push(numberPiece(NUMBER, digitsOf(trimmed, 0, first)))
    let state = NUMBER
    let at = first
    while (at < trimmed.length) {
      const next = token(trimmed, at, state)
      pieces.push(next.piece)
      if (next.piece.rank === MALFORMED) break
      at = next.end
      state = next.piece.rank
    }
    return withoutEmptyRevision(pieces)
  },
  compare(a, b) {
    return comparePieces(a, b, END)
  },
}

/** The token at `at`, given the kind of the one before it. */
function token(text: string, at: number, before: number): { readonly piece: Piece; readonly end: number } {
  const code = text.charCodeAt(at)
  const inNumbers = before === NUMBER || before === PADDED || before === EMPTY
  if (code === 46 && inNumbers) return component(text, at + 1)
  if (isDigit(code) && before === LETTER) return component(text, at)
  if (isDigit(code) && (before === BEFORE_END || before === AFTER_END)) {
    const end = skipDigits(text, at)
    return { piece: numberPiece(SUFFIX_NUMBER, digitsOf(text, at, end)), end }
  }
  if (code >= 97 && code <= 122 && inNumbers) return { piece: textPiece(LETTER, text[at]), end: at + 1 }
  if (code === 95 && before !== HASH && before !== REVISION) return suffix(text, at + 1)
  if (code === 126 && before !== HASH && before !== REVISION) return hash(text, at + 1)
  if (code === 45 && text[at + 1] === 'r' && before !== REVISION) {
    const end = skipDigits(text, at + 2)
    return { piece: numberPiece(REVISION, digitsOf(text, at + 2, end)), end }
  }
  return { piece: textPiece(MALFORMED, ''), end: text.length }
}

function component(text: string, start: number): { readonly piece: Piece; readonly end: number } {
  const end = skipDigits(text, start)
  if (end === start) return { piece: textPiece(EMPTY, ''), end }
  if (text.charCodeAt(start) === 48) return { piece: textPiece(PADDED, text.slice(start, end)), end }
  return { piece: numberPiece(NUMBER, digitsOf(text, start, end)), end }
}

function suffix(text: string, start: number): { readonly piece: Piece; readonly end: number } {
  let end = start
  while (end < text.length && text.charCodeAt(end) >= 97 && text.charCodeAt(end) <= 122) end++
  const word = text.slice(start, end)
  const pre = PRE_RELEASES.indexOf(word)
  if (pre >= 0) return { piece: textPiece(BEFORE_END, String(pre)), end }
  const post = POST_RELEASES.indexOf(word)
  if (post >= 0) return { piece: textPiece(AFTER_END, String(post)), end }
  return { piece: textPiece(MALFORMED, ''), end: text.length }
}

function hash(text: string, start: number): { readonly piece: Piece; readonly end: number } {
  let end = start
  while (end < text.length && isHexadecimal(text.charCodeAt(end))) end++
  if (end === start) return { piece: textPiece(MALFORMED, ''), end: text.length }
  return { piece: textPiece(HASH, text.slice(start, end)), end }
}

function isHexadecimal(code: number): boolean {
  return isDigit(code) || (code >= 97 && code <= 102)
}

/** A revision of zero before a malformed rest says nothing: `1-r0-1`, `1-r-1` and `1--1` are one version. */
function withoutEmptyRevision(pieces: readonly Piece[]): readonly Piece[] {
  const last = pieces.length - 1
  if (last < 1 || pieces[last].rank !== MALFORMED) return pieces
  const revision = pieces[last - 1]
  if (revision.rank !== REVISION || revision.value !== '') return pieces
  return [...pieces.slice(0, last - 1), pieces[last]]
}
