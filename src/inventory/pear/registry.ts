import type { FileBytes, ReadResult } from '../../reading/index.ts'
import { licencesOf } from '../licences.ts'
import { packageUrl } from '../package-url.ts'
import { shownText } from '../recorded-text.ts'
import { type StatedPackage, StatedPackages } from '../stated-packages.ts'
import { parseSerialized, type SerializedValue } from './serialized.ts'

/**
 * The package of one record in PEAR's registry: a serialized array of its `package.xml`
 * (https://pear.php.net/manual/en/guide.developers.package2.php), in the form of version 1 or 2. `pecl.php.net` is PECL.
 */
export function readRegistryRecord(file: FileBytes): ReadResult<StatedPackage> {
  const stated = new StatedPackages('pear-registry-unreadable', file.path)
  const parsed = parseSerialized(file.bytes)
  if ('problem' in parsed) return stated.problem(`the record could not be read: ${parsed.problem}`).result()
  const record = parsed.value
  const name = text(at(record, 'name')) ?? text(at(record, 'package')) ?? ''
  const version = text(at(record, 'version', 'release')) ?? text(at(record, 'version')) ?? ''
  const channel = text(at(record, 'channel')) ?? 'pear.php.net'
  const isPecl = channel === 'pecl.php.net' || file.path.includes('/.channel.pecl.php.net/')
  const licence =
    text(at(record, 'license', '_content')) ?? text(at(record, 'license')) ?? text(at(record, 'release_license'))
  const type = isPecl ? 'pecl' : 'pear'
  stated.add({
    purl: packageUrl({ type: 'generic', namespace: type, name, version }),
    name,
    version,
    ecosystem: type,
    presence: 'installed',
    licences: licencesOf(shownText(licence ?? '')),
    ...(isPecl || channel === 'pear.php.net' ? {} : { supplier: shownText(channel) }),
  })
  return stated.result()
}

function at(value: SerializedValue | undefined, ...keys: readonly string[]): SerializedValue | undefined {
  let found = value
  for (const key of keys) found = found instanceof Map ? found.get(key) : undefined
  return found
}

function text(value: SerializedValue | undefined): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}
