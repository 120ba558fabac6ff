import type { Digest } from '../../model/digest.ts'
import type { FileBytes, ReadResult } from '../../reading/index.ts'
import { parseToml, tableLines } from '../documents/toml.ts'
import { asObject, type JsonObject, member, textMember } from '../json-document.ts'
import { RecordProblems } from '../record-problems.ts'
import { recordedDigestText } from '../recorded-digest.ts'
import { refuseIdentity } from '../recorded-text.ts'
import type { LockedDistribution } from './facts.ts'

const MAX_PACKAGES = 100_000
const MAX_NEEDS = 10_000

/**
 * The packages of `poetry.lock` (versions 1 and 2), `uv.lock`, `pdm.lock` and `pylock.toml` (PEP 751,
 * https://packaging.python.org/en/latest/specifications/pylock-toml/): each is one table of a list, with much the same members. A package
 * without a version (a folder of the project, a commit) is left out, unless a commit stands for it.
 */
export function readPythonTomlLock(file: FileBytes): ReadResult<LockedDistribution> {
  const problems = new RecordProblems('python-lock-broken', file.path)
  const parsed = parseToml(file.bytes)
  if ('problem' in parsed) {
    problems.add(`the lockfile could not be read: ${parsed.problem}`)
    return { facts: [], diagnostics: problems.diagnostics() }
  }
  // PEP 751 calls the list by its plural.
  const key = member(parsed.object, 'packages') === undefined ? 'package' : 'packages'
  const list = member(parsed.object, key)
  const tables = (Array.isArray(list) ? list : []).slice(0, MAX_PACKAGES).map((one) => asObject(one) ?? {})
  const lines = tableLines(file.bytes, key)
  const asked = askedBy(tables)
  const facts = tables.flatMap((table, index): LockedDistribution[] => {
    const name = textMember(table, 'name') ?? ''
    const version = textMember(table, 'version') ?? commitOf(table) ?? ''
    if (version === '') return []
    const refused = refuseIdentity(name, version)
    if (refused !== undefined) {
      problems.add(`a package ${refused}`)
      return []
    }
    const scope = asked?.scope(name) ?? scopeOf(table)
    const place = lines[index]
    return [
      {
        kind: 'locked',
        name,
        version,
        hashes: hashesOf(table),
        ...(asked && { direct: asked.direct(name) }),
        ...(scope && { scope }),
        ...(place && { lines: place }),
        needs: needsOf(table, 'dependencies'),
      },
    ]
  })
  return { facts, diagnostics: problems.diagnostics() }
}

/** The commit that a package of a repository stands at. */
function commitOf(table: JsonObject): string | undefined {
  const place = asObject(member(table, 'vcs')) ?? {}
  return textMember(place, 'commit-id')
}

/** Names of a list of `{ name = … }`, of texts such as `idna<4,>=2.5`, or of a table with names for keys. */
function needsOf(table: JsonObject, key: string): string[] {
  const listed = member(table, key)
  const names = Array.isArray(listed)
    ? listed.slice(0, MAX_NEEDS).map((one) => (typeof one === 'string' ? one : textMember(asObject(one) ?? {}, 'name')))
    : Object.keys(asObject(listed) ?? {}).slice(0, MAX_NEEDS)
  return names.flatMap((text) => /^[A-Za-z0-9][A-Za-z0-9._-]*/.exec(text ?? '')?.[0] ?? [])
}

/** Digests of the archives that a package may be installed from. */
function hashesOf(table: JsonObject): Digest[] {
  const archives = ['files', 'wheels'].flatMap((key) => {
    const listed = member(table, key)
    return Array.isArray(listed) ? listed : []
  })
  const found = [...archives, member(table, 'sdist')].flatMap((one) => {
    const archive = asObject(one) ?? {}
    const hashes = asObject(member(archive, 'hashes')) ?? {}
    const stated = [
      textMember(archive, 'hash'),
      ...Object.keys(hashes).map((name) => `${name}:${textMember(hashes, name)}`),
    ]
    return stated.flatMap((text) => recordedDigestText(text) ?? [])
  })
  return [...new Set(found)].slice(0, 200)
}

/** What poetry (`category`, `groups`, `main`) and pdm (`groups`, `default`) call the project's own needs. */
function scopeOf(table: JsonObject): LockedDistribution['scope'] {
  const groups = member(table, 'groups')
  if (Array.isArray(groups) && groups.length > 0)
    return groups.some((name) => name === 'main' || name === 'default') ? 'runtime' : 'development'
  const category = textMember(table, 'category')
  if (category === undefined) return undefined
  return category === 'main' ? 'runtime' : 'development'
}

/** Who asks for what in a lockfile that holds the project itself (uv: `source = { virtual = "." }` or `editable`). */
function askedBy(tables: readonly JsonObject[]) {
  const own = tables.filter((table) => {
    const source = asObject(member(table, 'source')) ?? {}
    return textMember(source, 'virtual') !== undefined || textMember(source, 'editable') !== undefined
  })
  if (own.length === 0) return undefined
  const names = (texts: readonly string[]) => new Set(texts)
  const running = names(
    own.flatMap((table) => [...needsOf(table, 'dependencies'), ...groupNeeds(table, 'optional-dependencies')]),
  )
  const developing = names(own.flatMap((table) => groupNeeds(table, 'dev-dependencies')))
  const byName = Map.groupBy(tables, (table) => textMember(table, 'name') ?? '')
  const needed = new Set<string>([...running, ...own.map((table) => textMember(table, 'name') ?? '')])
  const waiting = [...running]
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    for (const next of (byName.get(name) ?? []).flatMap((table) => needsOf(table, 'dependencies'))) {
      if (needed.has(next)) continue
      needed.add(next)
      waiting.push(next)
    }
  }
  return {
    direct: (name: string) => running.has(name) || developing.has(name),
    scope: (name: string): LockedDistribution['scope'] => (needed.has(name) ? 'runtime' : 'development'),
  }
}

function groupNeeds(table: JsonObject, key: string): string[] {
  const groups = asObject(member(table, key)) ?? {}
  return Object.keys(groups).flatMap((group) => needsOf(groups, group))
}
