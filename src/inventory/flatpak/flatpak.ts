import type { FileBytes, ReadResult } from '../../reading/index.ts'
import { decodeText, linesOf } from '../documents/text.ts'
import { child, childrenOf, childText, parseXml, type XmlElement } from '../documents/xml.ts'
import { RecordProblems } from '../record-problems.ts'
import { quoted, refuseIdentity } from '../recorded-text.ts'

/** What Flatpak keeps of an application or runtime. */
export interface FlatpakMetadata {
  readonly kind: 'application' | 'runtime'
  readonly name: string
  readonly architecture?: string
  readonly branch: string
  /** The runtime that an application needs: name, architecture and branch. */
  readonly runtime?: string
}

/** What an application says of itself. */
export interface Appdata {
  readonly kind: 'appdata'
  readonly version?: string
  readonly licence?: string
  readonly supplier?: string
}

export type FlatpakFact = FlatpakMetadata | Appdata

const MAX_LINES = 100_000

/**
 * The `metadata` of an installed application or runtime (https://docs.flatpak.org/en/latest/flatpak-command-reference.html#flatpak-metadata), in
 * `<id>/<architecture>/<branch>/<commit>/`; or `.flatpak-info`, which an application that runs has at its root and which says all that itself.
 */
export function readFlatpakMetadata(file: FileBytes): ReadResult<FlatpakFact> {
  const problems = new RecordProblems('flatpak-metadata-broken', file.path)
  const values = keysOf(decodeText(file.bytes))
  const kind = values.has('Application.name') ? 'application' : 'runtime'
  const name = values.get('Application.name') ?? values.get('Runtime.name') ?? ''
  const parts = file.path.split('/')
  const isInfo = file.path.endsWith('.flatpak-info')
  const branch = (isInfo ? values.get('Instance.branch') : parts.at(-3)) ?? ''
  const architecture = isInfo ? values.get('Instance.arch') : parts.at(-4)
  const refused = refuseIdentity(name, branch)
  if (refused !== undefined) {
    problems.add(`the metadata of ${quoted(name)} ${refused.replace('version', 'branch')}`)
    return { facts: [], diagnostics: problems.diagnostics() }
  }
  const runtime = values.get('Application.runtime')?.replace(/^runtime\//, '')
  const fact = { kind, name, branch, ...(architecture && { architecture }), ...(runtime && { runtime }) } as const
  return { facts: [fact], diagnostics: [] }
}

/** `<id>.metainfo.xml` or `<id>.appdata.xml` (https://www.freedesktop.org/software/appstream/docs/): its first release is the one that is there. */
export function readAppdata(file: FileBytes): ReadResult<FlatpakFact> {
  const problems = new RecordProblems('flatpak-appdata-broken', file.path)
  const parsed = parseXml(file.bytes)
  if ('problem' in parsed) {
    problems.add(`what the application says of itself could not be read: ${parsed.problem}`)
    return { facts: [], diagnostics: problems.diagnostics() }
  }
  const { root } = parsed
  // Parts of an application, as extensions, are described in files of their own.
  if (root.name !== 'component' && root.name !== 'application') return { facts: [], diagnostics: [] }
  const version = newest(childrenOf(child(root, 'releases'), 'release'))
  const licence = childText(root, 'project_license')
  const supplier = childText(child(root, 'developer'), 'name') ?? childText(root, 'developer_name')
  const fact = {
    kind: 'appdata',
    ...(version && { version }),
    ...(licence && { licence }),
    ...(supplier && { supplier }),
  } as const
  return { facts: [fact], diagnostics: [] }
}

/** The version of the release with the latest date, else of the first: a list need not be sorted. */
function newest(releases: readonly XmlElement[]): string | undefined {
  const stable = releases.filter(({ attributes }) => attributes.get('type') !== 'development')
  const dated = (stable.length > 0 ? stable : releases).map(({ attributes }) => ({
    version: attributes.get('version'),
    at: Number(attributes.get('timestamp')) * 1000 || Date.parse(attributes.get('date') ?? '') || 0,
  }))
  return dated.reduce((best, one) => (one.at > best.at ? one : best), dated[0] ?? { version: undefined, at: 0 }).version
}

/** Keys of a key file (https://specifications.freedesktop.org/desktop-entry-spec/latest/basic-format.html) as `Group.key`. */
function keysOf(text: string): ReadonlyMap<string, string> {
  const values = new Map<string, string>()
  let group = ''
  for (const line of linesOf(text).slice(0, MAX_LINES)) {
    const header = /^\[([^\]]{1,200})\]/.exec(line)?.[1]
    const equals = line.indexOf('=')
    if (header !== undefined) group = header
    else if (equals > 0) values.set(`${group}.${line.slice(0, equals).trim()}`, line.slice(equals + 1).trim())
  }
  return values
}
