import { zstdCompressSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { catalog, operatingSystem } from '../../../test/support/catalog.ts'
import { dpkg } from './index.ts'

const debian = operatingSystem('debian', '12', 'Debian:12')
const STATUS = 'var/lib/dpkg/status'

function record(name: string, version: string, more = ''): string {
  return `Package: ${name}\nStatus: install ok installed\nArchitecture: amd64\nVersion: ${version}\n${more}\n`
}

describe('dpkg status', () => {
  it('gives name, epoch, source with its own version, maintainer and purl', () => {
    const text = record('libfoo1', '1:2.0-3+b1', 'Source: foo (2.0-3)\nMaintainer: A B <a@b>\n')
    const [component] = catalog(dpkg, { [STATUS]: text }, { os: debian }).components
    expect(component).toMatchObject({
      purl: 'pkg:deb/debian/libfoo1@1:2.0-3%2Bb1?arch=amd64&distro=debian-12',
      version: '1:2.0-3+b1',
      source: { name: 'foo', version: '2.0-3' },
      supplier: 'A B <a@b>',
      ecosystem: 'Debian:12',
    })
    expect(component?.evidence[0]).toMatchObject({ path: STATUS, lines: [1, 6] })
  })

  it('leaves out what was removed and keeps what is half-way there', () => {
    const removed = record('gone', '1').replace('install ok installed', 'deinstall ok config-files')
    const broken = record('half', '1').replace('install ok installed', 'install ok half-configured')
    const answer = catalog(dpkg, { [STATUS]: `${removed}\n${broken}` })
    expect(answer.components.map(({ name }) => name)).toEqual(['half'])
    expect(answer.diagnostics).toEqual([])
  })

  it('keeps good records and names the lines of broken ones', () => {
    const text = `${record('a', '1')}\nPackage: nothing\n\n${record('b', '2')}\nno field here\n`
    const answer = catalog(dpkg, { [STATUS]: text })
    expect(answer.components.map(({ name }) => name)).toEqual(['a', 'b'])
    expect(answer.diagnostics.map(({ effect, path }) => [effect, path])).toContainEqual(['partial', STATUS])
    expect(answer.diagnostics[0]?.message).toContain('at line 7 has no version')
  })

  it('is blind for a file without any record, and content with an empty one', () => {
    expect(catalog(dpkg, { [STATUS]: 'rubbish' }).diagnostics).toMatchObject([{ effect: 'blind', path: STATUS }])
    expect(catalog(dpkg, { [STATUS]: '' }).diagnostics).toEqual([])
  })

  it('refuses control characters in names and versions', () => {
    const answer = catalog(dpkg, { [STATUS]: record('a\u001b[31m', '1') + record('b', '1\u0007') })
    expect(answer.components).toEqual([])
    expect(answer.diagnostics.length).toBeGreaterThan(0)
  })

  it('does not look up its packages among the advisories of another family', () => {
    const alpine = operatingSystem('alpine', 'v3.10', 'Alpine:v3.10')
    expect(catalog(dpkg, { [STATUS]: record('a', '1') }, { os: alpine }).components[0]).toMatchObject({
      ecosystem: 'dpkg',
      purl: 'pkg:deb/a@1?arch=amd64',
    })
  })

  it('ties packages by name, alternative and what is provided', () => {
    const text = [
      record('a', '1', 'Depends: missing | b (>= 1), mail-agent\nPre-Depends: c:any\n'),
      record('b', '1'),
      record('c', '1'),
      record('d', '1', 'Provides: mail-agent (= 1)\n'),
    ].join('\n')
    const { components, relations } = catalog(dpkg, { [STATUS]: text })
    const name = (id: string): string | undefined => components.find((one) => one.id === id)?.name
    expect(relations.map(({ from, to }) => `${name(from)} ${name(to)}`)).toEqual(['a c', 'a b', 'a d'])
  })

  it('names a hundred broken records shortly', () => {
    const answer = catalog(dpkg, { [STATUS]: record('a', '1') + '\nPackage: x\n'.repeat(100) })
    expect(answer.diagnostics).toHaveLength(21)
    expect(answer.diagnostics[20]?.message).toBe('80 more records are broken')
  })

  it('reads whatever bytes without throwing', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
        for (const { purl } of catalog(dpkg, { [STATUS]: bytes }).components) expect(purl).toMatch(/^pkg:deb\//)
      }),
    )
  })

  it('gives back every record that was written', () => {
    const word = fc.stringMatching(/^[a-z0-9][a-z0-9+.-]{1,20}$/)
    fc.assert(
      fc.property(fc.uniqueArray(fc.tuple(word, word), { selector: ([name]) => name, maxLength: 30 }), (packages) => {
        const text = packages.map(([name, version]) => record(name, version)).join('\n')
        const answer = catalog(dpkg, { [STATUS]: text })
        expect(answer.components.map(({ name, version }) => [name, version])).toEqual(packages)
      }),
    )
  })
})

describe('whose files are whose', () => {
  const digest = 'a'.repeat(32)

  it('finds a file over a linked folder, with the digest of md5sums', () => {
    const answer = catalog(
      dpkg,
      {
        [STATUS]: record('libz', '1'),
        'var/lib/dpkg/info/libz:amd64.list': '/.\n/lib\n/lib/x/libz.so\n',
        'var/lib/dpkg/info/libz:amd64.md5sums': `${digest}  lib/x/libz.so\n`,
        'usr/lib/x/libz.so': '',
      },
      { links: { lib: 'usr/lib' } },
    )
    expect(answer.claims?.(new Set(['usr/lib/x/libz.so', 'usr/lib/other']))).toEqual(
      new Map([
        ['usr/lib/x/libz.so', { owner: answer.components[0]?.id, since: 0, digest: { algorithm: 'md5', hex: digest } }],
      ]),
    )
  })

  it('knows configuration files and the lists of distroless records', () => {
    const folder = 'var/lib/dpkg/status.d'
    const answer = catalog(dpkg, {
      [`${folder}/base`]: `Package: base-files\nVersion: 1\nConffiles:\n /etc/a b ${digest} obsolete\n`,
      [`${folder}/base.md5sums`]: `${digest}  usr/bin/x\n`,
    })
    expect(answer.components).toHaveLength(1)
    expect([...(answer.claims?.(new Set(['etc/a b', 'usr/bin/x'])) ?? [])].map(([path]) => path).sort()).toEqual([
      'etc/a b',
      'usr/bin/x',
    ])
  })
})

describe('a long list of files', () => {
  const digest = 'b'.repeat(32)
  const lines = Array.from({ length: 2000 }, (_, i) => `usr/share/doc/${i}/package.json`)
  const summed = lines.map((path) => `${digest}  ${path}\n`).join('')
  const listed = lines.map((path) => `/${path}\n`).join('')
  const status = { [STATUS]: record('many', '1') }

  it('tells whose a file is as a short one does', () => {
    const answer = catalog(dpkg, { ...status, 'var/lib/dpkg/info/many.md5sums': summed })
    const claim = { owner: answer.components[0]?.id, since: 0 }
    const asked = new Set([lines[1234], 'usr/share/doc/1234/other.json'])
    expect(answer.claims?.(asked)).toEqual(
      new Map([[lines[1234], { ...claim, digest: { algorithm: 'md5', hex: digest } }]]),
    )
    expect(answer.claims?.(new Set(['other'])).size).toBe(0)
    const undigested = catalog(dpkg, { ...status, 'var/lib/dpkg/info/many.list': listed })
    expect(undigested.claims?.(asked)).toEqual(new Map([[lines[1234], claim]]))
  })
})

describe('opkg and Chisel', () => {
  it('takes what the control file adds to the status, and no package twice', () => {
    const answer = catalog(dpkg, {
      'usr/lib/opkg/status': record('ubus', '1-r1'),
      'usr/lib/opkg/info/ubus.control': 'Package: ubus\nVersion: 1-r1\nArchitecture: amd64\nLicense: LGPL-2.1\n',
      'usr/lib/opkg/info/old.control': 'Package: old\nVersion: 1\n',
    })
    expect(answer.components).toMatchObject([
      { name: 'ubus', purl: 'pkg:opkg/ubus@1-r1?arch=amd64', licences: ['LGPL-2.1-only'] },
    ])
  })

  it('reads a manifest, says that sources are missing, and whose the files are', () => {
    const lines = [
      { jsonwall: '1.0' },
      { kind: 'package', name: 'libc6', version: '2.39', arch: 'amd64' },
      { kind: 'path', path: '/usr/lib/libc.so.6', slices: ['libc6_libs'], sha256: 'b'.repeat(64) },
    ]
    const path = 'var/lib/chisel/manifest.wall'
    const bytes = zstdCompressSync(lines.map((line) => JSON.stringify(line)).join('\n'))
    const answer = catalog(dpkg, { [path]: bytes })
    expect(answer.components.map(({ name, version }) => [name, version])).toEqual([['libc6', '2.39']])
    expect(answer.diagnostics).toMatchObject([{ code: 'chisel-without-sources', path }])
    expect(answer.claims?.(new Set(['usr/lib/libc.so.6'])).size).toBe(1)
    expect(catalog(dpkg, { [path]: 'no zstd' }).diagnostics).toMatchObject([{ effect: 'blind', path }])
  })
})
