import type { Component } from '../model/component.ts'
import type { Digest } from '../model/digest.ts'
import type { PlacedRow } from '../reading/index.ts'
import { componentId } from './component-id.ts'
import type { AssembleContext } from './types.ts'

/** What a lockfile or an installed package's own file says of it. */
export interface LibraryPackage {
  readonly purl: string
  readonly name: string
  readonly version: string
  readonly ecosystem: string
  readonly presence: Component['presence']
  readonly supplier?: string
  readonly licences?: readonly string[]
  readonly hashes?: readonly Digest[]
  readonly direct?: Component['direct']
  readonly scope?: Component['scope']
  readonly lines?: readonly [number, number]
  /** 1 unless given. */
  readonly confidence?: number
}

/** The component of a language's package, seen in the file of `row`. */
export function libraryComponent(pkg: LibraryPackage, row: PlacedRow, context: AssembleContext): Component {
  const layer = context.layer(row.layer)
  return {
    id: componentId(pkg.purl, row.path),
    kind: 'library',
    purl: pkg.purl,
    name: pkg.name,
    version: pkg.version,
    ecosystem: pkg.ecosystem,
    ...(pkg.supplier && { supplier: pkg.supplier }),
    licences: pkg.licences ?? [],
    hashes: pkg.hashes ?? [],
    cpes: [],
    direct: pkg.direct ?? 'unknown',
    scope: pkg.scope ?? 'unknown',
    presence: pkg.presence,
    evidence: [
      {
        path: row.path,
        ...(pkg.lines && { lines: pkg.lines }),
        ...(layer && { layer, since: layer }),
        confidence: pkg.confidence ?? 1,
      },
    ],
    origin: 'unknown',
  }
}
