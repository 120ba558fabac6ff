import type { Component } from '../../model/component.ts'
import type { PlacedRow } from '../../reading/index.ts'
import { libraryComponent } from '../library-component.ts'
import { licencesOf } from '../licences.ts'
import { packageUrl } from '../package-url.ts'
import { shownText } from '../recorded-text.ts'
import type { AssembleContext, Assembled } from '../types.ts'
import type { Extension } from './extension.ts'

/** Every extension once: one that the editor's list names and whose folder is there has both as evidence. */
export function assembleExtensions(rows: readonly PlacedRow<Extension>[], context: AssembleContext): Assembled {
  const winning = rows.filter((row) => row.wins)
  const byFolder = new Map<string, Component>()
  const components: Component[] = []
  const listed: { readonly component: Component; readonly folder: string }[] = []
  for (const row of winning) {
    const parent = row.path.slice(0, Math.max(row.path.lastIndexOf('/'), 0))
    for (const fact of row.facts) {
      const component = componentOf(fact, row, context)
      if (row.path.endsWith('/extensions.json')) listed.push({ component, folder: `${parent}/${fact.folder ?? ''}` })
      else if (fact.inside === undefined) byFolder.set(parent, component)
      else components.push(component)
    }
  }
  for (const { component, folder } of listed) {
    const own = byFolder.get(folder)
    if (own === undefined || !isSame(own, component)) components.push(component)
    else byFolder.set(folder, { ...own, evidence: [...own.evidence, ...component.evidence] })
  }
  return { components: [...components, ...byFolder.values()], relations: [], diagnostics: [] }
}

/** Publisher and name are not told apart by case. */
function isSame(one: Component, other: Component): boolean {
  return one.name.toLowerCase() === other.name.toLowerCase() && one.version === other.version
}

/** Its URL by https://github.com/package-url/purl-spec/blob/main/types-doc/vscode-extension-definition.md: in lower case. */
function componentOf(fact: Extension, row: PlacedRow, context: AssembleContext): Component {
  const { publisher, name, version, platform, supplier, licence, inside } = fact
  const purl = packageUrl({
    type: 'vscode-extension',
    namespace: publisher.toLowerCase(),
    name: name.toLowerCase(),
    version,
    ...(platform && { qualifiers: { platform } }),
  })
  return libraryComponent(
    {
      purl,
      name: `${publisher}.${name}`,
      version,
      ecosystem: 'VSCode',
      presence: 'installed',
      licences: licencesOf(shownText(licence ?? '')),
      direct: true,
      scope: 'runtime',
      ...(supplier && { supplier: shownText(supplier) }),
      ...(inside && { inside }),
    },
    row,
    context,
  )
}
