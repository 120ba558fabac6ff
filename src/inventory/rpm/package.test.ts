import { describe, expect, it } from 'vitest'
import { catalog, operatingSystem } from '../../../test/support/catalog.ts'
import { rpmHeader, sqliteFile } from '../../../test/support/rpm-databases.ts'
import { parseHeader } from './header.ts'
import { rpm } from './index.ts'
import { sourceOf, wholeVersion } from './package.ts'

describe('what a record of rpm means', () => {
  it('versions carry an epoch only where it changes the order', () => {
    expect(wholeVersion({ version: '1.0', release: '2', epoch: 0 })).toBe('1.0-2')
    expect(wholeVersion({ version: '1.0', release: '2', epoch: 3 })).toBe('3:1.0-2')
  })

  it('the source package is read from the name of its file', () => {
    expect(sourceOf('util-linux-2.32.1-42.el8_8.src.rpm', undefined)).toEqual({
      name: 'util-linux',
      version: '2.32.1-42.el8_8',
    })
    expect(sourceOf('java-1.8.0-openjdk-1.8.0.1-1.nosrc.rpm', 1)).toEqual({
      name: 'java-1.8.0-openjdk',
      version: '1:1.8.0.1-1',
    })
    for (const odd of [undefined, '', '(none)', 'a.src.rpm', 'a-1.src.rpm', '-1-1.src.rpm'])
      expect(sourceOf(odd, 1)).toBeUndefined()
  })

  it('an entry behind the region takes the place of the one inside it', () => {
    const header = rpmHeader({ name: 'a', version: '1', release: '1', epoch: 4 })
    // The last entry's tag becomes that of the first: NAME, now the text of SOURCERPM.
    const entries = header.readUInt32BE(0)
    header.writeUInt32BE(1000, 8 + (entries - 1) * 16)
    const parsed = parseHeader(header)
    expect(parsed.ok && parsed.header.text(1000)).toBe('a-1-1.src.rpm')
  })

  it('an entry outside of its header is refused', () => {
    const header = rpmHeader({ name: 'a', version: '1', release: '1' })
    header.writeUInt32BE(0xffffffff, 8 + 12)
    expect(parseHeader(header)).toMatchObject({ ok: false })
  })
})

describe('rpm packages of an image', () => {
  const header = rpmHeader({
    name: 'nginx',
    version: '1.20.1',
    release: '14.el9',
    epoch: 2,
    files: [
      { folder: '/lib64/', name: 'x.so', sha256: 'ab'.repeat(32) },
      { folder: '/usr/bin/', name: 'nginx' },
    ],
  })

  it('carry the distribution in purl and ecosystem, and own files over linked folders', () => {
    const answer = catalog(
      rpm,
      { 'var/lib/rpm/rpmdb.sqlite': sqliteFile([header]), 'usr/lib64/x.so': '' },
      { os: operatingSystem('rhel', '9', 'Red Hat'), links: { lib64: 'usr/lib64' } },
    )
    const [nginx] = answer.components
    expect(nginx).toMatchObject({
      version: '2:1.20.1-14.el9',
      ecosystem: 'Red Hat',
      source: { name: 'nginx', version: '2:1.20.1-14.el9' },
    })
    expect(nginx.purl).toBe(
      'pkg:rpm/redhat/nginx@1.20.1-14.el9?arch=x86_64&distro=rhel-9&epoch=2&upstream=nginx-1.20.1-14.el9.src.rpm',
    )
    expect(answer.claims?.(new Set(['usr/lib64/x.so']))).toEqual(
      new Map([
        ['usr/lib64/x.so', { owner: nginx.id, since: 0, digest: { algorithm: 'sha256', hex: 'ab'.repeat(32) } }],
      ]),
    )
  })

  it('of a foreign system are not looked up among its advisories', () => {
    const answer = catalog(
      rpm,
      { 'var/lib/rpm/rpmdb.sqlite': sqliteFile([header]) },
      { os: operatingSystem('debian', '12', 'Debian:12') },
    )
    expect(answer.components[0]).toMatchObject({ ecosystem: 'rpm' })
  })
})

describe('the manifest of distroless images', () => {
  const path = 'var/lib/rpmmanifest/container-manifest-2'
  const line =
    'vim\t9.0-1.cm2\t1653816591\t1653753130\tMicrosoft Corporation\t2\t45000\tx86_64\t2\tvim-9.0-1.cm2.src.rpm'

  it('gives packages with their lines', () => {
    const { components, diagnostics } = catalog(
      rpm,
      { [path]: `\n${line}\n` },
      { os: operatingSystem('mariner', '2.0', 'Azure Linux:2') },
    )
    expect(diagnostics).toEqual([])
    expect(components).toMatchObject([
      {
        name: 'vim',
        version: '2:9.0-1.cm2',
        architecture: 'x86_64',
        supplier: 'Microsoft Corporation',
        source: { name: 'vim' },
        evidence: [{ path, lines: [2, 2] }],
      },
    ])
  })

  it('with lines that name no package is blind, and keeps the others', () => {
    const { components, diagnostics } = catalog(rpm, { [path]: `${line}\nbroken\n` })
    expect(components.length).toBe(1)
    expect(diagnostics).toMatchObject([{ code: 'rpm-manifest-corrupt', path, effect: 'blind' }])
    expect(catalog(rpm, { [path]: '' }).diagnostics).toMatchObject([{ path, effect: 'blind' }])
  })
})
