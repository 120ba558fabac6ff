import type { FileBytes, ReadResult } from '../../reading/index.ts'
import { parseYamlDocument } from '../documents/yaml.ts'
import { asObject, member } from '../json-document.ts'
import { packageUrl } from '../package-url.ts'
import { type StatedPackage, StatedPackages } from '../stated-packages.ts'

/**
 * The pods of a `Podfile.lock` (https://github.com/CocoaPods/Core/blob/master/lib/cocoapods-core/lockfile.rb); a subspec is a component of
 * its own, `Pod/Subspec`. Checksums there are of the podspec, not of the pod, and are left out.
 */
export function readPodfileLock(file: FileBytes): ReadResult<StatedPackage> {
  const stated = new StatedPackages('podfile-lock-unreadable', file.path)
  const document = parseYamlDocument(file.bytes, { asText: true })
  if ('problem' in document) return stated.problem(`Podfile.lock could not be read: ${document.problem}`).result()
  const object = asObject(document.value)
  const pods = object && member(object, 'PODS')
  if (object === undefined || !Array.isArray(pods)) return stated.problem('Podfile.lock has no list of pods').result()
  const asked = member(object, 'DEPENDENCIES')
  const direct = Array.isArray(asked) ? new Set(asked.map(nameIn)) : undefined
  pods.forEach((pod: unknown, index) => {
    const entries = asObject(pod)
    const text = entries ? Object.keys(entries)[0] : pod
    const match = typeof text === 'string' ? /^(\S{1,512}) \(([^()]{1,512})\)$/.exec(text) : null
    if (match === null || typeof text !== 'string') {
      stated.problem('a pod has no name or no version')
      return
    }
    const [, name = '', version = ''] = match
    const needs = entries && member(entries, text)
    const lines = document.lines(['PODS', index])
    stated.add({
      key: name,
      purl: podUrl(name, version),
      name,
      version,
      ecosystem: 'CocoaPods',
      presence: 'declared',
      needs: Array.isArray(needs) ? needs.map(nameIn) : [],
      ...(direct && { direct: direct.has(name) }),
      ...(lines && { lines }),
    })
  })
  return stated.result()
}

function podUrl(name: string, version: string): string {
  const [pod = '', ...subspec] = name.split('/')
  return packageUrl({ type: 'cocoapods', name: pod, version, subpath: subspec.join('/') })
}

/** The name of `Name (~> 1.0)`. */
function nameIn(requirement: unknown): string {
  return typeof requirement === 'string' ? (requirement.split(' ', 1)[0] ?? '') : ''
}
