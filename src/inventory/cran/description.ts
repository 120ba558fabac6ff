import type { FileBytes, ReadResult } from '../../reading/index.ts'
import { paragraphsOf } from '../documents/control.ts'
import { decodeText } from '../documents/text.ts'
import { licencesOf } from '../licences.ts'
import { packageUrl } from '../package-url.ts'
import { shownText } from '../recorded-text.ts'
import { type StatedPackage, StatedPackages } from '../stated-packages.ts'

const FIELDS: ReadonlySet<string> = new Set([
  'package',
  'version',
  'license',
  'maintainer',
  'built',
  'depends',
  'imports',
  'linkingto',
  'repository',
  'biocviews',
])

/**
 * The package that the `DESCRIPTION` in a library of R describes (https://cran.r-project.org/doc/manuals/r-release/R-exts.html#The-DESCRIPTION-file).
 * Only installed packages have the field `Built`: sources, and files of other programs, give nothing.
 */
export function readDescription(file: FileBytes): ReadResult<StatedPackage> {
  const stated = new StatedPackages('r-description-unreadable', file.path)
  const [first] = paragraphsOf(decodeText(file.bytes), FIELDS)
  const fields = first?.fields ?? new Map<string, string>()
  if (!fields.has('built')) return stated.result()
  const name = fields.get('package') ?? ''
  const version = fields.get('version') ?? ''
  const supplier = fields.get('maintainer')
  const isBioconductor = fields.has('biocviews') || /bioconductor/i.test(fields.get('repository') ?? '')
  stated.add({
    purl: packageUrl({ type: isBioconductor ? 'bioconductor' : 'cran', name, version }),
    name,
    version,
    ecosystem: isBioconductor ? 'Bioconductor' : 'CRAN',
    presence: 'installed',
    licences: licencesOf(licenceText(fields.get('license') ?? '')),
    ...(supplier && { supplier: shownText(supplier) }),
    key: name,
    needs: ['depends', 'imports', 'linkingto'].flatMap((key) =>
      (fields.get(key) ?? '').split(',').flatMap((need) => /^\s{0,100}([A-Za-z][\w.]{0,200})/.exec(need)?.[1] ?? []),
    ),
  })
  return stated.result()
}

/** R writes alternatives with a bar, least versions in brackets, and terms of its own in a file beside (`MIT + file LICENSE`). */
function licenceText(text: string): string {
  return shownText(text)
    .split('|')
    .map((one) => one.replace(/\+\s{0,10}file\s{1,10}LICEN[CS]E/, '').trim())
    .map((one) => LICENCES.get(one.replace(/\s+/g, ' ')) ?? one)
    .join(' OR ')
}

/** Terms of R (share/licenses/license.db) whose licence SPDX calls otherwise. */
const LICENCES: ReadonlyMap<string, string> = new Map([
  ['GPL-2', 'GPL-2.0-only'],
  ['GPL-3', 'GPL-3.0-only'],
  ['GPL (>= 2)', 'GPL-2.0-or-later'],
  ['GPL (>= 2.0)', 'GPL-2.0-or-later'],
  ['GPL (>= 3)', 'GPL-3.0-or-later'],
  ['LGPL-2.1', 'LGPL-2.1-only'],
  ['LGPL-3', 'LGPL-3.0-only'],
  ['LGPL (>= 2)', 'LGPL-2.0-or-later'],
  ['LGPL (>= 2.1)', 'LGPL-2.1-or-later'],
  ['LGPL (>= 3)', 'LGPL-3.0-or-later'],
  ['AGPL-3', 'AGPL-3.0-only'],
  ['Apache License 2.0', 'Apache-2.0'],
  ['Apache License (>= 2)', 'Apache-2.0'],
  ['Apache License (== 2.0)', 'Apache-2.0'],
  ['BSD_2_clause', 'BSD-2-Clause'],
  ['BSD_3_clause', 'BSD-3-Clause'],
  ['Artistic-2.0', 'Artistic-2.0'],
])
