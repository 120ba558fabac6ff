/** Whether a file, or a folder with all below it, is left out. Paths are normalised, without a leading slash. */
export interface Skipping {
  file(path: string): boolean
  folder(path: string): boolean
}

const MOST_REMEMBERED = 100_000

/**
 * Compiles globs as Trivy's `--skip-files` and `--skip-dirs` take them: relative to the root (a leading `/` or `./` may stand
 * there), `*` and `?` within a segment, `**` across segments. A skipped folder takes all below it along.
 */
export function compileSkipping(files: readonly string[], folders: readonly string[]): Skipping {
  const fileGlobs = files.map(compileGlob)
  const folderGlobs = folders.map(compileGlob)
  if (fileGlobs.length === 0 && folderGlobs.length === 0) return { file: () => false, folder: () => false }
  const known = new Map<string, boolean>()
  const folder = (path: string): boolean => {
    const remembered = known.get(path)
    if (remembered !== undefined) return remembered
    if (known.size > MOST_REMEMBERED) known.clear()
    const segments = path.split('/')
    const skipped = segments.some((_, i) => {
      const above = segments.slice(0, i + 1)
      return folderGlobs.some((glob) => glob(above))
    })
    known.set(path, skipped)
    return skipped
  }
  return {
    folder,
    file(path) {
      const slash = path.lastIndexOf('/')
      return (slash > 0 && folder(path.slice(0, slash))) || fileGlobs.some((glob) => glob(path.split('/')))
    },
  }
}

type Glob = (segments: readonly string[]) => boolean

function compileGlob(glob: string): Glob {
  const pattern = glob.split('/').filter((segment) => segment !== '' && segment !== '.')
  return (segments) =>
    matchRun(
      pattern.length,
      segments.length,
      (p) => pattern[p] === '**',
      (p, s) => matchSegment(pattern[p], segments[s]),
    )
}

function matchSegment(pattern: string, text: string): boolean {
  return matchRun(
    pattern.length,
    text.length,
    (p) => pattern[p] === '*',
    (p, s) => pattern[p] === '?' || pattern[p] === text[s],
  )
}

/**
 * Matches a pattern with stars, each standing for any number of items, against a run of items. Only the last star is ever
 * tried anew, so the work is at most the product of both lengths.
 */
function matchRun(
  patternLength: number,
  length: number,
  isStar: (p: number) => boolean,
  fits: (p: number, s: number) => boolean,
): boolean {
  let p = 0
  let s = 0
  let star = -1
  let from = 0
  while (s < length) {
    if (p < patternLength && isStar(p)) {
      star = p++
      from = s
    } else if (p < patternLength && fits(p, s)) {
      p++
      s++
    } else if (star >= 0) {
      p = star + 1
      s = ++from
    } else return false
  }
  while (p < patternLength && isStar(p)) p++
  return p === patternLength
}
