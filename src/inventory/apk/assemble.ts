import type { PlacedRow } from '../../reading/index.ts'
import { type Dependent, dependsOn } from '../depends-on.ts'
import { claimsOf, type FileList } from '../file-claims.ts'
import { licencesOf } from '../licences.ts'
import { nativeSystem, osComponent, osEcosystem, uniqueComponents } from '../os-component.ts'
import { distroQualifier, packageUrl } from '../package-url.ts'
import type { AssembleContext, Assembled } from '../types.ts'
import { apkFiles } from './files.ts'
import { type ApkFact, apkKey } from './installed.ts'

/** Components of the winning databases, with their relations, and whose files are whose. */
export function assemble(rows: readonly PlacedRow<ApkFact>[], context: AssembleContext): Assembled {
  const placed = rows
    .filter((row) => row.wins)
    .flatMap((row) => row.facts.map((fact) => ({ fact, ...componentOf(row, fact, context) })))
  const unique = uniqueComponents(placed)
  const byPurl = new Map(unique.map((entry) => [entry.component.purl, entry]))
  const dependents = new Map<string, Dependent>()
  const lists: FileList[] = []
  for (const { fact, component } of placed) {
    const owner = byPurl.get(component.purl)
    if (owner === undefined) continue
    const { files } = fact
    if (files !== undefined) lists.push({ owner: owner.component.id, since: owner.since, files: () => apkFiles(files) })
    if (!dependents.has(component.purl)) dependents.set(component.purl, dependentOf(owner.component.id, fact))
  }
  return {
    components: unique.map((entry) => entry.component),
    relations: dependsOn([...dependents.values()]),
    diagnostics: [],
    claims: claimsOf(lists, context.tree),
  }
}

function componentOf(row: PlacedRow<ApkFact>, fact: ApkFact, context: AssembleContext) {
  const os = nativeSystem(context.os, 'apk')
  const purl = packageUrl({
    type: 'apk',
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
      source: { name: fact.origin ?? fact.name, version: fact.version },
      ...(fact.architecture && { architecture: fact.architecture }),
      ...(fact.maintainer && { supplier: fact.maintainer }),
      licences: licencesOf(fact.licence ?? ''),
      lines: fact.lines,
    },
    row,
    apkKey(fact),
    osEcosystem(os, 'apk'),
    context,
  )
}

/** `D:` and `p:` are separated by spaces: names, `so:`, `cmd:`, `pc:` or paths, each maybe with a version; `!` marks a conflict. */
function dependentOf(id: string, fact: ApkFact): Dependent {
  const words = (text: string | undefined): string[] => (text ?? '').split(/\s+/).filter((word) => word !== '')
  return {
    id,
    names: [fact.name],
    provides: words(fact.provides).map(bareName),
    needs: () =>
      words(fact.depends)
        .filter((word) => !word.startsWith('!'))
        .map((word) => [bareName(word)]),
  }
}

/** `so:libc.musl-x86_64.so.1=1`, `busybox>=1.30`, `pkg@edge` without version and repository. */
function bareName(word: string): string {
  const end = word.search(/[<>=~@]/)
  return end < 0 ? word : word.slice(0, end)
}
