import type { Draft, Extensions } from './extensions.ts'
import { BLOCK } from './header.ts'
import type { PaxRecords } from './pax.ts'
import { parseMapText, type SparsePart } from './sparse.ts'

/**
 * The map of a sparse file of the PAX formats 0.0, 0.1 and 1.0 (GNU tar manual, "PAX Format, Versions 0.0 and 0.1", "PAX Format, Version
 * 1.0"): its parts, `in-body` when it stands before the data, undefined when the file is not sparse. Name and size in the draft become
 * the real ones; the size is -1 where none is stated.
 */
export function paxSparseParts(
  draft: Draft,
  pax: PaxRecords,
  extensions: Extensions,
): readonly SparsePart[] | 'malformed' | 'in-body' | undefined {
  const map = extensions.text(pax, 'GNU.sparse.map')
  const major = extensions.text(pax, 'GNU.sparse.major')
  const realSize = extensions.number(pax, 'GNU.sparse.realsize') ?? extensions.number(pax, 'GNU.sparse.size')
  const isSparse = map !== undefined || major !== undefined || pax.parts.length > 0 || realSize !== undefined
  if (!isSparse) return undefined
  draft.entry.name = extensions.text(pax, 'GNU.sparse.name') ?? draft.entry.name
  draft.entry.sizeBytes = realSize ?? -1
  if (major === undefined || major === '0') {
    return map === undefined ? pax.parts : (parseMapText(map) ?? 'malformed')
  }
  return major !== '1' || draft.storedBytes < BLOCK ? 'malformed' : 'in-body'
}
