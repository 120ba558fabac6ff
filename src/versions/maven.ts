import { comparePiece, digitsOf, isDigit, numberPiece, type Piece, skipDigits, textPiece } from './text.ts'
import type { VersionScheme } from './types.ts'

/** Ranks of tokens: `.qualifier` < `-qualifier` < `-number` < `.number`, and qualifiers by stage. */
const DASHED = 4
const DASHED_NUMBER = 8
const DOTTED_NUMBER = 9

/** Stages of a qualifier, added to its rank. */
const BEFORE_RELEASE = 0
const RELEASE = 1
const SERVICE_PACK = 2
const OTHER = 3

const PRE_RELEASES = ['alpha', 'beta', 'milestone', 'rc', 'snapshot']
const RELEASES = new Set(['final', 'ga', 'release'])
const SHORT: ReadonlyMap<string, string> = new Map([
  ['a', 'alpha'],
  ['b', 'beta'],
  ['m', 'milestone'],
])

/**
 * Maven's versions by the order that its POM reference gives: tokens between dots, dashes and changes from digit to letter; null
 * tokens (`0`, `final`, `ga`, `release`) are dropped at the end and before dashes; where one version ends, the other's next token is
 * held against the null of its kind. Maven's own order runs in a circle for a few versions with a qualifier after a dot
 * (`1.0.rc` < `1` < `1-1` < `1.0.rc`); it is total for all others.
 */
export const maven: VersionScheme<readonly Piece[]> = {
  id: 'maven',
  ecosystems: ['Maven'],
  specification: 'https://maven.apache.org/pom.html#version-order-specification',
  parse(text) {
    return tokens(text.trim().toLowerCase())
  },
  compare(a, b) {
    const common = Math.min(a.length, b.length)
    for (let i = 0; i < common; i++) {
      const order = comparePiece(a[i], b[i])
      if (order !== 0) return order
    }
    if (a.length > common) return compareToNull(a, common)
    return b.length > common ? -compareToNull(b, common) : 0
  },
}

/** Order of what a version has from `at` on against nothing. */
function compareToNull(pieces: readonly Piece[], at: number): number {
  for (; at < pieces.length; at++) {
    const { rank, value } = pieces[at]
    if (rank === DASHED_NUMBER || (rank === DOTTED_NUMBER && value !== '')) return 1
    if (rank !== DOTTED_NUMBER && rank % DASHED !== RELEASE) return rank % DASHED === BEFORE_RELEASE ? -1 : 1
  }
  return 0
}

function tokens(text: string): readonly Piece[] {
  const pieces: Piece[] = []
  let dashed = false
  let at = 0
  for (;;) {
    const start = at
    const number = isDigit(text.charCodeAt(at))
    at = number ? skipDigits(text, at) : skipWord(text, at)
    const next = text.charCodeAt(at)
    const atSeparator = next === 46 || next === 45
    if (dashed) dropTrailingNulls(pieces)
    // An empty token stands for zero.
    if (number || start === at)
      pieces.push(numberPiece(dashed ? DASHED_NUMBER : DOTTED_NUMBER, digitsOf(text, start, at)))
    else pieces.push(qualifier(text.slice(start, at), isDigit(next), dashed ? DASHED : 0))
    if (at >= text.length) break
    dashed = next === 45 || !atSeparator
    if (atSeparator) at++
  }
  dropTrailingNulls(pieces)
  return pieces
}

function skipWord(text: string, at: number): number {
  while (at < text.length) {
    const code = text.charCodeAt(at)
    if (isDigit(code) || code === 46 || code === 45) break
    at++
  }
  return at
}

function qualifier(word: string, beforeNumber: boolean, rank: number): Piece {
  const whole = (beforeNumber ? SHORT.get(word) : undefined) ?? (word === 'cr' ? 'rc' : word)
  if (RELEASES.has(whole)) return textPiece(rank + RELEASE, '')
  const early = PRE_RELEASES.indexOf(whole)
  if (early >= 0) return textPiece(rank + BEFORE_RELEASE, String(early))
  return whole === 'sp' ? textPiece(rank + SERVICE_PACK, '') : textPiece(rank + OTHER, whole)
}

function dropTrailingNulls(pieces: Piece[]): void {
  while (pieces.length > 0 && isNull(pieces[pieces.length - 1])) pieces.pop()
}

function isNull(piece: Piece): boolean {
  return piece.number ? piece.value === '' : piece.rank % DASHED === RELEASE
}
