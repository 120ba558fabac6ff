import type { FileBytes, ReadResult } from '../../reading/index.ts'
import { child, childText, parseXml } from '../documents/xml.ts'
import { licencesOf } from '../licences.ts'
import { packageUrl } from '../package-url.ts'
import { shownText } from '../recorded-text.ts'
import { type StatedPackage, StatedPackages } from '../stated-packages.ts'

/**
 * The installed package of `chocolatey/lib/ID/ID.nuspec` (https://docs.chocolatey.org/en-us/create/create-packages/#nuspec, a NuGet
 * specification; https://learn.microsoft.com/nuget/reference/nuspec).
 */
export function readChocolatey(file: FileBytes): ReadResult<StatedPackage> {
  const found = new StatedPackages('chocolatey-unreadable', file.path)
  if (!/\/lib\/[^/]+\/[^/]+\.nuspec$/i.test(file.path)) return found.result()
  const parsed = parseXml(file.bytes)
  if ('problem' in parsed)
    return found.problem(`the specification of the package could not be read: ${parsed.problem}`).result()
  const metadata = child(parsed.root, 'metadata')
  if (metadata === undefined) return found.problem('the specification of the package has no metadata').result()
  const name = childText(metadata, 'id') ?? ''
  const version = childText(metadata, 'version') ?? ''
  const licence = child(metadata, 'license')
  const supplier = shownText(childText(metadata, 'authors') ?? '')
  found.add({
    purl: packageUrl({ type: 'chocolatey', name, version }),
    name,
    version,
    ecosystem: 'chocolatey',
    presence: 'installed',
    ...(supplier !== '' && { supplier }),
    licences: licence?.attributes.get('type') === 'expression' ? licencesOf(shownText(licence.text)) : [],
  })
  return found.result()
}
