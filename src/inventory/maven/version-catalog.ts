import type { FileBytes, ReadResult } from '../../reading/index.ts'
import { decodeText, linesOf } from '../documents/text.ts'
import { parseToml } from '../documents/toml.ts'
import { asObject, type JsonObject, member, textMember } from '../json-document.ts'
import { RANGE_CONFIDENCE } from '../range-confidence.ts'
import { RecordProblems } from '../record-problems.ts'
import { type DeclaredArtifact, declaredArtifact, lowestVersion, unreadable } from './declared.ts'

/**
 * Libraries and plugins of a Gradle version catalogue, `libs.versions.toml` (https://docs.gradle.org/current/userguide/version_catalogs.html).
 * A plugin is the marker artifact that Gradle asks for, `id:id.gradle.plugin`. An entry without a version gets it from a platform
 * that is not in this file, and is left out.
 */
export function readVersionCatalog(file: FileBytes): ReadResult<DeclaredArtifact> {
  const parsed = parseToml(file.bytes)
  if ('problem' in parsed)
    return unreadable('gradle-catalog-unreadable', file.path, 'the version catalogue of Gradle', parsed.problem)
  const { object } = parsed
  const problems = new RecordProblems('gradle-catalog-entry-refused', file.path)
  const versions = asObject(member(object, 'versions')) ?? {}
  const lines = aliasLines(file.bytes)
  const facts = (['libraries', 'plugins'] as const).flatMap((section) =>
    Object.entries(asObject(member(object, section)) ?? {}).flatMap(([alias, entry]) => {
      const named = section === 'libraries' ? library(entry) : plugin(entry)
      const said = named?.version ?? versionOf(entry, versions)
      const lowest = said === undefined ? undefined : lowestVersion(said)
      if (named === undefined || lowest === undefined) return []
      const line = lines.get(`${section}\0${alias}`)
      return declaredArtifact(
        { group: named.group, artifact: named.artifact, version: lowest.version },
        {
          direct: true,
          ...(section === 'plugins' && { scope: 'development' }),
          ...(line !== undefined && { lines: [line, line] as const }),
          ...(!lowest.exact && { confidence: RANGE_CONFIDENCE }),
        },
        problems,
      )
    }),
  )
  return { facts, diagnostics: problems.diagnostics() }
}

interface Named {
  readonly group: string
  readonly artifact: string
  readonly version?: string
}

function library(entry: unknown): Named | undefined {
  const object = asObject(entry)
  const module = typeof entry === 'string' ? entry : object && textMember(object, 'module')
  if (module !== undefined) {
    const [group = '', artifact = '', version] = module.split(':')
    return { group, artifact, ...(version !== undefined && { version }) }
  }
  const [group, artifact] = object ? [textMember(object, 'group'), textMember(object, 'name')] : []
  return group === undefined || artifact === undefined ? undefined : { group, artifact }
}

function plugin(entry: unknown): Named | undefined {
  const object = asObject(entry)
  const text = typeof entry === 'string' ? entry : object && textMember(object, 'id')
  if (text === undefined) return undefined
  const [id = '', version] = text.split(':')
  return { group: id, artifact: `${id}.gradle.plugin`, ...(version !== undefined && { version }) }
}

function versionOf(entry: unknown, versions: JsonObject): string | undefined {
  const object = asObject(entry)
  const version = object && member(object, 'version')
  const rich = asObject(version)
  const reference = rich && textMember(rich, 'ref')
  return plainVersion(reference === undefined ? version : member(versions, reference))
}

/** A rich version says several things; the strongest counts. */
function plainVersion(version: unknown): string | undefined {
  if (typeof version === 'string') return version
  const rich = asObject(version)
  if (rich === undefined) return undefined
  return textMember(rich, 'strictly') ?? textMember(rich, 'prefer') ?? textMember(rich, 'require')
}

/** The line of each alias, by section and alias. */
function aliasLines(bytes: Uint8Array): Map<string, number> {
  const found = new Map<string, number>()
  let section = ''
  for (const [index, line] of linesOf(decodeText(bytes)).entries()) {
    const header = /^\s*\[([\w.-]+)\]/.exec(line)
    if (header !== null) section = header[1]
    const alias = /^\s*"?([\w.-]+)"?\s*=/.exec(line)
    if (alias !== null && !found.has(`${section}\0${alias[1]}`)) found.set(`${section}\0${alias[1]}`, index + 1)
  }
  return found
}
