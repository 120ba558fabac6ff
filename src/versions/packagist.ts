import { comparePiece, digitsOf, isDigit, isLetter, numberPiece, type Piece, skipDigits, textPiece } from './text.ts'
import type { VersionScheme } from './types.ts'

/** PHP's ranks of words and numbers, with the end of a version before a number. */
const UNKNOWN = 0
const DEV = 1
const ALPHA = 2
const BETA = 3
const RC = 4
const END = 5
const NUMBER = 6
const PATCH = 7
/** `#` stands for any number and for the end. */
const ANY = 8

const FORMS: readonly (readonly [string, number])[] = [
  ['dev', DEV],
  ['a', ALPHA],
  ['b', BETA],
  ['RC', RC],
  ['rc', RC],
  ['p', PATCH],
]

/**
 * Composer's versions in the order of PHP's `version_compare`, which knows `dev`, `alpha`, `beta`, `RC`, `rc` and `pl` and holds all
 * other words for older than `dev`; a leading `v` and build metadata do not count. It is a total order but for versions with a component `#`, which PHP
 * holds equal to any number and to none; no published version has one.
 */
export const packagist: VersionScheme<readonly Piece[]> = {
  id: 'packagist',
  ecosystems: ['Packagist'],
  specification: 'https://www.php.net/manual/function.version-compare.php',
  parse(text) {
    const trimmed = text.trim()
    const plus = trimmed.indexOf('+')
    return pieces(trimmed, trimmed[0] === 'v' || trimmed[0] === 'V' ? 1 : 0, plus < 0 ? trimmed.length : plus)
  },
  compare(a, b) {
    const common = Math.min(a.length, b.length)
    for (let i = 0; i < common; i++) {
      const order = compareTwo(a[i], b[i])
      if (order !== 0) return order
    }
    if (a.length > common) return -compareEnd(a, common)
    return b.length > common ? compareEnd(b, common) : 0
  },
}

function pieces(text: string, at: number, end: number): readonly Piece[] {
  const found: Piece[] = []
  while (at < end) {
    const code = text.charCodeAt(at)
    const start = at
    if (isDigit(code)) {
      at = skipDigits(text, at)
      found.push(numberPiece(NUMBER, digitsOf(text, start, at)))
    } else if (isLetter(code)) {
      while (at < end && isLetter(text.charCodeAt(at))) at++
      found.push(textPiece(rankOf(text.slice(start, at)), ''))
    } else {
      if (code === 35) found.push(textPiece(ANY, ''))
      at++
    }
  }
  return found
}

function rankOf(word: string): number {
  for (const [form, rank] of FORMS) if (word.startsWith(form)) return rank
  return UNKNOWN
}

function compareTwo(a: Piece, b: Piece): number {
  if (a.rank === ANY) return b.rank === ANY || b.rank === NUMBER ? 0 : NUMBER - b.rank
  if (b.rank === ANY) return a.rank === NUMBER ? 0 : a.rank - NUMBER
  return comparePiece(a, b)
}

/** Order of the end of a version against what another has from `at` on. */
function compareEnd(longer: readonly Piece[], at: number): number {
  while (at < longer.length && longer[at].rank === ANY) at++
  return at === longer.length ? 0 : END - longer[at].rank
}
