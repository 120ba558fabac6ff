import { NUMBER_LIST_END, parseNumberList } from './number-list.ts'
import { comparePieces, type Piece } from './text.ts'
import type { VersionScheme } from './types.ts'

/** Haskell's package versions: a list of numbers, in lexicographic order. */
export const hackage: VersionScheme<readonly Piece[]> = {
  id: 'hackage',
  ecosystems: ['Hackage', 'GHC'],
  specification: 'https://hackage.haskell.org/package/base/docs/Data-Version.html',
  parse: parseNumberList,
  compare(a, b) {
    return comparePieces(a, b, NUMBER_LIST_END)
  },
}
