import type { PlacedRow } from '../../reading/index.ts'
import { dependsOn } from '../depends-on.ts'
import { claimsOf, type FileList } from '../file-claims.ts'
import { licencesOf } from '../licences.ts'
import { nativeSystem, osComponent, osEcosystem, uniqueComponents } from '../os-component.ts'
import { distroQualifier, packageUrl } from '../package-url.ts'
import type { AssembleContext, Assembled } from '../types.ts'
import { type DescFact, descKey } from './desc.ts'
import { type FilesFact, listedFiles, mtreeFiles } from './files.ts'

export type PacmanFact = DescFact | FilesFact

/** Components of all records, with their relations, and whose files are whose. */
export function assemble(rows: readonly PlacedRow<PacmanFact>[], context: AssembleContext): Assembled {
  const files = new Map<string, FilesFact>()
  const records: { row: PlacedRow; fact: DescFact }[] = []
  for (const row of rows) {
    if (!row.wins) continue
    for (const fact of row.facts) {
      if (fact.kind === 'files') files.set(row.path, fact)
      else records.push({ row, fact })
    }
  }
  const placed = records.map(({ row, fact }) => ({ row, fact, ...componentOf(row, fact, context) }))
  const components = uniqueComponents(placed).map((entry) => entry.component)
  const ids = new Map(components.map((component) => [component.purl, component.id]))
  const lists = placed.flatMap(({ row, component, since }) => {
    const owner = ids.get(component.purl) ?? component.id
    return fileListsOf(row.path.slice(0, -'/desc'.length), files).map(
      (list): FileList => ({ owner, since, files: list }),
    )
  })
  return {
    components,
    relations: dependsOn(
      placed.map(({ fact, component }) => ({
        id: ids.get(component.purl) ?? component.id,
        names: [fact.name],
        provides: fact.provides.map(bareName),
        needs: () => fact.depends.map((need) => [need, bareName(need)]),
      })),
    ),
    diagnostics: [],
    claims: claimsOf(lists, context.tree),
  }
}

/** The mtree comes second: its digests win over the plain list, and the list over nothing. */
function fileListsOf(folder: string, files: ReadonlyMap<string, FilesFact>): FileList['files'][] {
  const lists: FileList['files'][] = []
  const plain = files.get(`${folder}/files`)
  const mtree = files.get(`${folder}/mtree`)
  if (plain !== undefined) lists.push(() => listedFiles(plain.bytes))
  if (mtree !== undefined) lists.push(() => mtreeFiles(mtree.bytes))
  return lists
}

function componentOf(row: PlacedRow, fact: DescFact, context: AssembleContext) {
  const os = nativeSystem(context.os, 'pacman')
  const purl = packageUrl({
    type: 'alpm',
    namespace: os?.id,
    name: fact.name,
    version: fact.version,
    qualifiers: { arch: fact.architecture, distro: distroQualifier(os) },
  })
  return osComponent(
    {
      purl,
      name: fact.name,
      version: fact.version,
      source: { name: fact.base ?? fact.name, version: fact.version },
      ...(fact.architecture && { architecture: fact.architecture }),
      ...(fact.packager && { supplier: fact.packager }),
      licences: [...new Set(fact.licences.flatMap(licencesOf))],
    },
    row,
    descKey(fact),
    osEcosystem(os, 'pacman'),
    context,
  )
}

/** `libfoo.so=1-64`, `glibc>=2.33` without the version. */
function bareName(word: string): string {
  const end = word.search(/[<>=]/)
  return end < 0 ? word : word.slice(0, end)
}
