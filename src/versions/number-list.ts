import { type Piece, wordsAndNumbers } from './text.ts'

const WORD = 0

/** Rank of the end of a list of numbers: after a word, before a number, so that the longer of two versions is the newer. */
export const NUMBER_LIST_END = 1

const NUMBER = 2

/** A version that is a list of numbers, whatever separates them; words, which the format does not have, come before its end. */
export function parseNumberList(text: string): readonly Piece[] {
  return wordsAndNumbers(text, WORD, NUMBER)
}
