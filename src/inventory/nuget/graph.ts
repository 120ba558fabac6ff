import type { FileBytes, ReadResult } from '../../reading/index.ts'
import { asObject, type JsonObject, member, objectLines, parseJsonObject, textMember } from '../json-document.ts'
import { reachedScopes } from '../reached-scopes.ts'
import { type StatedPackage, StatedPackages } from '../stated-packages.ts'
import { base64Sha512, nugetPackage } from './nuget-package.ts'

const RUNTIME_PACK = 'runtimepack.'
/** The program itself, a `project`, is there too, under a name that advisories may have: Microsoft publishes its own so. */
const INSTALLED_TYPES = new Set(['package', 'runtimepack', 'project'])
const RESTORED_TYPES = new Set(['package'])

/**
 * The packages that a built program is made of
 * (https://github.com/dotnet/sdk/blob/main/documentation/specs/runtime-configuration-file.md, `.deps.json`), the runtime that was published
 * with it and the program itself among them. A plain `reference` is no package.
 */
export function readDeps(file: FileBytes): ReadResult<StatedPackage> {
  return readGraph(file, 'dotnet-deps-unreadable', 'installed', INSTALLED_TYPES)
}

/** The packages that were restored for a project: `obj/project.assets.json` of NuGet. */
export function readAssets(file: FileBytes): ReadResult<StatedPackage> {
  return readGraph(file, 'nuget-assets-unreadable', 'declared', RESTORED_TYPES)
}

function readGraph(
  file: FileBytes,
  code: string,
  presence: StatedPackage['presence'],
  counted: ReadonlySet<string>,
): ReadResult<StatedPackage> {
  const stated = new StatedPackages(code, file.path)
  const parsed = parseJsonObject(file.bytes)
  if ('problem' in parsed)
    return stated.problem(`the list of .NET packages could not be read: ${parsed.problem}`).result()
  const libraries = asObject(member(parsed.object, 'libraries'))
  if (libraries === undefined) return stated.problem('it has no libraries').result()
  const graph = edgesOf(parsed.object)
  const direct = directOf(parsed.object, libraries, graph)
  const lines = objectLines(file.bytes, 3)
  const scopes = scopesOf(parsed.object, graph)
  for (const key of Object.keys(libraries)) {
    const library = asObject(libraries[key])
    const type = library === undefined ? undefined : textMember(library, 'type')?.toLowerCase()
    if (library === undefined || type === undefined || !counted.has(type)) continue
    const at = lines.get(`libraries\0${key}`)
    const { name, version } = splitKey(key)
    stated.add({
      ...nugetPackage(name, version, presence),
      key: key.toLowerCase(),
      needs: [...(graph.get(key.toLowerCase()) ?? [])],
      hashes: base64Sha512(textMember(library, 'sha512')),
      ...(direct && { direct: direct.has(key.toLowerCase()) }),
      ...(scopes && { scope: scopes.get(key.toLowerCase()) ?? 'unknown' }),
      ...(at && { lines: at }),
    })
  }
  return stated.result()
}

function splitKey(key: string): { readonly name: string; readonly version: string } {
  const slash = key.indexOf('/')
  const name = slash < 0 ? key : key.slice(0, slash)
  const isRuntime = name.startsWith(RUNTIME_PACK)
  return { name: isRuntime ? name.slice(RUNTIME_PACK.length) : name, version: slash < 0 ? '' : key.slice(slash + 1) }
}

/** What each library depends on in any target: a target has one version of each name. */
function edgesOf(object: JsonObject): Map<string, Set<string>> {
  const edges = new Map<string, Set<string>>()
  const targets = asObject(member(object, 'targets')) ?? {}
  for (const target of Object.values(targets).slice(0, 1000)) {
    const entries = asObject(target) ?? {}
    const keys = Object.keys(entries)
    const byName = new Map(keys.map((key) => [key.split('/', 1)[0].toLowerCase(), key.toLowerCase()]))
    for (const key of keys) {
      const entry = asObject(entries[key])
      const needs = edges.get(key.toLowerCase()) ?? new Set()
      edges.set(key.toLowerCase(), needs)
      for (const name of Object.keys(asObject(entry && member(entry, 'dependencies')) ?? {})) {
        const target = byName.get(name.toLowerCase())
        if (target !== undefined) needs.add(target)
      }
    }
  }
  return edges
}

/**
 * What each library is for, by key, where the project says it: for development is what only references lead to whose assets are all private
 * (`suppressParent`).
 */
function scopesOf(
  object: JsonObject,
  graph: ReadonlyMap<string, ReadonlySet<string>>,
): ReadonlyMap<string, StatedPackage['scope']> | undefined {
  const frameworks = asObject(member(asObject(member(object, 'project')) ?? {}, 'frameworks'))
  if (frameworks === undefined) return undefined
  const running = new Set<string>()
  const developing = new Set<string>()
  for (const framework of Object.values(frameworks))
    for (const [name, value] of Object.entries(asObject(member(asObject(framework) ?? {}, 'dependencies')) ?? {})) {
      const reference = asObject(value) ?? {}
      // The framework itself is referred to so by the SDK, and runs.
      const isFramework = member(reference, 'autoReferenced') === true
      const isPrivate = !isFramework && textMember(reference, 'suppressParent')?.toLowerCase() === 'all'
      ;(isPrivate ? developing : running).add(name.toLowerCase())
    }
  const packages = [...graph].map(([key, needs]) => ({ key, needs: [...needs] }))
  const named = (names: ReadonlySet<string>) =>
    packages.map(({ key }) => key).filter((key) => names.has(key.split('/', 1)[0]))
  // What a project beside asks for is among the libraries too, and needed as that project is.
  const projects = projectKeys(object)
  const scopes = reachedScopes(packages, {
    runtime: [...named(running), ...projects],
    development: named(developing),
  })
  return new Map(packages.map(({ key }, at) => [key, scopes[at]]))
}

function projectKeys(object: JsonObject): string[] {
  const libraries = asObject(member(object, 'libraries')) ?? {}
  return Object.keys(libraries)
    .filter((key) => textMember(asObject(libraries[key]) ?? {}, 'type') === 'project')
    .map((key) => key.toLowerCase())
}

/** Keys of what the project itself asks for; undefined where nothing says it, as in the list of a framework. */
function directOf(
  object: JsonObject,
  libraries: JsonObject,
  graph: ReadonlyMap<string, ReadonlySet<string>>,
): ReadonlySet<string> | undefined {
  const frameworks = asObject(member(asObject(member(object, 'project')) ?? {}, 'frameworks'))
  if (frameworks !== undefined) {
    const names = new Set(
      Object.values(frameworks).flatMap((one) =>
        Object.keys(asObject(member(asObject(one) ?? {}, 'dependencies')) ?? {}).map((name) => name.toLowerCase()),
      ),
    )
    const keys = Object.keys(libraries).map((key) => key.toLowerCase())
    return new Set(keys.filter((key) => names.has(key.split('/', 1)[0])))
  }
  const projects = projectKeys(object)
  if (projects.length === 0) return undefined
  return new Set(projects.flatMap((key) => [...(graph.get(key) ?? [])]))
}
