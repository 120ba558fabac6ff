import type { FileBytes, ReadResult } from '../../reading/index.ts'
import { type StarlarkCall, starlarkCalls } from '../documents/starlark.ts'
import { asObject, type JsonObject, member, parseJsonObject, textMember } from '../json-document.ts'
import { packageUrl } from '../package-url.ts'
import { RANGE_CONFIDENCE } from '../range-confidence.ts'
import { type StatedPackage, StatedPackages } from '../stated-packages.ts'

/** What a file names: modules, and what of them a `MODULE.bazel` asks for, for building and for development. */
export interface BazelFile {
  readonly packages: readonly StatedPackage[]
  readonly runtime: readonly string[]
  readonly development: readonly string[]
}

/** The registry that Bazel asks unless it is told otherwise. */
const CENTRAL = 'https://bcr.bazel.build/'

/**
 * What a `MODULE.bazel` asks for (https://bazel.build/rules/lib/globals/module): `bazel_dep(name, version, dev_dependency)`, with the version of a
 * `single_version_override`. Of a version the least counts: others may ask for a later one.
 */
export function readBazelModule(file: FileBytes): ReadResult<BazelFile> {
  const stated = new StatedPackages('bazel-module-unreadable', file.path)
  const calls = starlarkCalls(file.bytes)
  if (calls === undefined) stated.problem('MODULE.bazel has far too many words')
  const pinned = new Map(
    (calls ?? [])
      .filter(({ name }) => name === 'single_version_override')
      .map((call) => [textArgument(call, 'module_name', 0), textArgument(call, 'version', 1)]),
  )
  const asked = { runtime: [] as string[], development: [] as string[] }
  for (const call of calls ?? []) {
    const name = call.name === 'bazel_dep' ? textArgument(call, 'name', 0) : undefined
    if (name === undefined) continue
    const scope = call.named.get('dev_dependency') === true ? 'development' : 'runtime'
    asked[scope].push(name)
    const override = pinned.get(name)
    const version = override ?? textArgument(call, 'version', 1)
    if (version === undefined || version === '') continue
    stated.add({
      ...bazelPackage(name, version, undefined),
      direct: true,
      scope,
      lines: [call.line, call.line],
      ...(override === undefined && { confidence: RANGE_CONFIDENCE }),
    })
  }
  return whole(stated, asked)
}

/**
 * The modules that Bazel chose, of a `MODULE.bazel.lock` (https://bazel.build/external/lockfile): up to Bazel 7.1 a graph of modules; since
 * then the registry's files that were read, of which `source.json` is asked for chosen versions only.
 */
export function readBazelLock(file: FileBytes): ReadResult<BazelFile> {
  const stated = new StatedPackages('bazel-lock-unreadable', file.path)
  const asked = { runtime: [] as string[], development: [] as string[] }
  const parsed = parseJsonObject(file.bytes)
  if ('problem' in parsed) stated.problem(`MODULE.bazel.lock could not be read: ${parsed.problem}`)
  else {
    const graph = asObject(member(parsed.object, 'moduleDepGraph'))
    const files = asObject(member(parsed.object, 'registryFileHashes'))
    if (graph !== undefined) addGraph(stated, graph)
    else if (files !== undefined) addRegistryFiles(stated, files)
    else stated.problem('MODULE.bazel.lock names no modules')
  }
  return whole(stated, asked)
}

function addGraph(stated: StatedPackages, graph: JsonObject): void {
  for (const [key, value] of Object.entries(graph)) {
    const entry = asObject(value) ?? {}
    const version = textMember(entry, 'version') ?? ''
    const name = textMember(entry, 'name') ?? ''
    // The project itself, and modules that an override takes from elsewhere, have no version.
    if (key === '<root>' || version === '') continue
    const needs = Object.values(asObject(member(entry, 'deps')) ?? {}).filter((need) => typeof need === 'string')
    const registry = textMember(asObject(member(entry, 'repoSpec')) ?? {}, 'registry')
    stated.add({ ...bazelPackage(name, version, registry), key, needs })
  }
}

function addRegistryFiles(stated: StatedPackages, files: JsonObject): void {
  for (const [address, sum] of Object.entries(files)) {
    const [, registry, name = '', version = ''] =
      /^(.{1,2000})modules\/([^/]{1,512})\/([^/]{1,512})\/source\.json$/.exec(address) ?? []
    if (registry !== undefined && typeof sum === 'string')
      stated.add({ ...bazelPackage(name, version, registry), key: name })
  }
}

/** A text argument, by name or at its place. */
function textArgument(call: StarlarkCall, name: string, position: number): string | undefined {
  const value = call.named.get(name) ?? call.positional[position]
  return typeof value === 'string' ? value : undefined
}

function bazelPackage(name: string, version: string, registry: string | undefined): StatedPackage {
  const isOther = registry !== undefined && registry.replace(/\/?$/, '/') !== CENTRAL && /^https?:/.test(registry)
  return {
    purl: packageUrl({ type: 'bazel', name, version, qualifiers: { repository_url: isOther ? registry : undefined } }),
    name,
    version,
    ecosystem: 'bazel',
    presence: 'declared',
  }
}

function whole(stated: StatedPackages, asked: Pick<BazelFile, 'runtime' | 'development'>): ReadResult<BazelFile> {
  const { facts, diagnostics } = stated.result()
  return { facts: [{ packages: facts, ...asked }], diagnostics }
}
