/**
 * The few mechanisms that all schemes share. A number in a version may have any count of digits, so it is kept as its digits
 * without leading zeros: the longer is the greater, and equal lengths order as text. That is exact and linear.
 */

/** Whether the UTF-16 code unit is an ASCII digit. */
export function isDigit(code: number): boolean {
  return code >= 48 && code <= 57
}

/** Whether the UTF-16 code unit is an ASCII letter. */
export function isLetter(code: number): boolean {
  return (code >= 65 && code <= 90) || (code >= 97 && code <= 122)
}

/** Index of the first code unit from `at` on that is not an ASCII digit. */
export function skipDigits(text: string, at: number): number {
  while (at < text.length && isDigit(text.charCodeAt(at))) at++
  return at
}

/** Index of the first code unit from `at` on that is not an ASCII letter. */
export function skipLetters(text: string, at: number): number {
  while (at < text.length && isLetter(text.charCodeAt(at))) at++
  return at
}

/** The digits from `start` to `end` without leading zeros; zero is the empty text. */
export function digitsOf(text: string, start: number, end: number): string {
  while (start < end && text.charCodeAt(start) === 48) start++
  return text.slice(start, end)
}

/** Order of two numbers made by {@link digitsOf}. */
export function compareDigits(a: string, b: string): number {
  return a.length !== b.length ? a.length - b.length : compareText(a, b)
}

/** Order of two texts by UTF-16 code unit. */
export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

/** One piece of a version: what kind it is, ordered before its value. */
export interface Piece {
  /** Scheme's rank of this kind of piece; differing ranks decide. */
  readonly rank: number
  /** Digits by {@link digitsOf} when `number`, else text. */
  readonly value: string
  readonly number: boolean
}

/** A piece that holds a number. */
export function numberPiece(rank: number, digits: string): Piece {
  return { rank, value: digits, number: true }
}

/** A piece that holds text; the empty text when only the rank matters. */
export function textPiece(rank: number, value: string): Piece {
  return { rank, value, number: false }
}

/** Order of two pieces: rank, then value. Pieces of one rank are of one kind, text and number never share one. */
export function comparePiece(a: Piece, b: Piece): number {
  if (a.rank !== b.rank) return a.rank - b.rank
  return a.number ? compareDigits(a.value, b.value) : compareText(a.value, b.value)
}

/** Lexicographic order of two lists of pieces; where one ends first, its end counts as a piece of rank `end`. */
export function comparePieces(a: readonly Piece[], b: readonly Piece[], end: number): number {
  const common = Math.min(a.length, b.length)
  for (let i = 0; i < common; i++) {
    const order = comparePiece(a[i], b[i])
    if (order !== 0) return order
  }
  if (a.length > common) return a[common].rank - end
  if (b.length > common) return end - b[common].rank
  return 0
}

/**
 * The runs of letters, as text of rank `word`, and of digits, as numbers of rank `number`, in their order. All else separates,
 * except where `sign` gives a piece for the code unit.
 */
export function wordsAndNumbers(
  text: string,
  word: number,
  number: number,
  sign: (code: number) => Piece | undefined = () => undefined,
): readonly Piece[] {
  const pieces: Piece[] = []
  let at = 0
  while (at < text.length) {
    const code = text.charCodeAt(at)
    const start = at
    if (isDigit(code)) {
      at = skipDigits(text, at)
      pieces.push(numberPiece(number, digitsOf(text, start, at)))
    } else if (isLetter(code)) {
      at = skipLetters(text, at)
      pieces.push(textPiece(word, text.slice(start, at)))
    } else {
      const piece = sign(code)
      if (piece !== undefined) pieces.push(piece)
      at++
    }
  }
  return pieces
}
