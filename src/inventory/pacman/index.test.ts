import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { catalog, operatingSystem } from '../../../test/support/catalog.ts'
import { pacman } from './index.ts'

const FOLDER = 'var/lib/pacman/local'
const desc = (name: string, more = ''): string => `%NAME%\n${name}\n\n%VERSION%\n1:2-3\n\n%ARCH%\nx86_64\n\n${more}`

describe('pacman', () => {
  it('gives base, licences, packager and purl, and ties packages', () => {
    const answer = catalog(
      pacman,
      {
        [`${FOLDER}/a-1/desc`]: desc('a', '%BASE%\nab\n\n%LICENSE%\nGPL2\ncustom:X\n\n%DEPENDS%\nlibb.so=1-64\n'),
        [`${FOLDER}/b-1/desc`]: desc('b', '%PROVIDES%\nlibb.so=1-64\n'),
      },
      { os: operatingSystem('arch', '') },
    )
    expect(answer.components[0]).toMatchObject({
      purl: 'pkg:alpm/arch/a@1:2-3?arch=x86_64&distro=arch',
      source: { name: 'ab', version: '1:2-3' },
      licences: ['GPL-2.0-only', 'custom:X'],
    })
    expect(answer.relations).toMatchObject([{ from: answer.components[0]?.id, to: answer.components[1]?.id }])
  })

  it('says whose files are whose, by the digests of the mtree', () => {
    const hex = 'c'.repeat(64)
    const mtree = gzipSync(
      `#mtree\n/set type=file\n./.PKGINFO sha256digest=${hex}\n./usr/a\\040b sha256digest=${hex}\n`,
    )
    const answer = catalog(pacman, {
      [`${FOLDER}/a-1/desc`]: desc('a'),
      [`${FOLDER}/a-1/files`]: '%FILES%\nusr/\nusr/a b\nusr/c\n',
      [`${FOLDER}/a-1/mtree`]: mtree,
    })
    const claims = answer.claims?.(new Set(['usr/a b', 'usr/c']))
    expect(claims?.get('usr/a b')?.digest).toEqual({ algorithm: 'sha256', hex })
    expect(claims?.get('usr/c')).toEqual({ owner: answer.components[0]?.id, since: 0 })
  })

  it('names a record and a list that cannot be read', () => {
    const answer = catalog(pacman, { [`${FOLDER}/a-1/desc`]: 'bogus', [`${FOLDER}/a-1/mtree`]: 'bogus' })
    expect(answer.diagnostics.map(({ path }) => path)).toEqual([`${FOLDER}/a-1/desc`, `${FOLDER}/a-1/mtree`])
  })

  it('reads whatever bytes without throwing', () => {
    fc.assert(fc.property(fc.uint8Array(), (bytes) => void catalog(pacman, { [`${FOLDER}/a-1/desc`]: bytes })))
  })
})
