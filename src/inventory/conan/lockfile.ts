import type { FileBytes, ReadResult } from '../../reading/index.ts'
import { asObject, member, parseJsonObject, textMember } from '../json-document.ts'
import { type StatedPackage, StatedPackages } from '../stated-packages.ts'
import { parseReference } from './reference.ts'

/**
 * The packages of a `conan.lock`: of Conan 1 a graph of nodes (https://docs.conan.io/1/versioning/lockfiles.html), of Conan 2 lists of
 * references (https://docs.conan.io/2/tutorial/versioning/lockfiles.html). What is wrong is a problem that names the file.
 */
export function readConanLock(file: FileBytes): ReadResult<StatedPackage> {
  const stated = new StatedPackages('conan-lock-unreadable', file.path)
  const parsed = parseJsonObject(file.bytes)
  if ('problem' in parsed) return stated.problem(`conan.lock could not be read: ${parsed.problem}`).result()
  const nodes = asObject(member(asObject(member(parsed.object, 'graph_lock')) ?? {}, 'nodes'))
  if (nodes !== undefined) addNodes(stated, nodes)
  else if (['requires', 'build_requires', 'python_requires'].some((key) => Array.isArray(member(parsed.object, key)))) {
    addReferences(stated, member(parsed.object, 'requires'), 'runtime')
    addReferences(stated, member(parsed.object, 'build_requires'), 'development')
    addReferences(stated, member(parsed.object, 'python_requires'), 'development')
  } else stated.problem('conan.lock has neither a graph nor lists of references')
  return stated.result()
}

/** A node with a path is a project: what it requires is direct, what nodes require for building is for development. */
function addNodes(stated: StatedPackages, nodes: Readonly<Record<string, unknown>>): void {
  const entries = Object.entries(nodes).map(([key, value]) => [key, asObject(value) ?? {}] as const)
  const projects = entries.filter(([, node]) => textMember(node, 'path') !== undefined).map(([, node]) => node)
  const direct = new Set(projects.flatMap((node) => [...keysIn(node, 'requires'), ...keysIn(node, 'build_requires')]))
  const building = new Set(entries.flatMap(([, node]) => keysIn(node, 'build_requires')))
  for (const [key, node] of entries) {
    const found = parseReference(textMember(node, 'ref') ?? textMember(node, 'pref') ?? '')
    // A project without name or version is no package either.
    if (found === undefined || textMember(node, 'path') !== undefined) continue
    const isBuild = building.has(key) || textMember(node, 'context') === 'build'
    stated.add({
      ...found,
      key,
      needs: keysIn(node, 'requires'),
      scope: isBuild ? 'development' : 'runtime',
      ...(projects.length > 0 && { direct: direct.has(key) }),
    })
  }
}

/** Keys of nodes: a list, or up to version 0.1 a table by reference. */
function keysIn(node: Readonly<Record<string, unknown>>, name: string): string[] {
  const value = member(node, name)
  return texts(Array.isArray(value) ? value : Object.values(asObject(value) ?? {}))
}

function addReferences(stated: StatedPackages, list: unknown, scope: 'runtime' | 'development'): void {
  for (const text of texts(list)) {
    const found = parseReference(text)
    if (found === undefined) stated.problem('a reference has no name or no version')
    else stated.add({ ...found, scope })
  }
}

function texts(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((one) => typeof one === 'string') : []
}
