import type { Component } from '../../model/component.ts'
import type { PlacedRow } from '../../reading/index.ts'
import { type Dependent, dependsOn } from '../depends-on.ts'
import { libraryComponent } from '../library-component.ts'
import { licencesOf } from '../licences.ts'
import { packageUrl } from '../package-url.ts'
import { RANGE_CONFIDENCE } from '../range-confidence.ts'
import { shownText } from '../recorded-text.ts'
import type { AssembleContext, Assembled } from '../types.ts'
import type { VcpkgFact } from './vcpkg.ts'

type Row = PlacedRow<VcpkgFact>

interface Found {
  readonly fact: VcpkgFact
  readonly row: Row
}

/**
 * Ports that lie installed: the last record of each, with the licence of its bill of materials; where there is no record, as in an image that
 * took over the files only, the bill itself. What manifests ask for stands beside.
 */
export function assembleVcpkg(rows: readonly Row[], context: AssembleContext): Assembled {
  const winning = rows.filter((row) => row.wins)
  const trees = Map.groupBy(winning.filter(isInstalled), treeOf)
  const components: Component[] = []
  const dependents: Dependent[][] = []
  for (const tree of trees.values()) {
    const found = [...portsOf(tree).values()].map(({ fact, row }) => ({
      fact,
      component: componentOf(fact, row, context),
    }))
    components.push(...found.map(({ component }) => component))
    dependents.push(found.map(({ fact, component }) => dependentOf(fact, component.id)))
  }
  for (const row of winning) {
    if (isInstalled(row)) continue
    components.push(...row.facts.map((fact) => componentOf(fact, row, context)))
  }
  return { components, relations: dependents.flatMap((tree) => dependsOn(tree)), diagnostics: [] }
}

function isInstalled({ reader }: Row): boolean {
  return reader !== 'vcpkg-manifest'
}

/** The folder that holds `vcpkg/status` and, for each triplet, `share/<port>/`. */
function treeOf({ path }: Row): string {
  const parts = path.split('/')
  const above = path.endsWith('/vcpkg/status') || path === 'vcpkg/status' ? 2 : parts.at(-2) === 'updates' ? 3 : 4
  return parts.slice(0, -above).join('/')
}

/** Records in the order in which they were written: the status, then its updates. Bills only add to them, or stand alone. */
function portsOf(tree: readonly Row[]): ReadonlyMap<string, Found> {
  const ports = new Map<string, Found>()
  const rank = ({ path, reader }: Row) => (reader === 'vcpkg-spdx' ? 2 : path.endsWith('/status') ? 0 : 1)
  const ordered = [...tree].sort((a, b) => rank(a) - rank(b) || (a.path < b.path ? -1 : 1))
  const hasRecords = ordered.some((row) => row.reader === 'vcpkg-status')
  for (const row of ordered)
    for (const fact of row.facts) {
      const key = `${fact.name}:${fact.triplet ?? ''}`
      const known = ports.get(key)
      if (fact.kind === 'record') {
        if (fact.gone) ports.delete(key)
        else ports.set(key, { fact, row })
      } else if (known !== undefined)
        ports.set(key, { ...known, fact: { ...known.fact, ...(fact.licence && { licence: fact.licence }) } })
      else if (!hasRecords) ports.set(key, { fact, row })
    }
  return ports
}

function dependentOf({ name, triplet, needs }: VcpkgFact, id: string): Dependent {
  return {
    id,
    names: [`${name}:${triplet ?? ''}`],
    provides: [],
    needs: () => needs.map((need) => [need.includes(':') ? need : `${need}:${triplet ?? ''}`]),
  }
}

function componentOf(fact: VcpkgFact, row: Row, context: AssembleContext): Component {
  const { kind, name, version, port, triplet, licence, lines, ranged, development } = fact
  return libraryComponent(
    {
      purl: packageUrl({
        type: 'vcpkg',
        name,
        version,
        qualifiers: { port_version: port === undefined ? undefined : String(port), triplet },
      }),
      name,
      version,
      ecosystem: 'vcpkg',
      presence: kind === 'manifest' ? 'declared' : 'installed',
      licences: licencesOf(shownText(licence ?? '')),
      ...(lines && { lines }),
      ...(kind === 'manifest' && { direct: true, scope: development ? 'development' : 'runtime' }),
      ...(ranged && { confidence: RANGE_CONFIDENCE }),
    },
    row,
    context,
  )
}
