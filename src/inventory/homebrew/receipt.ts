import type { FileBytes, ReadResult } from '../../reading/index.ts'
import { asObject, member, parseJsonObject, textMember } from '../json-document.ts'
import { packageUrl } from '../package-url.ts'
import { shownText } from '../recorded-text.ts'
import { type StatedPackage, StatedPackages } from '../stated-packages.ts'

/**
 * The formula whose keg holds this receipt (docs.brew.sh/Formula-Cookbook, "Homebrew terminology"; Library/Homebrew/tab.rb): name and
 * version are those of the folders, `Cellar/NAME/VERSION[_REVISION]`, what it needs and whether it was asked for are the receipt's.
 */
export function readReceipt(file: FileBytes): ReadResult<StatedPackage> {
  const found = new StatedPackages('homebrew-receipt-unreadable', file.path)
  const keg = /(?:^|\/)Cellar\/([^/]+)\/([^/]+)\/INSTALL_RECEIPT\.json$/.exec(file.path)
  if (keg === null) return found.result()
  const [, name, version] = keg
  const parsed = parseJsonObject(file.bytes)
  if ('problem' in parsed) found.problem(`the receipt of Homebrew could not be read: ${parsed.problem}`)
  const receipt = 'object' in parsed ? parsed.object : {}
  const asked = member(receipt, 'installed_on_request')
  const needs = member(receipt, 'runtime_dependencies')
  const tap = textMember(asObject(member(receipt, 'source')) ?? {}, 'tap')
  found.add({
    purl: packageUrl({ type: 'brew', name, version }),
    name,
    version,
    ecosystem: 'brew',
    presence: 'installed',
    ...(typeof asked === 'boolean' && { direct: asked }),
    ...(tap && { supplier: shownText(tap) }),
    key: name,
    needs: (Array.isArray(needs) ? needs : []).flatMap((one: unknown) => {
      // `full_name` has the tap before it where that is not Homebrew's own.
      const full = textMember(asObject(one) ?? {}, 'full_name')
      return full === undefined ? [] : [full.slice(full.lastIndexOf('/') + 1)]
    }),
  })
  return found.result()
}
