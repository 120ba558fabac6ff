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
  readonly cpes?: readonly string[]
  readonly source?: Component['source']
  readonly architecture?: string
  readonly direct?: Component['direct']
  readonly scope?: Component['scope']
  readonly lines?: readonly [number, number]
  /** Position in the file, in bytes, where it is no text. */
  readonly offset?: number
  /** Where it lies inside the file of the row, an archive: `lib/inner.jar`, `lib/inner.jar!/META-INF/x`. */
  readonly inside?: string
  /** 1 unless given. */
  readonly confidence?: number
}

/** The component of a language's package, seen in the file of `row`. */
export function libraryComponent(pkg: LibraryPackage, row: PlacedRow, context: AssembleContext): Component {
  const layer = context.layer(row.layer)
  const path = pkg.inside === undefined ? row.path : `${row.path}!/${pkg.inside}`
  return {
    id: componentId(pkg.purl, path),
    kind: 'library',
    purl: pkg.purl,
    name: pkg.name,
    version: pkg.version,
    ecosystem: pkg.ecosystem,
    ...(pkg.source && { source: pkg.source }),
    ...(pkg.architecture && { architecture: pkg.architecture }),
    ...(pkg.supplier && { supplier: pkg.supplier }),
    licences: pkg.licences ?? [],
    hashes: pkg.hashes ?? [],
    cpes: pkg.cpes ?? [],
    direct: pkg.direct ?? 'unknown',
    scope: pkg.scope ?? 'unknown',
    presence: pkg.presence,
    evidence: [
      {
        path,
        ...(pkg.lines && { lines: pkg.lines }),
        ...(pkg.offset !== undefined && { offset: pkg.offset }),
        ...(layer && { layer, since: layer }),
        confidence: pkg.confidence ?? 1,
      },
    ],
    origin: 'unknown',
  }
}
