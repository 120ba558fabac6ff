import {
  comparePiece,
  digitsOf,
  isDigit,
  isLetter,
  numberPiece,
  type Piece,
  skipDigits,
  skipLetters,
  textPiece,
} from './text.ts'
import type { VersionScheme } from './types.ts'

const WORD = 0
const NUMBER = 1
const ZERO: Piece = numberPiece(NUMBER, '')

/** RubyGems' versions: words are pre-releases and before numbers, missing segments are zero, and a dash means `.pre.`. */
export const rubygems: VersionScheme<readonly Piece[]> = {
  id: 'rubygems',
  // CocoaPods orders as RubyGems does (https://guides.cocoapods.org/syntax/podspec.html#version).
  ecosystems: ['RubyGems', 'CocoaPods'],
  specification: 'https://docs.ruby-lang.org/en/master/Gem/Version.html',
  parse(text) {
    const trimmed = text.trim()
    const pieces: Piece[] = []
    let inNumbers = true
    let at = 0
    while (at < trimmed.length) {
      const code = trimmed.charCodeAt(at)
      const start = at
      if (isDigit(code)) {
        at = skipDigits(trimmed, at)
        pieces.push(numberPiece(NUMBER, digitsOf(trimmed, start, at)))
        continue
      }
      at = isLetter(code) ? skipLetters(trimmed, at) : at + 1
      if (!isLetter(code) && code !== 45) continue
      // Zeros before the first word do not count: 1.0.rc1 is 1.rc1.
      if (inNumbers) dropTrailingZeros(pieces)
      inNumbers = false
      pieces.push(textPiece(WORD, code === 45 ? 'pre' : trimmed.slice(start, at)))
    }
    dropTrailingZeros(pieces)
    return pieces
  },
  compare(a, b) {
    const count = Math.max(a.length, b.length)
    for (let i = 0; i < count; i++) {
      const order = comparePiece(i < a.length ? a[i] : ZERO, i < b.length ? b[i] : ZERO)
      if (order !== 0) return order
    }
    return 0
  },
}

function dropTrailingZeros(pieces: Piece[]): void {
  while (pieces.length > 0 && pieces[pieces.length - 1].number && pieces[pieces.length - 1].value === '') pieces.pop()
}
