import type { Component } from '../../model/component.ts'
import type { PlacedRow } from '../../reading/index.ts'
import { dependsOn } from '../depends-on.ts'
import { libraryComponent } from '../library-component.ts'
import { licencesOf } from '../licences.ts'
import { packageUrl } from '../package-url.ts'
import { shownText } from '../recorded-text.ts'
import type { AssembleContext, Assembled } from '../types.ts'
import type { Distribution, PythonFact } from './facts.ts'
import { normalisedName } from './normalised-name.ts'

interface Installed {
  readonly component: Component
  readonly fact: Distribution
  /** The folder that it is imported from. */
  readonly site: string
  /** The folder that its metadata lies in. */
  readonly folder: string
}

/** What lies installed, and who needs whom among the packages of one `site-packages`. */
export function installedPackages(rows: readonly PlacedRow<PythonFact>[], context: AssembleContext): Assembled {
  const found = rows.flatMap((row) =>
    row.facts.flatMap((fact) => (fact.kind === 'installed' ? [installed(fact, row, context)] : [])),
  )
  const bySite = Map.groupBy(found, ({ site }) => site)
  const relations = [...bySite.values()].flatMap((neighbours) =>
    dependsOn(
      neighbours.map(({ component, fact }) => ({
        id: component.id,
        names: [normalisedName(fact.name)],
        provides: [],
        needs: () => fact.needs.map((name) => [normalisedName(name)]),
      })),
    ),
  )
  const needed = new Set(relations.map(({ to }) => to))
  const components = [...bySite.values()].flatMap((neighbours) => asked(neighbours, needed, context))
  return { components, relations, diagnostics: [] }
}

function installed(fact: Distribution, row: PlacedRow<PythonFact>, context: AssembleContext): Installed {
  const component = libraryComponent(
    {
      purl: packageUrl({ type: 'pypi', name: normalisedName(fact.name), version: fact.version }),
      name: fact.name,
      version: fact.version,
      ecosystem: 'PyPI',
      presence: 'installed',
      supplier: shownText(fact.author ?? ''),
      licences: licencesOf(shownText(fact.licence ?? '')),
      ...(fact.inside !== undefined && { inside: fact.inside }),
    },
    row,
    context,
  )
  const path = fact.inside === undefined ? row.path : `${row.path}!/${fact.inside}`
  return {
    component,
    fact,
    site: siteOf(row.path, fact.inside),
    folder: path.slice(0, Math.max(0, path.lastIndexOf('/'))),
  }
}

/**
 * With `direct` where installers say it: `REQUESTED` marks a package that somebody named, `direct_url.json` one that was taken from an address
 * (https://packaging.python.org/en/latest/specifications/recording-installed-packages/). In a folder with such marks, one without that
 * another package needs came along with it.
 */
function asked(neighbours: readonly Installed[], needed: ReadonlySet<string>, context: AssembleContext): Component[] {
  const isThere = (path: string) => context.tree.resolve(path) !== undefined
  const marks = neighbours.map(({ folder, component }) => {
    if (!folder.endsWith('.dist-info') || folder.includes('!/')) return false
    return isThere(`${folder}/REQUESTED`) || (!needed.has(component.id) && isThere(`${folder}/direct_url.json`))
  })
  const hasMarks = marks.includes(true)
  return neighbours.map(({ component }, index) => {
    if (marks[index]) return { ...component, direct: true }
    return hasMarks && needed.has(component.id) ? { ...component, direct: false } : component
  })
}

/** The endings of what lies in the folder that packages are imported from: `x.dist-info`, `x.egg-info`, `x.egg`. */
const METADATA = ['.dist-info/METADATA', '.egg-info/PKG-INFO', '.egg/EGG-INFO/PKG-INFO', '.egg-info']

/** Packages of one archive see each other; a zipped egg lies among others, as its unpacked form would. */
function siteOf(path: string, inside: string | undefined): string {
  if (inside !== undefined && !inside.startsWith('EGG-INFO/')) return path
  const ending = inside === undefined ? METADATA.find((one) => path.endsWith(one)) : ''
  if (ending === undefined) return path
  const at = path.slice(0, path.length - ending.length)
  return at.slice(0, Math.max(0, at.lastIndexOf('/')))
}
