import { NUMBER_LIST_END, parseNumberList } from './number-list.ts'
import { comparePieces, type Piece } from './text.ts'
import type { VersionScheme } from './types.ts'

/** R's `package_version`: numbers separated by `.` or `-`, the longer is the newer. */
export const cran: VersionScheme<readonly Piece[]> = {
  id: 'cran',
  ecosystems: ['CRAN', 'Bioconductor'],
  specification: 'https://stat.ethz.ch/R-manual/R-devel/library/base/html/numeric_version.html',
  parse: parseNumberList,
  compare(a, b) {
    return comparePieces(a, b, NUMBER_LIST_END)
  },
}
