import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { catalog, operatingSystem } from '../../../test/support/catalog.ts'
import { portage } from './index.ts'
import { splitFullName } from './record.ts'

const FOLDER = 'var/db/pkg/app-misc/gtk+-2.24.33-r1'

describe('portage', () => {
  it('gives category, name, version with revision, and files', () => {
    const hex = 'd'.repeat(32)
    const answer = catalog(
      portage,
      {
        [`${FOLDER}/PF`]: 'gtk+-2.24.33-r1\n',
        [`${FOLDER}/SLOT`]: '2/2.24\n',
        [`${FOLDER}/LICENSE`]: 'LGPL-2+\n',
        [`${FOLDER}/CONTENTS`]: `dir /usr\nobj /usr/a b ${hex} 1700000000\nsym /usr/c -> a b 1700000000\n`,
      },
      { os: operatingSystem('gentoo', '') },
    )
    expect(answer.components).toMatchObject([
      { name: 'app-misc/gtk+', version: '2.24.33-r1', ecosystem: 'gentoo', licences: ['LGPL-2.0-or-later'] },
    ])
    expect(answer.components[0]?.purl).toBe('pkg:ebuild/app-misc/gtk%2B@2.24.33-r1?distro=gentoo&slot=2%2F2.24')
    expect(answer.claims?.(new Set(['usr/a b', 'usr/c'])).size).toBe(2)
  })

  it('names a record without a full name', () => {
    const answer = catalog(portage, { [`${FOLDER}/PF`]: '{}', 'var/db/pkg/a/b-1/CONTENTS': 'dir /usr\n' })
    expect(answer.components).toEqual([])
    expect(answer.diagnostics.map(({ path }) => path)).toEqual([`${FOLDER}/PF`, 'var/db/pkg/a/b-1'])
  })

  it.each([
    ['foo-1', { name: 'foo', version: '1' }],
    ['foo-bar2-1.2b_rc3_p1-r12', { name: 'foo-bar2', version: '1.2b_rc3_p1-r12' }],
    ['2.580.0', undefined],
    ['-1', undefined],
    ['foo', undefined],
  ])('%s', (text, parts) => {
    expect(splitFullName(text)).toEqual(parts)
  })

  it('splits in bounded time', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[a1_.-]{0,600}$/), (text) => void splitFullName(text)),
      { numRuns: 50 },
    )
  })
})
