import type { Component } from '../../model/component.ts'
import type { PlacedRow } from '../../reading/index.ts'
import { type LibraryPackage, libraryComponent } from '../library-component.ts'
import { packageUrl } from '../package-url.ts'
import { RANGE_CONFIDENCE } from '../range-confidence.ts'
import type { AssembleContext } from '../types.ts'
import type { AskedDistribution } from './facts.ts'
import { normalisedName } from './normalised-name.ts'

/** The component of what a list or a manifest asks for; undefined where nothing says which version. */
export function askedPackage(
  fact: AskedDistribution,
  row: PlacedRow,
  more: Pick<LibraryPackage, 'direct'>,
  context: AssembleContext,
): Component | undefined {
  const { name, version, hashes, scope, lines } = fact
  if (version === undefined) return undefined
  return libraryComponent(
    {
      purl: packageUrl({ type: 'pypi', name: normalisedName(name), version }),
      name,
      version,
      ecosystem: 'PyPI',
      presence: 'declared',
      hashes,
      ...more,
      ...(scope && { scope }),
      ...(lines && { lines }),
      ...(fact.ranged && { confidence: RANGE_CONFIDENCE }),
    },
    row,
    context,
  )
}
