import type { Component } from '../model/component.ts'
import type { Diagnostic } from '../model/diagnostic.ts'
import type { Subject } from '../model/inventory.ts'
import type { AnyCataloger, Assembled } from './types.ts'

/**
 * Which of a language's packages count. `auto`: in images and root file systems those that lie installed, in a source folder those
 * that a lockfile names, and for a single file all.
 */
export type Presence = 'auto' | 'installed' | 'declared' | 'both'

interface Counted {
  readonly components: readonly Component[]
  readonly diagnostics: readonly Diagnostic[]
}

/**
 * The components that count, with a notice for each ecosystem of which some do not. Where an ecosystem has none of the kind that `auto` looks
 * for, the other kind counts: a source folder without lockfile but with what was installed, an image with a lockfile but nothing installed
 * (its code may be bundled). `kind` is `sources` for a tree without an operating system.
 */
export function countedComponents(
  parts: readonly { readonly cataloger: AnyCataloger; readonly assembled: Assembled }[],
  presence: Presence,
  kind: Subject['kind'] | 'sources',
): Counted {
  const isSystem = kind === 'image' || kind === 'container' || kind === 'tree'
  const wanted = presence !== 'auto' ? presence : kind === 'file' ? 'both' : isSystem ? 'installed' : 'declared'
  const components: Component[] = []
  const diagnostics: Diagnostic[] = []
  for (const { cataloger, assembled } of parts) {
    if (cataloger.kind === 'os' || wanted === 'both') {
      components.push(...assembled.components)
      continue
    }
    // In an image a range is no sign of a package; a lockfile without anything installed is.
    const likely =
      isSystem && presence === 'auto' ? assembled.components.filter((one) => !isGuess(one)) : assembled.components
    const kept = likely.filter((component) => component.presence === wanted)
    const counts = kept.length === 0 && presence === 'auto' ? likely : kept
    components.push(...counts)
    const left = new Set(assembled.components)
    for (const component of counts) left.delete(component)
    if (left.size > 0) diagnostics.push(leftOut(cataloger, [...left], wanted))
  }
  return { components, diagnostics: [...diagnostics, ...guesses(components)] }
}

/** A package whose version is not known: a range names it, and the lowest version of the range stands in. */
function isGuess(component: Component): boolean {
  return component.presence === 'declared' && component.evidence.every((evidence) => evidence.confidence < 0.5)
}

function guesses(components: readonly Component[]): Diagnostic[] {
  const byPath = new Map<string, number>()
  for (const component of components) {
    const path = isGuess(component) ? component.evidence[0]?.path : undefined
    if (path !== undefined) byPath.set(path, (byPath.get(path) ?? 0) + 1)
  }
  return [...byPath].map(([path, count]) => ({
    code: 'versions-from-ranges',
    message: `no lockfile beside it: its ${count} requirements count at the lowest version that they allow, and what those need is not known`,
    path,
    effect: 'notice',
  }))
}

function leftOut(
  cataloger: AnyCataloger,
  components: readonly Component[],
  counted: 'installed' | 'declared',
): Diagnostic {
  const files = new Set(components.flatMap((component) => component.evidence.map((evidence) => evidence.path)))
  const many = components.length === 1 ? `${cataloger.id} package` : `${cataloger.id} packages`
  const message =
    counted === 'installed'
      ? `${components.length} ${many} that files only declare are not counted: here what is installed counts`
      : `${components.length} ${many} that lie installed are not counted: here what files declare counts`
  const path = [...files].sort()[0]
  return { code: `packages-not-${counted}`, message, ...(files.size === 1 && path && { path }), effect: 'notice' }
}
