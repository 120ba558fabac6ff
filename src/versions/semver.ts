import {
  compareDigits,
  comparePieces,
  compareText,
  digitsOf,
  isDigit,
  numberPiece,
  type Piece,
  skipDigits,
  textPiece,
} from './text.ts'
import type { VersionScheme } from './types.ts'

/** A semantic version, read leniently: any count of components, missing ones are zero. */
export interface SemanticVersion {
  /** Empty where the text does not begin with a number: such text is before every version. */
  readonly numbers: readonly string[]
  /** Identifiers of the pre-release; empty for a release. */
  readonly preRelease: readonly Piece[]
  /** Identifiers after `+`, kept for the schemes that order them. */
  readonly build: readonly Piece[]
  /** The text itself where it is no version. */
  readonly text: string
}

const END = 0
const NUMBER = 1
const WORD = 2

/**
 * Semantic Versioning 2.0.0, read as npm's loose mode does: `v` and `=` may lead, components may be missing or more than three,
 * and text that follows without a dash is a pre-release. Build metadata does not count. Text that begins with no number is before
 * every version.
 */
export const semver: VersionScheme<SemanticVersion> = {
  id: 'semver',
  ecosystems: [
    'npm',
    'crates.io',
    'SwiftURL',
    'GitHub Actions',
    'ConanCenter',
    'VSCode',
    'Julia',
    'Kubernetes',
    'Linux',
    'OSS-Fuzz',
    'Android',
    'Homebrew',
    'GIT',
  ],
  specification: 'https://semver.org/spec/v2.0.0.html#spec-item-11',
  parse: parseSemantic,
  compare: compareSemantic,
}

/** Reads `[v|=]number{.number}[-pre-release][+build]`; see {@link semver}. */
export function parseSemantic(text: string): SemanticVersion {
  const trimmed = text.trim()
  let at = 0
  while (at < trimmed.length && 'vV= '.includes(trimmed[at])) at++
  if (!isDigit(trimmed.charCodeAt(at))) return { numbers: [], preRelease: [], build: [], text: trimmed }
  const numbers: string[] = []
  for (;;) {
    const end = skipDigits(trimmed, at)
    numbers.push(digitsOf(trimmed, at, end))
    at = end
    if (trimmed[at] !== '.' || !isDigit(trimmed.charCodeAt(at + 1))) break
    at++
  }
  while (numbers.length > 1 && numbers[numbers.length - 1] === '') numbers.pop()
  const plus = trimmed.indexOf('+', at)
  const end = plus < 0 ? trimmed.length : plus
  if (at < end && (trimmed[at] === '-' || trimmed[at] === '.' || trimmed[at] === '_')) at++
  return {
    numbers,
    preRelease: identifiers(trimmed.slice(at, end)),
    build: plus < 0 ? [] : identifiers(trimmed.slice(plus + 1)),
    text: '',
  }
}

function identifiers(text: string): readonly Piece[] {
  if (text === '') return []
  return text.split('.').map((identifier) => {
    const end = skipDigits(identifier, 0)
    const number = identifier !== '' && end === identifier.length
    return number ? numberPiece(NUMBER, digitsOf(identifier, 0, end)) : textPiece(WORD, identifier)
  })
}

/** Order of two semantic versions, build metadata left out. */
export function compareSemantic(a: SemanticVersion, b: SemanticVersion): number {
  if (a.numbers.length === 0 || b.numbers.length === 0) {
    if (a.numbers.length !== b.numbers.length) return a.numbers.length - b.numbers.length
    return compareText(a.text, b.text)
  }
  const order = compareNumbers(a.numbers, b.numbers)
  if (order !== 0) return order
  if (a.preRelease.length === 0) return b.preRelease.length === 0 ? 0 : 1
  return b.preRelease.length === 0 ? -1 : comparePieces(a.preRelease, b.preRelease, END)
}

/** Order of two lists of identifiers after `+`, where none is first: the order that pub gives them. */
export function compareBuild(a: SemanticVersion, b: SemanticVersion): number {
  return comparePieces(a.build, b.build, END)
}

function compareNumbers(a: readonly string[], b: readonly string[]): number {
  const count = Math.max(a.length, b.length)
  for (let i = 0; i < count; i++) {
    const order = compareDigits(i < a.length ? a[i] : '', i < b.length ? b[i] : '')
    if (order !== 0) return order
  }
  return 0
}
