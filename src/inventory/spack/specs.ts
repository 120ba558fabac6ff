import type { FileBytes, ReadResult } from '../../reading/index.ts'
import { asObject, type JsonObject, member, parseJsonObject, textMember } from '../json-document.ts'
import { packageUrl } from '../package-url.ts'
import { type StatedPackage, StatedPackages } from '../stated-packages.ts'

const CODE = 'spack-spec-unreadable'

/**
 * An installed package and what it was built with, from `.spack/spec.json` (Spack's specfile format, versions 2 to 5:
 * https://spack.readthedocs.io/en/latest/environments.html and lib/spack/spack/spec.py, `SpecfileV5`). Externals are the system's own and no packages of Spack.
 */
export function readSpackSpec(file: FileBytes): ReadResult<StatedPackage> {
  const found = new StatedPackages(CODE, file.path)
  const parsed = parseJsonObject(file.bytes)
  if ('problem' in parsed) return found.problem(`the spec of Spack could not be read: ${parsed.problem}`).result()
  const nodes = member(asObject(member(parsed.object, 'spec')) ?? {}, 'nodes')
  if (!Array.isArray(nodes)) return found.problem('the spec of Spack has no list of nodes').result()
  nodes.forEach((node: unknown, index) => {
    addNode(found, asObject(node), undefined, 'installed', index === 0)
  })
  return found.result()
}

/** What `spack.lock` concretises (lockfile versions 4 to 6: `roots`, `concrete_specs` by hash). */
export function readSpackLock(file: FileBytes): ReadResult<StatedPackage> {
  const found = new StatedPackages(CODE, file.path)
  const parsed = parseJsonObject(file.bytes)
  if ('problem' in parsed) return found.problem(`the lockfile of Spack could not be read: ${parsed.problem}`).result()
  const specs = asObject(member(parsed.object, 'concrete_specs'))
  if (specs === undefined) return found.problem('the lockfile of Spack has no concrete specs').result()
  const roots = member(parsed.object, 'roots')
  const asked = new Set(
    (Array.isArray(roots) ? roots : []).map((root: unknown) => textMember(asObject(root) ?? {}, 'hash') ?? ''),
  )
  for (const [hash, spec] of Object.entries(specs)) addNode(found, asObject(spec), hash, 'declared', asked.has(hash))
  return found.result()
}

function addNode(
  found: StatedPackages,
  node: JsonObject | undefined,
  key: string | undefined,
  presence: StatedPackage['presence'],
  direct: boolean,
): void {
  if (node === undefined) {
    found.problem('a node of the spec is no object')
    return
  }
  if (asObject(member(node, 'external')) !== undefined) return
  const name = textMember(node, 'name') ?? ''
  const version = textMember(node, 'version') ?? ''
  const hash = key ?? textMember(node, 'hash')
  const architecture = targetOf(node)
  found.add({
    purl: packageUrl({ type: 'spack', name, version, qualifiers: { hash, arch: architecture } }),
    name,
    version,
    ecosystem: 'spack',
    presence,
    direct,
    ...(architecture && { architecture }),
    ...(hash !== undefined && { key: hash }),
    needs: dependencyHashes(node),
  })
}

function targetOf(node: JsonObject): string | undefined {
  const target = member(asObject(member(node, 'arch')) ?? {}, 'target')
  const name = typeof target === 'string' ? target : textMember(asObject(target) ?? {}, 'name')
  return name !== undefined && /^[\w.-]{1,64}$/.test(name) ? name : undefined
}

/** Version 5 gives `dependencies: [{ name, hash }]`, version 1 an object by name. */
function dependencyHashes(node: JsonObject): string[] {
  const said = member(node, 'dependencies')
  const list: unknown[] = Array.isArray(said) ? said : Object.values(asObject(said) ?? {})
  return list.flatMap((one) => textMember(asObject(one) ?? {}, 'hash') ?? [])
}
