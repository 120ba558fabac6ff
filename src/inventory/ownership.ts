import type { Component } from '../model/component.ts'
import type { Diagnostic } from '../model/diagnostic.ts'
import type { PlacedRow } from '../reading/index.ts'
import type { Assembled, Claim } from './types.ts'

export interface Owned {
  /** The same components in the same order, with `ownedBy` where it is proven. */
  readonly components: readonly Component[]
  readonly diagnostics: readonly Diagnostic[]
}

/**
 * Settles which library components are files of OS packages, once for all ecosystems. One is, only when the list of an OS package has its
 * file, the copy in the final image is not from a newer layer than that package's record, and the digest that the record keeps, where
 * it keeps one, is the file's. Otherwise it is its own, and a notice says why: somebody has put another version over the packaged one.
 *
 * `rows` are all rows of the readers of library catalogers: their winning copies tell layer and digests of the files.
 */
export function settleOwnership(
  components: readonly Component[],
  rows: Iterable<PlacedRow>,
  claims: readonly NonNullable<Assembled['claims']>[],
): Owned {
  const libraries = components.filter((component) => component.kind === 'library' && component.presence === 'installed')
  const paths = new Set(libraries.flatMap((component) => component.evidence.map((evidence) => fileOf(evidence.path))))
  if (paths.size === 0 || claims.length === 0) return { components, diagnostics: [] }
  const copies = new Map<string, PlacedRow>()
  for (const row of rows) {
    if (!row.wins || !paths.has(row.path)) continue
    const known = copies.get(row.path)
    // Several readers may have taken the file; the row with digests says more.
    if (known?.digests === undefined) copies.set(row.path, row)
  }
  const answers = claims.map((ask) => ask(paths))
  const names = new Map(components.map((component) => [component.id, component.name]))
  const unproven: Unproven[] = []
  const settled = components.map((component) => {
    if (component.kind !== 'library' || component.presence !== 'installed') return component
    for (const evidence of component.evidence) {
      const path = fileOf(evidence.path)
      const stated = answers.flatMap((answer) => answer.get(path) ?? [])
      const reasons = stated.map((claim) => ({ claim, reason: whyNot(claim, copies.get(path)) }))
      const proven = reasons.find(({ reason }) => reason === undefined)
      if (proven !== undefined) return { ...component, ownedBy: proven.claim.owner }
      const first = reasons[0]
      if (first?.reason !== undefined) {
        const owner = names.get(first.claim.owner) ?? 'an operating-system package'
        unproven.push({ component, path, owner, reason: first.reason })
      }
    }
    return component
  })
  return { components: settled, diagnostics: notices(unproven) }
}

/** The file in the image of a piece of evidence: for something inside an archive, the archive. */
function fileOf(path: string): string {
  const inner = path.indexOf('!/')
  return inner < 0 ? path : path.slice(0, inner)
}

function whyNot(claim: Claim, copy: PlacedRow | undefined): string | undefined {
  if (copy === undefined) return 'for the file itself was not read'
  if (copy.layer > claim.since) return 'for the copy comes from a newer layer'
  if (claim.digest === undefined) return undefined
  const digest = copy.digests?.[claim.digest.algorithm]
  if (digest === undefined) return `for no ${claim.digest.algorithm} of it was taken`
  return digest.toLowerCase() === claim.digest.hex.toLowerCase()
    ? undefined
    : 'for the content is another than the package brought'
}

interface Unproven {
  readonly component: Component
  readonly path: string
  readonly owner: string
  readonly reason: string
}

/** One notice for each OS package and reason: `npm install -g npm` alone replaces more than a hundred libraries of one package. */
function notices(unproven: readonly Unproven[]): Diagnostic[] {
  const groups = Map.groupBy(unproven, ({ owner, reason }) => `${owner}\0${reason}`)
  return [...groups.values()].map((group) => {
    const [first] = [...group].sort((a, b) => (a.path < b.path ? -1 : 1))
    const { name, version } = first.component
    const more = group.length === 1 ? '' : ` and ${group.length - 1} more`
    const message = `${name} ${version}${more} where ${first.owner} lists its files: not taken for that package's, ${first.reason}`
    return { code: 'ownership-not-proven', message, path: first.path, effect: 'notice' }
  })
}
