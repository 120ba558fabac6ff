import { digitsOf, isDigit, isLetter, numberPiece, type Piece, skipDigits, skipLetters, textPiece } from './text.ts'

const WORD = 0

/** Rank of the end of a list of numbers: after a word, before a number, so that the longer of two versions is the newer. */
export const NUMBER_LIST_END = 1

const NUMBER = 2

/** A version that is a list of numbers, whatever separates them; words, which the format does not have, come before its end. */
export function parseNumberList(text: string): readonly Piece[] {
  const pieces: Piece[] = []
  let at = 0
  while (at < text.length) {
    const code = text.charCodeAt(at)
    const start = at
    if (isDigit(code)) {
      at = skipDigits(text, at)
      pieces.push(numberPiece(NUMBER, digitsOf(text, start, at)))
    } else if (isLetter(code)) {
      at = skipLetters(text, at)
      pieces.push(textPiece(WORD, text.slice(start, at)))
    } else {
      at++
    }
  }
  return pieces
}
