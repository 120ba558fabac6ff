import type { FileBytes, ReadResult } from '../../reading/index.ts'
import { decodeText, linesOf } from '../documents/text.ts'
import { parseToml } from '../documents/toml.ts'
import { asObject, type JsonObject, member, textMember } from '../json-document.ts'
import { RecordProblems } from '../record-problems.ts'
import { refuseIdentity } from '../recorded-text.ts'
import { type AskedDistribution, isDevelopmentName, type Project, type Scope } from './facts.ts'
import { parseRequirement } from './requirement.ts'

const MAX_ASKED = 20_000

interface Stated {
  readonly text: string
  readonly scope: Scope
}

/**
 * What a project asks for in `pyproject.toml`: by the standard (https://packaging.python.org/en/latest/specifications/pyproject-toml/, and
 * dependency groups, PEP 735), and in the tables of Poetry, PDM and uv. Extras and groups that are called as those of developers count as
 * theirs. What only builds the project (`build-system`) is left out.
 */
export function readPyproject(file: FileBytes): ReadResult<AskedDistribution | Project> {
  const problems = new RecordProblems('python-manifest-broken', file.path)
  const parsed = parseToml(file.bytes)
  if ('problem' in parsed) {
    problems.add(`the manifest could not be read: ${parsed.problem}`)
    return { facts: [], diagnostics: problems.diagnostics() }
  }
  const project = tableAt(parsed.object, 'project')
  const poetry = tableAt(parsed.object, 'tool', 'poetry')
  const name = textMember(project ?? {}, 'name') ?? textMember(poetry ?? {}, 'name')
  const lines = textLines(file.bytes)
  const facts = [...standard(parsed.object, project), ...ofPoetry(poetry)]
    .slice(0, MAX_ASKED)
    .flatMap(({ text, scope }) => askedIn(text, scope, lines.get(text), problems))
  return {
    facts: [{ kind: 'project', ...(name !== undefined && { name }) }, ...facts],
    diagnostics: problems.diagnostics(),
  }
}

/**
 * The requirement that a text of a manifest states, as a fact; none where it states no version, and a problem where its name or version is
 * none.
 */
export function askedIn(
  text: string,
  scope: Scope,
  line: number | undefined,
  problems: RecordProblems,
): AskedDistribution[] {
  const requirement = parseRequirement(text)
  if (requirement === undefined) return []
  const { name, version, ranged } = requirement
  const refused = refuseIdentity(name, version ?? 'any')
  if (refused !== undefined) {
    problems.add(`a requirement ${refused}`)
    return []
  }
  const place = line === undefined ? {} : { lines: [line, line] as const }
  return [{ kind: 'asked', by: 'manifest', name, ...(version && { version }), ranged, hashes: [], scope, ...place }]
}

function standard(document: JsonObject, project: JsonObject | undefined): Stated[] {
  const uv = tableAt(document, 'tool', 'uv')
  const pdm = tableAt(document, 'tool', 'pdm', 'dev-dependencies')
  return [
    ...texts(project && member(project, 'dependencies'), 'runtime'),
    ...grouped(tableAt(project ?? {}, 'optional-dependencies'), (extra) => scopeOf(extra)),
    ...grouped(tableAt(document, 'dependency-groups'), () => 'development'),
    ...texts(uv && member(uv, 'dev-dependencies'), 'development'),
    ...grouped(pdm, () => 'development'),
  ]
}

function scopeOf(extra: string): Scope {
  return isDevelopmentName(extra) ? 'development' : 'runtime'
}

function grouped(table: JsonObject | undefined, scope: (group: string) => Scope): Stated[] {
  return Object.entries(table ?? {}).flatMap(([group, list]) => texts(list, scope(group)))
}

function texts(list: unknown, scope: Scope): Stated[] {
  return (Array.isArray(list) ? list : []).flatMap((text) => (typeof text === 'string' ? [{ text, scope }] : []))
}

/** Poetry's own tables (https://python-poetry.org/docs/dependency-specification/), as texts of the standard. */
function ofPoetry(poetry: JsonObject | undefined): Stated[] {
  if (poetry === undefined) return []
  const groups = Object.values(tableAt(poetry, 'group') ?? {}).flatMap((group) =>
    poetryTable(tableAt(asObject(group) ?? {}, 'dependencies'), 'development'),
  )
  return [
    ...poetryTable(tableAt(poetry, 'dependencies'), 'runtime'),
    ...poetryTable(tableAt(poetry, 'dev-dependencies'), 'development'),
    ...groups,
  ]
}

function poetryTable(table: JsonObject | undefined, scope: Scope): Stated[] {
  return Object.entries(table ?? {}).flatMap(([name, stated]): Stated[] => {
    const range = typeof stated === 'string' ? stated : textMember(asObject(stated) ?? {}, 'version')
    if (name === 'python' || range === undefined || range === '*') return []
    const first = range.split(/\|\|/, 1)[0]?.trim() ?? ''
    const plain = /^\d/.test(first) ? `==${first}` : first.replace(/^[\^~](?!=)/, '>=')
    return [{ text: `${name}${plain}`, scope }]
  })
}

function tableAt(object: JsonObject, ...keys: readonly string[]): JsonObject | undefined {
  let at: JsonObject | undefined = object
  for (const key of keys) at = at && asObject(member(at, key))
  return at
}

/** The line of each text in quotation marks, the first where it comes again. */
function textLines(bytes: Uint8Array): ReadonlyMap<string, number> {
  const found = new Map<string, number>()
  for (const [index, line] of linesOf(decodeText(bytes)).entries()) {
    for (const [, double, single] of line.matchAll(/"((?:[^"\\]|\\.){1,500})"|'([^']{1,500})'/g)) {
      const text = double?.replaceAll('\\"', '"') ?? single ?? ''
      if (!found.has(text)) found.set(text, index + 1)
    }
  }
  return found
}
