import type { Diagnostic } from '../../model/diagnostic.ts'
import type { PlacedRow } from '../../reading/index.ts'
import { dependsOn } from '../depends-on.ts'
import { claimsOf, type FileList } from '../file-claims.ts'
import { licencesOf } from '../licences.ts'
import { nativeSystem, osComponent, osEcosystem, type PlacedComponent } from '../os-component.ts'
import { distroQualifier, packageUrl } from '../package-url.ts'
import { refuseIdentity } from '../recorded-text.ts'
import type { AssembleContext, Assembled } from '../types.ts'
import { contentsFiles } from './contents.ts'
import type { PortageFact } from './record.ts'

/** The files of one package's folder, each with its fact. */
interface Folder {
  row?: PlacedRow<PortageFact>
  name?: string
  version?: string
  files?: Uint8Array
  readonly fields: Map<string, string>
}

/** Components of all records that have a full name, with their relations, and whose files are whose. */
export function assemble(rows: readonly PlacedRow<PortageFact>[], context: AssembleContext): Assembled {
  const diagnostics: Diagnostic[] = []
  const placed: (PlacedComponent & { readonly folder: Folder; readonly name: string })[] = []
  const lists: FileList[] = []
  for (const [path, folder] of foldersOf(rows)) {
    const entry = componentOf(path, folder, context)
    if (entry === undefined) {
      if (folder.files === undefined || folder.row !== undefined) continue
      const message = 'a package has a file list but no readable full name (PF)'
      diagnostics.push({ code: 'portage-record-broken', message, path, effect: 'partial' })
      continue
    }
    placed.push({ ...entry, folder, name: entry.component.name })
    const { files } = folder
    if (files !== undefined)
      lists.push({ owner: entry.component.id, since: entry.since, files: () => contentsFiles(files) })
  }
  return {
    components: placed.map((entry) => entry.component),
    relations: dependsOn(
      placed.map(({ component, name, folder }) => ({
        id: component.id,
        names: [name],
        provides: [],
        needs: () => atomsOf(folder.fields.get('RDEPEND') ?? ''),
      })),
    ),
    diagnostics,
    claims: claimsOf(lists, context.tree),
  }
}

function foldersOf(rows: readonly PlacedRow<PortageFact>[]): Map<string, Folder> {
  const folders = new Map<string, Folder>()
  for (const row of rows) {
    if (!row.wins) continue
    const slash = row.path.lastIndexOf('/')
    const path = row.path.slice(0, slash)
    let folder = folders.get(path)
    if (folder === undefined) folders.set(path, (folder = { fields: new Map() }))
    for (const fact of row.facts) {
      if (fact.kind === 'files') folder.files = fact.bytes
      else if (fact.kind === 'field') folder.fields.set(row.path.slice(slash + 1), fact.value)
      else {
        folder.row = row
        folder.name = fact.name
        folder.version = fact.version
      }
    }
  }
  return folders
}

function componentOf(path: string, folder: Folder, context: AssembleContext): PlacedComponent | undefined {
  const { row, name, version, fields } = folder
  if (row === undefined || name === undefined || version === undefined) return undefined
  const category = fields.get('CATEGORY') ?? path.split('/')[3] ?? ''
  if (refuseIdentity(category, version) !== undefined) return undefined
  const os = nativeSystem(context.os, 'portage')
  const full = `${category}/${name}`
  const purl = packageUrl({
    type: 'ebuild',
    namespace: category,
    name,
    version,
    qualifiers: { slot: fields.get('SLOT'), repository: fields.get('repository'), distro: distroQualifier(os) },
  })
  const pkg = {
    purl,
    name: full,
    version,
    source: { name: full, version },
    ...(fields.has('CHOST') && { architecture: fields.get('CHOST')?.split('-')[0] }),
    licences: licencesOf(plainLicence(fields.get('LICENSE') ?? '')),
  }
  return osComponent(pkg, row, `${name} ${version}`, osEcosystem(os, 'portage'), context)
}

/** Gentoo's names of the GNU licences say `GPL-2` for that version only, and a list means all of them. */
function plainLicence(text: string): string {
  return text.includes('||') || text.includes('?') ? text : text.replace(/\s+/g, ' ')
}

/** Package names in a dependency specification (PMS 8.3), without versions, slots and USE flags; blockers left out. */
function* atomsOf(text: string): Generator<readonly string[]> {
  for (const word of text.split(/\s+/)) {
    const atom = /^(?:[<>=~]+)?([A-Za-z0-9+_.-]+\/[A-Za-z0-9+_-][A-Za-z0-9+_.-]*\*?)/.exec(word)?.[1]
    if (atom === undefined || word.endsWith('?')) continue
    const slash = atom.indexOf('/')
    const versioned = /^[<>=~]/.test(word)
    const full = atom.slice(slash + 1).replace(/\*$/, '')
    const name = versioned ? (/^(.+?)-\d[^-]*(?:-r\d+)?$/.exec(full)?.[1] ?? full) : full
    yield [`${atom.slice(0, slash)}/${name}`]
  }
}
