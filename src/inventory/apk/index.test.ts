import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { catalog, operatingSystem } from '../../../test/support/catalog.ts'
import { digestOf } from './files.ts'
import { apk } from './index.ts'

const DATABASE = 'lib/apk/db/installed'
const SUM = createHash('sha1').update('x').digest()
const RECORDS = `C:Q1x
P:musl
V:1.2-r0
A:x86_64
L:MIT
o:musl-src
m:A B <a@b>
p:so:libc.so.1=1 cmd:ldd=1
F:lib
R:libc.so
Z:Q1${SUM.toString('base64')}

P:busybox
V:1-r1
A:x86_64
D:so:libc.so.1 !conflict other>=1
F:bin
R:busybox
`

describe('apk installed', () => {
  it('gives origin, licence, maintainer, purl and lines', () => {
    const os = operatingSystem('wolfi', '', 'Wolfi')
    const { components, diagnostics } = catalog(apk, { [DATABASE]: RECORDS }, { os })
    expect(diagnostics).toEqual([])
    expect(components).toMatchObject([
      {
        purl: 'pkg:apk/wolfi/musl@1.2-r0?arch=x86_64&distro=wolfi',
        source: { name: 'musl-src', version: '1.2-r0' },
        licences: ['MIT'],
        supplier: 'A B <a@b>',
        ecosystem: 'Wolfi',
      },
      { name: 'busybox', source: { name: 'busybox', version: '1-r1' } },
    ])
    expect(components[1]?.evidence[0]?.lines).toEqual([13, 18])
  })

  it('ties packages by what they provide', () => {
    const { components, relations } = catalog(apk, { [DATABASE]: RECORDS })
    expect(relations).toEqual([{ from: components[1]?.id, to: components[0]?.id, kind: 'depends-on' }])
  })

  it('says whose a file is, over a linked folder, with its SHA-1', () => {
    const files = { [DATABASE]: RECORDS, 'usr/lib/libc.so': 'x' }
    const { claims, components } = catalog(apk, files, { links: { bin: 'usr/bin' } })
    const found = claims?.(new Set(['lib/libc.so', 'usr/bin/busybox']))
    expect(found?.get('lib/libc.so')).toEqual({
      owner: components[0]?.id,
      since: 0,
      digest: { algorithm: 'sha1', hex: SUM.toString('hex') },
    })
    expect(found?.get('usr/bin/busybox')?.owner).toBe(components[1]?.id)
  })

  it('tells of broken records and keeps the others', () => {
    const answer = catalog(apk, { [DATABASE]: `garbage\n\nP:nothing\n\n${RECORDS}` })
    expect(answer.components).toHaveLength(2)
    expect(answer.diagnostics.every(({ effect, path }) => effect === 'partial' && path === DATABASE)).toBe(true)
    expect(catalog(apk, { [DATABASE]: 'garbage' }).diagnostics).toMatchObject([{ effect: 'blind', path: DATABASE }])
  })

  it('reads whatever bytes without throwing', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
        const answer = catalog(apk, { [DATABASE]: bytes })
        answer.claims?.(new Set(['a']))
      }),
    )
  })

  it('knows the forms of digests', () => {
    expect(digestOf(`Q2${createHash('sha256').update('x').digest('base64')}`)?.algorithm).toBe('sha256')
    expect(digestOf('d41d8cd98f00b204e9800998ecf8427e')?.algorithm).toBe('md5')
    expect(digestOf('Q1short')).toBeUndefined()
  })
})
