import type { FileBytes, ReadResult } from '../../reading/index.ts'
import { parseYamlDocument } from '../documents/yaml.ts'
import { asObject, member, textMember } from '../json-document.ts'
import { packageUrl } from '../package-url.ts'
import { type StatedPackage, StatedPackages } from '../stated-packages.ts'

/**
 * The packages of a `pubspec.lock` (https://dart.dev/tools/pub/glossary#lockfile) with the SHA-256 of hosted archives. Packages of the SDK
 * have no version of their own and are left out.
 */
export function readPubspecLock(file: FileBytes): ReadResult<StatedPackage> {
  const stated = new StatedPackages('pubspec-lock-unreadable', file.path)
  const document = parseYamlDocument(file.bytes, { asText: true })
  if ('problem' in document) return stated.problem(`pubspec.lock could not be read: ${document.problem}`).result()
  const packages = asObject(member(asObject(document.value) ?? {}, 'packages'))
  if (packages === undefined) return stated.problem('pubspec.lock has no packages').result()
  for (const [name, value] of Object.entries(packages)) {
    const entry = asObject(value) ?? {}
    if (textMember(entry, 'source') === 'sdk') continue
    const version = textMember(entry, 'version') ?? ''
    const kind = textMember(entry, 'dependency') ?? ''
    const sha256 = textMember(asObject(member(entry, 'description')) ?? {}, 'sha256') ?? ''
    const lines = document.lines(['packages', name])
    stated.add({
      purl: packageUrl({ type: 'pub', name: name.toLowerCase(), version }),
      name,
      version,
      ecosystem: 'Pub',
      presence: 'declared',
      ...(kind !== '' && { direct: kind.startsWith('direct') }),
      ...scopeOf(kind),
      ...(/^[0-9a-f]{64}$/.test(sha256) && { hashes: [`sha256:${sha256}` as const] }),
      ...(lines && { lines }),
    })
  }
  return stated.result()
}

/** Of a transitive package the lockfile does not say what it is for. */
function scopeOf(kind: string): Pick<StatedPackage, 'scope'> {
  if (kind === 'direct dev') return { scope: 'development' }
  return kind === 'direct main' ? { scope: 'runtime' } : {}
}
