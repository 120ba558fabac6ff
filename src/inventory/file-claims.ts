import type { MergedTree } from '../reading/index.ts'
import { AskedNames } from './asked-names.ts'
import type { Claim } from './types.ts'

/** One line of a package's file list: where the package put it, and its digest where the list has one. */
export interface ListedFile {
  /** Without a leading slash. */
  readonly path: string
  readonly digest?: Claim['digest']
}

/** A package's file list, decoded only when somebody asks whose a file is. */
export interface FileList {
  /** Id of the component that owns the files. */
  readonly owner: string
  readonly since: number
  /** Its files; those whose last segment nobody asks for may be left out. */
  readonly files: (asked: AskedNames) => Iterable<ListedFile>
}

/**
 * Answers whose files the given ones are. A list may name a file by a path that leads over a link (`lib/x` where `lib` is a
 * link to `usr/lib`): folders are resolved in the tree, once each. Where two packages list a file, one that says its digest
 * wins over one that does not, then the later record.
 */
export function claimsOf(lists: readonly FileList[], tree: MergedTree) {
  return (paths: ReadonlySet<string>): ReadonlyMap<string, Claim> => {
    const claims = new Map<string, Claim>()
    const names = new Set<string>()
    for (const path of paths) names.add(lastSegment(path))
    const asked = new AskedNames(names)
    const resolveFolder = folderResolver(tree)
    for (const list of lists) {
      for (const file of list.files(asked)) {
        const name = lastSegment(file.path)
        if (!names.has(name)) continue
        const real = paths.has(file.path) ? file.path : inFolder(resolveFolder(parent(file.path)), name)
        if (!paths.has(real)) continue
        const known = claims.get(real)
        if (known?.digest !== undefined && file.digest === undefined) {
          continue
        }
        claims.set(real, {
          owner: list.owner,
          since: list.since,
          ...(file.digest && { digest: file.digest }),
        })
      }
    }
    return claims
  }
}

function lastSegment(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1)
}

function parent(path: string): string {
  const slash = path.lastIndexOf('/')
  return slash < 0 ? '' : path.slice(0, slash)
}

function inFolder(folder: string, name: string): string {
  return folder === '' ? name : `${folder}/${name}`
}

/** Real path of a folder; where the tree has no entry of its own for it, that of the nearest one above. */
function folderResolver(tree: MergedTree): (folder: string) => string {
  const known = new Map<string, string>([['', '']])
  return (folder) => {
    const below: string[] = []
    let at = folder
    let real = known.get(at)
    while (real === undefined) {
      real = tree.resolve(at)
      if (real !== undefined) break
      below.push(lastSegment(at))
      at = parent(at)
      real = known.get(at)
    }
    for (let i = below.length - 1; i >= 0; i--) real = inFolder(real, below[i] ?? '')
    known.set(folder, real)
    return real
  }
}
