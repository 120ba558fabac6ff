import type { FileBytes, ReadResult } from '../../reading/index.ts'
import { lowestAllowed } from '../documents/lowest-allowed.ts'
import { parseYamlDocument, type YamlDocument } from '../documents/yaml.ts'
import { asObject, member, textMember } from '../json-document.ts'
import { packageUrl } from '../package-url.ts'
import { RANGE_CONFIDENCE } from '../range-confidence.ts'
import { type StatedPackage, StatedPackages } from '../stated-packages.ts'

const TABLES = [
  ['dependencies', 'runtime'],
  ['dev_dependencies', 'development'],
] as const

/**
 * A `pubspec.yaml` (https://dart.dev/tools/pub/pubspec). In pub's cache, `hosted/<registry>/<name>-<version>/`, it is that of a package which lies
 * there; elsewhere a project's, whose hosted requirements count with the least version. Dependencies of the SDK, in folders and out of Git have none.
 */
export function readPubspec(file: FileBytes): ReadResult<StatedPackage> {
  const stated = new StatedPackages('pubspec-unreadable', file.path)
  const document = parseYamlDocument(file.bytes, { asText: true })
  if ('problem' in document) return stated.problem(`pubspec.yaml could not be read: ${document.problem}`).result()
  const pubspec = asObject(document.value)
  if (pubspec === undefined) return stated.problem('pubspec.yaml is no mapping').result()
  const name = textMember(pubspec, 'name') ?? ''
  const version = textMember(pubspec, 'version') ?? ''
  const parts = file.path.split('/')
  if (parts.at(-4) === 'hosted' && parts.at(-2) === `${name}-${version}`) {
    stated.add({ ...pubPackage(name, version), presence: 'installed' })
    return stated.result()
  }
  for (const [table, scope] of TABLES)
    for (const [asked, wanted] of Object.entries(asObject(member(pubspec, table)) ?? {})) {
      const range = typeof wanted === 'string' ? wanted : textMember(asObject(wanted) ?? {}, 'version')
      if (range !== undefined) addRequirement(stated, asked, range, scope, document.lines([table, asked]))
    }
  return stated.result()
}

function addRequirement(
  stated: StatedPackages,
  name: string,
  range: string,
  scope: 'runtime' | 'development',
  lines: ReturnType<YamlDocument['lines']>,
): void {
  const lowest = lowestAllowed(range, 'exact')
  if (lowest === undefined) return
  stated.add({
    ...pubPackage(name, lowest.version),
    direct: true,
    scope,
    ...(lines && { lines }),
    ...(!lowest.exact && { confidence: RANGE_CONFIDENCE }),
  })
}

function pubPackage(name: string, version: string): StatedPackage {
  const purl = packageUrl({ type: 'pub', name: name.toLowerCase(), version })
  return { purl, name, version, ecosystem: 'Pub', presence: 'declared' }
}
