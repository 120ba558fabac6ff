import type { FileBytes, ReadResult } from '../../reading/index.ts'
import { propertyListTexts } from '../documents/property-list.ts'
import { packageUrl } from '../package-url.ts'
import { type StatedPackage, StatedPackages } from '../stated-packages.ts'

/**
 * The application of a bundle `NAME.app/Contents/Info.plist` (Apple, "Information Property List": CFBundleName, CFBundleShortVersionString,
 * CFBundleIdentifier). Bundles inside an application (frameworks, plug-ins) are parts of it.
 */
export function readBundle(file: FileBytes): ReadResult<StatedPackage> {
  const found = new StatedPackages('mac-application-unreadable', file.path)
  const bundle = /(?:^|\/)([^/]+)\.app\/Contents\/Info\.plist$/.exec(file.path)
  if (bundle === null || /\.app\/.*\.app\//.test(file.path)) return found.result()
  const parsed = propertyListTexts(file.bytes)
  if ('problem' in parsed) return found.problem(`the property list could not be read: ${parsed.problem}`).result()
  const { texts } = parsed
  const name =
    texts.get('CFBundleName') ?? texts.get('CFBundleDisplayName') ?? texts.get('CFBundleExecutable') ?? bundle[1]
  const version = texts.get('CFBundleShortVersionString') ?? texts.get('CFBundleVersion') ?? ''
  const identifier = texts.get('CFBundleIdentifier')
  found.add({
    purl: packageUrl({ type: 'macapps', name, version, qualifiers: { bundle_id: identifier } }),
    name,
    version,
    ecosystem: 'macapps',
    presence: 'installed',
  })
  return found.result()
}
