import type { PlacedRow } from '../../reading/index.ts'
import { isSystemPackageUrl } from '../purl-ecosystem.ts'
import { assembleStated, type StatedPackage } from '../stated-packages.ts'
import type { AssembleContext, Assembled } from '../types.ts'

/**
 * What bills of materials name. Where an operating system is known its own package database says what is installed: packages of that kind
 * are not taken a second time from a document that somebody wrote when he built the image.
 */
export function assembleSbomFiles(rows: readonly PlacedRow<StatedPackage>[], context: AssembleContext): Assembled {
  if (context.os === undefined) return assembleStated(rows, context)
  const own = rows.map((row) => ({ ...row, facts: row.facts.filter(({ purl }) => !isSystemPackageUrl(typeOf(purl))) }))
  return assembleStated(own, context)
}

function typeOf(purl: string): string {
  return purl.slice('pkg:'.length, purl.indexOf('/'))
}
