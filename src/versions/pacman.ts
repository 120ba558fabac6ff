import { compareEpochRelease, type EpochReleaseVersion, parseEpochRelease } from './epoch-release.ts'
import { digitsOf, isDigit, isLetter, numberPiece, type Piece, skipDigits, skipLetters, textPiece } from './text.ts'
import type { VersionScheme } from './types.ts'

const WORD_AT_ONCE = 0
const END = 1
const SEPARATORS_THEN_END = 2
/** Ranks of segments grow with the separators before them, and by two for a word and a number after as many. */
const FIRST_SEGMENT = 3

/**
 * Arch Linux's versions, `[epoch:]version[-release]`, in the order of pacman's `vercmp`: a word that follows without separator is a
 * pre-release (`1.0rc1` before `1.0`), more separators are newer. Two choices make it a total order where `vercmp` is none: a
 * version without release is before the same one with any (`vercmp` calls it equal to all), and separators at the very end
 * are newer than nothing and older than any segment.
 */
export const pacman: VersionScheme<EpochReleaseVersion> = {
  id: 'pacman',
  ecosystems: ['Arch Linux', 'Arch', 'arch', 'archarm', 'manjaro', 'Manjaro', 'steamos'],
  specification: 'https://man.archlinux.org/man/vercmp.8',
  parse: (text) => parseEpochRelease(text, segments),
  compare: (a, b) => compareEpochRelease(a, b, END),
}

function segments(text: string): readonly Piece[] {
  const pieces: Piece[] = []
  let at = 0
  let separators = 0
  while (at < text.length) {
    const code = text.charCodeAt(at)
    const start = at
    if (isDigit(code)) {
      at = skipDigits(text, at)
      pieces.push(numberPiece(FIRST_SEGMENT + 2 * separators + 1, digitsOf(text, start, at)))
      separators = 0
    } else if (isLetter(code)) {
      at = skipLetters(text, at)
      const rank = separators === 0 ? WORD_AT_ONCE : FIRST_SEGMENT + 2 * separators
      pieces.push(textPiece(rank, text.slice(start, at)))
      separators = 0
    } else {
      separators++
      at++
    }
  }
  if (separators > 0) pieces.push(textPiece(SEPARATORS_THEN_END, ''))
  return pieces
}
