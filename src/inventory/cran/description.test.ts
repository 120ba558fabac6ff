import { describe, expect, it } from 'vitest'
import { catalogued } from '../../../test/support/catalog.ts'
import { cran } from './index.ts'

const LIBRARY = 'usr/local/lib/R/site-library'
const DPLYR = `Package: dplyr
Version: 1.1.4
Title: A Grammar
Description: Long text
    that goes on: here.
License: MIT + file LICENSE
Maintainer: Hadley <h@example.org>
Depends: R (>= 3.5.0)
Imports: cli (>= 3.4.0), glue,
    utils
LinkingTo: cpp11
Repository: CRAN
Built: R 4.3.1; x86_64-pc-linux-gnu; 2024-01-01 00:00:00 UTC; unix
`

describe('installed packages of R', () => {
  it('are listed with what needs what', async () => {
    const { components, relations, diagnostics } = await catalogued(cran, {
      [`${LIBRARY}/dplyr/DESCRIPTION`]: DPLYR,
      [`${LIBRARY}/cli/DESCRIPTION`]:
        'Package: cli\r\nVersion: 3.6-1\r\nLicense: GPL-2 | GPL (>= 3)\r\nBuilt: R 4.3.1; ; x; unix\r\n',
      [`${LIBRARY}/limma/DESCRIPTION`]: 'Package: limma\nVersion: 3.56.0\nbiocViews: RNASeq\nBuilt: R 4.3.1\n',
    })
    expect(diagnostics).toEqual([])
    expect(components.map(({ purl, ecosystem, licences }) => [purl, ecosystem, licences])).toEqual([
      ['pkg:cran/cli@3.6-1', 'CRAN', ['GPL-2.0-only OR GPL-3.0-or-later']],
      ['pkg:cran/dplyr@1.1.4', 'CRAN', ['MIT']],
      ['pkg:bioconductor/limma@3.56.0', 'Bioconductor', []],
    ])
    expect(components[1]).toMatchObject({ supplier: 'Hadley <h@example.org>', presence: 'installed' })
    expect(relations).toEqual([{ from: components[1]?.id, to: components[0]?.id, kind: 'depends-on' }])
  })

  it('are not what sources and other programs have in such files', async () => {
    const { components, diagnostics } = await catalogued(cran, {
      'src/mine/DESCRIPTION': DPLYR.replace(/^Built.*$/m, ''),
      'tools/DESCRIPTION': 'Unnamed repository; edit this file\n',
      'empty/DESCRIPTION': '',
    })
    expect([components, diagnostics]).toEqual([[], []])
  })

  it.each(['Built: R 4\n', 'Package: a\nBuilt: R 4\n', 'Package: a\u0007b\nVersion: 1\nBuilt: R 4\n'])(
    'are named where they are broken (%#)',
    async (content) => {
      const { components, diagnostics } = await catalogued(cran, {
        'bad/DESCRIPTION': content,
        [`${LIBRARY}/dplyr/DESCRIPTION`]: DPLYR,
      })
      expect(components).toHaveLength(1)
      expect(diagnostics).toMatchObject([{ path: 'bad/DESCRIPTION', effect: 'partial' }])
    },
  )
})
