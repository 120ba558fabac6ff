import type { FileBytes, ReadResult } from '../../reading/index.ts'
import { parseYamlDocument } from '../documents/yaml.ts'
import { asObject, member, textMember } from '../json-document.ts'
import { licencesOf } from '../licences.ts'
import { packageUrl } from '../package-url.ts'
import { shownText } from '../recorded-text.ts'
import { type StatedPackage, StatedPackages } from '../stated-packages.ts'

/**
 * The snap whose `meta/snap.yaml` this is (https://snapcraft.io/docs/snap-format, `name`, `version`, `architectures`, `license`). Only a
 * snap for one architecture has one.
 */
export function readSnap(file: FileBytes): ReadResult<StatedPackage> {
  const found = new StatedPackages('snap-unreadable', file.path)
  const parsed = parseYamlDocument(file.bytes, { asText: true })
  if ('problem' in parsed)
    return found.problem(`the description of the snap could not be read: ${parsed.problem}`).result()
  const snap = asObject(parsed.value)
  if (snap === undefined) return found.problem('the description of the snap is no mapping').result()
  const name = textMember(snap, 'name') ?? ''
  const version = textMember(snap, 'version') ?? ''
  const architectures = member(snap, 'architectures')
  const only = Array.isArray(architectures) && architectures.length === 1 ? architectures[0] : undefined
  const architecture = typeof only === 'string' && /^[a-z0-9_]{1,32}$/.test(only) ? only : undefined
  found.add({
    purl: packageUrl({ type: 'snap', name, version, qualifiers: { arch: architecture } }),
    name,
    version,
    ecosystem: 'snap',
    presence: 'installed',
    ...(architecture && { architecture }),
    licences: licencesOf(shownText(textMember(snap, 'license') ?? '')),
  })
  return found.result()
}
