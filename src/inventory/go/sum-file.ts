import type { FileBytes, ReadResult } from '../../reading/index.ts'
import { decodeText, linesOf } from '../documents/text.ts'
import { RecordProblems } from '../record-problems.ts'

/** Modules of go.sum with their hash; those of which only go.mod was read are not among them. */
export interface GoSums {
  readonly kind: 'sums'
  readonly modules: readonly {
    readonly path: string
    readonly version: string
    readonly sum: string
    readonly line: number
  }[]
}

const MAX_MODULES = 200_000

/** Reads go.sum (go.dev/ref/mod#go-sum-files): lines of module path, version and hash. */
export function readGoSum(file: FileBytes): ReadResult<GoSums> {
  const problems = new RecordProblems('go-sum-broken', file.path)
  const modules: GoSums['modules'][number][] = []
  for (const [index, text] of linesOf(decodeText(file.bytes)).entries()) {
    const words = text.split(/[ \t]+/).filter((word) => word !== '')
    if (words.length === 0) continue
    const [path = '', version = '', sum = ''] = words
    if (words.length !== 3) problems.add(`line ${index + 1} is not a module, a version and a hash`)
    else if (!version.endsWith('/go.mod') && modules.length < MAX_MODULES)
      modules.push({ path, version, sum, line: index + 1 })
  }
  return { facts: [{ kind: 'sums', modules }], diagnostics: problems.diagnostics() }
}
