import { splitEpochRelease } from './epoch-release.ts'
import { compareDigits, isDigit, isLetter, skipDigits } from './text.ts'
import type { VersionScheme } from './types.ts'

interface DebianVersion {
  /** Digits; empty for zero and for none. */
  readonly epoch: string
  readonly upstream: string
  /** Empty where there is none: dpkg orders it as `0`. */
  readonly revision: string
}

/**
 * Debian's versions, `[epoch:]upstream[-revision]`, as dpkg orders them. Text before a colon that is no number is no epoch
 * but belongs to the upstream version.
 */
export const dpkg: VersionScheme<DebianVersion> = {
  id: 'dpkg',
  ecosystems: ['Debian', 'Ubuntu', 'Echo', 'opam'],
  specification: 'https://www.debian.org/doc/debian-policy/ch-controlfields.html#version',
  parse(text) {
    const { epoch, version, release = '' } = splitEpochRelease(text)
    return { epoch, upstream: version, revision: release }
  },
  compare(a, b) {
    return (
      compareDigits(a.epoch, b.epoch) || compareParts(a.upstream, b.upstream) || compareParts(a.revision, b.revision)
    )
  },
}

/** dpkg's `verrevcmp`: stretches without digits by {@link rankOf}, stretches of digits as numbers, in turn. */
function compareParts(a: string, b: string): number {
  let i = 0
  let j = 0
  while (i < a.length || j < b.length) {
    while (!atDigitOrEnd(a, i) || !atDigitOrEnd(b, j)) {
      const order = rankOf(a, i) - rankOf(b, j)
      if (order !== 0) return order
      i++
      j++
    }
    while (i < a.length && a.charCodeAt(i) === 48) i++
    while (j < b.length && b.charCodeAt(j) === 48) j++
    const startA = i
    const startB = j
    let first = 0
    while (isDigit(a.charCodeAt(i)) && isDigit(b.charCodeAt(j))) {
      if (first === 0) first = a.charCodeAt(i) - b.charCodeAt(j)
      i++
      j++
    }
    i = skipDigits(a, i)
    j = skipDigits(b, j)
    if (i - startA !== j - startB) return i - startA - (j - startB)
    if (first !== 0) return first
  }
  return 0
}

function atDigitOrEnd(text: string, at: number): boolean {
  return at >= text.length || isDigit(text.charCodeAt(at))
}

/** `~` before the end, then letters, then all else. */
function rankOf(text: string, at: number): number {
  if (atDigitOrEnd(text, at)) return 0
  const code = text.charCodeAt(at)
  if (code === 126) return -1
  return isLetter(code) ? code : code + 256
}
