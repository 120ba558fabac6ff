import { Failure } from '../../lib/failure.ts'
import { isEcosystemName } from '../ecosystems.ts'
import { bareEcosystem } from '../package-key.ts'
import type { Layout } from './layout.ts'

/** Names that a place lists, with release: from `ecosystems.txt`, else from its folders. Rejects when it has neither. */
export async function listEcosystems(layout: Layout, warn: (text: string) => void): Promise<readonly string[]> {
  const bytes = await layout.bytes(['ecosystems.txt'], 4 * 1024 ** 2)
  const lines = bytes === undefined ? await layout.folders() : new TextDecoder().decode(bytes).split('\n')
  const names = lines.map((line) => line.trim()).filter((line) => line !== '')
  const usable = names.flatMap((name) => {
    if (!isEcosystemName(bareEcosystem(name))) return []
    return isPathLike(name) ? [bareEcosystem(name)] : [name]
  })
  if (usable.length === 0)
    throw new Failure('advisory-source', `${layout.origin} has no ecosystems.txt and no folders with advisories`, {
      input: layout.origin,
      hints: [`the layout is that of OSV's bucket: ecosystems.txt, then <ECOSYSTEM>/all.zip`],
    })
  if (usable.length < names.length)
    warn(`${layout.origin}: ${names.length - usable.length} names in ecosystems.txt cannot be names and are left out`)
  return [...new Set(usable)]
}

/** A release becomes part of a folder's name, so it may not lead anywhere else. */
function isPathLike(name: string): boolean {
  return (
    name.length > 300 ||
    name.includes('..') ||
    name.includes('/') ||
    name.includes('\\') ||
    !/^[\x20-\x7e]+$/.test(name)
  )
}
