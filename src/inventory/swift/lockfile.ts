import type { FileBytes, ReadResult } from '../../reading/index.ts'
import { asObject, type JsonObject, member, parseJsonObject, textMember } from '../json-document.ts'
import { packageUrl } from '../package-url.ts'
import { type StatedPackage, StatedPackages } from '../stated-packages.ts'

/**
 * The pins of a `Package.resolved`, versions 1 to 3
 * (https://github.com/swiftlang/swift-package-manager/blob/main/Sources/PackageGraph/ResolvedPackagesStore.swift). A pin without version
 * has its branch, else its revision, for one.
 */
export function readPackageResolved(file: FileBytes): ReadResult<StatedPackage> {
  const stated = new StatedPackages('swift-resolved-unreadable', file.path)
  const parsed = parseJsonObject(file.bytes)
  if ('problem' in parsed) return stated.problem(`Package.resolved could not be read: ${parsed.problem}`).result()
  const pins = member(parsed.object, 'pins') ?? member(asObject(member(parsed.object, 'object')) ?? {}, 'pins')
  if (!Array.isArray(pins)) return stated.problem('Package.resolved has no list of pins').result()
  for (const pin of pins) {
    const object = asObject(pin)
    if (object === undefined) stated.problem('a pin is no object')
    else if (textMember(object, 'kind') !== 'localSourceControl' && textMember(object, 'kind') !== 'fileSystem')
      stated.add(statedPin(object))
  }
  return stated.result()
}

function statedPin(pin: JsonObject): StatedPackage {
  const state = asObject(member(pin, 'state')) ?? {}
  const version = textMember(state, 'version') ?? textMember(state, 'branch') ?? textMember(state, 'revision') ?? ''
  const location = textMember(pin, 'location') || textMember(pin, 'repositoryURL')
  const name = location ? repositoryName(location) : (textMember(pin, 'identity') ?? '')
  const slash = name.lastIndexOf('/')
  const namespace = slash > 0 ? { namespace: name.slice(0, slash) } : {}
  return {
    purl: packageUrl({ type: 'swift', ...namespace, name: name.slice(slash + 1), version }),
    name,
    version,
    ecosystem: 'SwiftURL',
    presence: 'declared',
  }
}

/** Host and path of a repository, `github.com/apple/swift-nio`, as advisories name it. */
function repositoryName(location: string): string {
  const plain = location.replace(/^[a-z+]{1,12}:\/\//i, '').replace(/^[^@/]{1,100}@/, '')
  const path = /^[a-z]{1,12}:\/\//i.test(location) ? plain : plain.replace(':', '/')
  return path.replace(/\/$/, '').replace(/\.git$/, '')
}
