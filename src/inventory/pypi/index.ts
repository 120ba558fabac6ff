import type { Component, Relation } from '../../model/component.ts'
import type { PlacedRow } from '../../reading/index.ts'
import { libraryComponent } from '../library-component.ts'
import { licencesOf } from '../licences.ts'
import { packageUrl } from '../package-url.ts'
import { shownText } from '../recorded-text.ts'
import type { AssembleContext, Assembled, Cataloger } from '../types.ts'
import { type Distribution, normalisedName, pythonMetadataReader } from './metadata.ts'

/** Packages of Python. */
export const pypi: Cataloger<Distribution> = {
  id: 'pypi',
  summary: 'Python packages: installed dist-info, egg-info',
  kind: 'library',
  ecosystems: ['PyPI'],
  yields: 'installed',
  fills: ['licences', 'depends-on'],
  readers: [pythonMetadataReader],
  assemble: assemblePypi,
}

/** What lies installed, and who needs whom among the packages of one `site-packages`. */
function assemblePypi(rows: readonly PlacedRow<Distribution>[], context: AssembleContext): Assembled {
  const found: { readonly component: Component; readonly fact: Distribution; readonly site: string }[] = []
  const bySite = new Map<string, string>()
  for (const row of rows) {
    const fact = row.facts[0]
    if (!row.wins || fact === undefined) continue
    const component = libraryComponent(
      {
        purl: packageUrl({ type: 'pypi', name: normalisedName(fact.name), version: fact.version }),
        name: fact.name,
        version: fact.version,
        ecosystem: 'PyPI',
        presence: 'installed',
        supplier: shownText(fact.author ?? ''),
        licences: licencesOf(shownText(fact.licence ?? '')),
      },
      row,
      context,
    )
    const site = siteOf(row.path)
    found.push({ component, fact, site })
    bySite.set(`${site}\0${normalisedName(fact.name)}`, component.id)
  }
  const relations = found.flatMap(({ component, fact, site }) => {
    const targets = new Set(fact.needs.map((name) => bySite.get(`${site}\0${normalisedName(name)}`)))
    return [...targets].flatMap((to): Relation[] =>
      to === undefined || to === component.id ? [] : [{ from: component.id, to, kind: 'depends-on' }],
    )
  })
  return { components: found.map(({ component }) => component), relations, diagnostics: [] }
}

/** The folder that packages are imported from: the one that holds `x.dist-info`, `x.egg-info` or `x.egg`. */
function siteOf(path: string): string {
  return path.replace(
    /(?:^|\/)[^/]+(?:\.dist-info\/METADATA|\.egg-info\/PKG-INFO|\.egg\/EGG-INFO\/PKG-INFO|\.egg-info)$/,
    '',
  )
}
