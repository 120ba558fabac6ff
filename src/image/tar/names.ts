const SLASH = 0x2f
const DOT = 0x2e

/**
 * An entry's name as a path inside the root: no leading or trailing slash, no `.`, `..` or empty segments; undefined when it
 * names the root itself. A name that would leave the root (`../etc/passwd`, `/etc/passwd`) is taken into it, as containerd's
 * layer extraction does (`filepath.Clean`, then `fs.RootPath`), so that a file which a runtime would put into the image is not
 * lost. {@link leavesRoot} tells such names, so that the caller can say so.
 */
export function normaliseEntryName(name: string): string | undefined {
  let start = 0
  let end = name.length
  if (end > 1 && name.charCodeAt(0) === DOT && name.charCodeAt(1) === SLASH) start = 2
  while (start < end && name.charCodeAt(start) === SLASH) start++
  while (end > start && name.charCodeAt(end - 1) === SLASH) end--
  if (start === end) return undefined
  if (!needsResolving(name, start, end)) return start === 0 && end === name.length ? name : name.slice(start, end)
  const kept: string[] = []
  for (const segment of name.slice(start, end).split('/')) {
    if (segment === '' || segment === '.') continue
    if (segment === '..') kept.pop()
    else kept.push(segment)
  }
  return kept.length === 0 ? undefined : kept.join('/')
}

/** Whether any segment between the two positions is empty or made of one or two dots only. */
function needsResolving(name: string, start: number, end: number): boolean {
  let segment = start
  for (let i = start; i <= end; i++) {
    if (i < end && name.charCodeAt(i) !== SLASH) continue
    const length = i - segment
    if (length === 0) return true
    if (length <= 2 && name.charCodeAt(segment) === DOT && name.charCodeAt(i - 1) === DOT) return true
    segment = i + 1
  }
  return false
}

/** Whether a name, taken as it stands, climbs above the root by `..`: Docker refuses such a layer, containerd clamps it. */
export function leavesRoot(name: string): boolean {
  if (!name.includes('..')) return false
  let depth = 0
  for (const segment of name.split('/')) {
    if (segment === '' || segment === '.') continue
    depth += segment === '..' ? -1 : 1
    if (depth < 0) return true
  }
  return false
}
