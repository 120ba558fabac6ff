import {
  compareDigits,
  comparePieces,
  compareText,
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

interface PythonVersion {
  /** False for a text that is no version by PEP 440: before every one that is. */
  readonly valid: boolean
  readonly epoch: string
  /** Without trailing zeros. */
  readonly release: readonly string[]
  /** `a`, `b`, `rc`; `A` for a development release without one (before all), `z` for none (after all). */
  readonly pre: string
  readonly preNumber: string
  /** Undefined where there is none: before all that have one. */
  readonly post: string | undefined
  /** Undefined where there is none: after all that have one. */
  readonly dev: string | undefined
  /** Undefined where there is none: before all that have one. */
  readonly local: readonly Piece[] | undefined
  /** For what is no version, the pieces in setuptools' old order. */
  readonly legacy: readonly Piece[]
}

const PRE_BEFORE_ALL = 'A'
const PRE_NONE = 'z'
const END = 0
const WORD = 1
const NUMBER = 2

const VERSION = new RegExp(
  [
    /^v?(?:(?<epoch>\d+)!)?(?<release>\d+(?:\.\d+)*)/,
    /(?:[-_.]?(?<pre>alpha|beta|preview|pre|rc|a|b|c)[-_.]?(?<preNumber>\d*))?/,
    /(?:(?:-(?<implicit>\d+))|(?:[-_.]?(?<post>post|rev|r)[-_.]?(?<postNumber>\d*)))?/,
    /(?:[-_.]?(?<dev>dev)[-_.]?(?<devNumber>\d*))?/,
    /(?:\+(?<local>[a-z0-9]+(?:[-_.][a-z0-9]+)*))?$/,
  ]
    .map((part) => part.source)
    .join(''),
)

const PRE_NAMES: ReadonlyMap<string, string> = new Map([
  ['alpha', 'a'],
  ['a', 'a'],
  ['beta', 'b'],
  ['b', 'b'],
  ['c', 'rc'],
  ['rc', 'rc'],
  ['pre', 'rc'],
  ['preview', 'rc'],
])

/**
 * Python's versions by PEP 440, now "Version specifiers" of the packaging specifications. Texts that it does not know are
 * before every version and among themselves in the order that setuptools gave them before PEP 440.
 */
export const pep440: VersionScheme<PythonVersion> = {
  id: 'pep440',
  ecosystems: ['PyPI'],
  specification: 'https://packaging.python.org/en/latest/specifications/version-specifiers/',
  parse(text) {
    const trimmed = text.trim().toLowerCase()
    const groups = VERSION.exec(trimmed)?.groups
    return groups === undefined ? { ...EMPTY, legacy: legacyPieces(trimmed) } : fromGroups(groups)
  },
  compare(a, b) {
    if (a.valid !== b.valid) return a.valid ? 1 : -1
    if (!a.valid) return comparePieces(a.legacy, b.legacy, LEGACY_END)
    return (
      compareDigits(a.epoch, b.epoch) ||
      compareRelease(a.release, b.release) ||
      compareText(a.pre, b.pre) ||
      compareDigits(a.preNumber, b.preNumber) ||
      compareOptional(a.post, b.post, -1) ||
      compareOptional(a.dev, b.dev, 1) ||
      compareLocal(a.local, b.local)
    )
  },
}

const EMPTY: PythonVersion = {
  valid: false,
  epoch: '',
  release: [],
  pre: PRE_NONE,
  preNumber: '',
  post: undefined,
  dev: undefined,
  local: undefined,
  legacy: [],
}

function fromGroups(groups: Readonly<Record<string, string | undefined>>): PythonVersion {
  const release = (groups.release ?? '').split('.').map(number)
  while (release.length > 0 && release[release.length - 1] === '') release.pop()
  const post = groups.post !== undefined ? number(groups.postNumber) : groups.implicit
  const hasPost = post !== undefined
  const dev = groups.dev === undefined ? undefined : number(groups.devNumber)
  const pre = groups.pre === undefined ? undefined : PRE_NAMES.get(groups.pre)
  return {
    valid: true,
    epoch: number(groups.epoch),
    release,
    pre: pre ?? (!hasPost && dev !== undefined ? PRE_BEFORE_ALL : PRE_NONE),
    preNumber: number(groups.preNumber),
    post: hasPost ? number(post) : undefined,
    dev,
    local: groups.local?.split(/[-_.]/).map(localPiece),
    legacy: [],
  }
}

function number(digits: string | undefined): string {
  return digits === undefined ? '' : digitsOf(digits, 0, digits.length)
}

function localPiece(segment: string): Piece {
  return skipDigits(segment, 0) === segment.length ? numberPiece(NUMBER, number(segment)) : textPiece(WORD, segment)
}

function compareRelease(a: readonly string[], b: readonly string[]): number {
  const common = Math.min(a.length, b.length)
  for (let i = 0; i < common; i++) {
    const order = compareDigits(a[i], b[i])
    if (order !== 0) return order
  }
  // Trailing zeros are gone, so the longer one has a number above zero at its end.
  return a.length - b.length
}

function compareOptional(a: string | undefined, b: string | undefined, none: number): number {
  if (a === undefined) return b === undefined ? 0 : none
  return b === undefined ? -none : compareDigits(a, b)
}

function compareLocal(a: readonly Piece[] | undefined, b: readonly Piece[] | undefined): number {
  if (a === undefined) return b === undefined ? 0 : -1
  return b === undefined ? 1 : comparePieces(a, b, END)
}

/** Ranks of setuptools' old order: words before `final`, then the end of the version, words after it, numbers. */
const LEGACY_BEFORE = 0
const LEGACY_END = 1
const LEGACY_AFTER = 2
const LEGACY_NUMBER = 3

const LEGACY_NAMES: ReadonlyMap<string, string> = new Map([
  ['pre', 'c'],
  ['preview', 'c'],
  ['rc', 'c'],
  ['dev', '@'],
])

/** What `pkg_resources.parse_version` made of any text; zeros before a word and dashes before a pre-release do not count. */
function legacyPieces(text: string): readonly Piece[] {
  const pieces: Piece[] = []
  let at = 0
  while (at < text.length) {
    const code = text.charCodeAt(at)
    const start = at
    at = isDigit(code) ? skipDigits(text, at) : isLetter(code) ? skipLetters(text, at) : at + 1
    if (isDigit(code)) {
      pieces.push(numberPiece(LEGACY_NUMBER, digitsOf(text, start, at)))
    } else if (code !== 46) {
      const word = text.slice(start, at)
      addLegacyWord(pieces, code === 45 ? 'final-' : (LEGACY_NAMES.get(word) ?? word))
    }
  }
  while (isZero(pieces[pieces.length - 1])) pieces.pop()
  return pieces
}

function addLegacyWord(pieces: Piece[], word: string): void {
  const before = word < 'final'
  if (before) while (pieces[pieces.length - 1]?.value === 'final-') pieces.pop()
  while (isZero(pieces[pieces.length - 1])) pieces.pop()
  pieces.push(textPiece(before ? LEGACY_BEFORE : LEGACY_AFTER, word))
}

function isZero(piece: Piece | undefined): boolean {
  return piece?.rank === LEGACY_NUMBER && piece.value === ''
}
