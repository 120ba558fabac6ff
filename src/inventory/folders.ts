/** A path's folder (empty at the root) and last segment. */
export function placeOf(path: string): { readonly folder: string; readonly name: string } {
  const slash = path.lastIndexOf('/')
  return { folder: path.slice(0, Math.max(slash, 0)), name: path.slice(slash + 1) }
}

/** The path of something in a folder, which may be the root. */
export function inFolder(folder: string, name: string): string {
  return folder === '' ? name : `${folder}/${name}`
}

/** The folder itself and all above it, innermost first; a path of more folders than this is none of a file system. */
export function* foldersAbove(folder: string): Generator<string, void, undefined> {
  let at = folder
  for (let i = 0; i < 256; i++) {
    yield at
    if (at === '') return
    at = placeOf(at).folder
  }
}

/** The path that a file in `folder` means by `written` (`../base.txt`, `/etc/x`); undefined where it leads out of the root. */
export function pathFrom(folder: string, written: string): string | undefined {
  const segments = written.startsWith('/') || folder === '' ? [] : folder.split('/')
  for (const segment of written.split('/')) {
    if (segment === '' || segment === '.') continue
    if (segment !== '..') segments.push(segment)
    else if (segments.pop() === undefined) return undefined
  }
  return segments.join('/')
}
