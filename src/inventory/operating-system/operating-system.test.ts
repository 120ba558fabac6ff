import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Failure } from '../../lib/failure.ts'
import type { OperatingSystem } from '../../model/operating-system.ts'
import type { PlacedRow } from '../../reading/index.ts'
import { OS_READERS, parseDistroOverride, type ReleaseFact, recogniseOperatingSystem, supportOf } from './index.ts'

function row(path: string, content: string | Uint8Array, more: Partial<PlacedRow> = {}): PlacedRow<ReleaseFact> {
  const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content
  const reader = OS_READERS.find(({ wants }) => wants.any.some((condition) => condition.path === path))
  if (reader === undefined) throw new Error(`no reader wants ${path}`)
  const { facts } = reader.read({ path, bytes, sizeBytes: bytes.length, mode: 0o644 })
  return { path, mode: 0o644, sizeBytes: bytes.length, reader: reader.id, layer: 0, wins: true, ...more, facts }
}

function recognise(files: Readonly<Record<string, string>>): OperatingSystem | undefined {
  return recogniseOperatingSystem(
    Object.entries(files).map(([path, content]) => row(path, content)),
    () => undefined,
  )
}

function fromOsRelease(content: string): OperatingSystem | undefined {
  return recognise({ 'etc/os-release': content })
}

describe('recogniseOperatingSystem', () => {
  it.each([
    ['ID=debian\nVERSION_ID="12"\nPRETTY_NAME=Distroless', '12', 'Debian:12'],
    ['ID=debian\nPRETTY_NAME="Debian GNU/Linux 3.1"\nVERSION_ID=3.1', '3.1', 'Debian:3.1'],
    ['ID=ubuntu\nVERSION_ID=24.10', '24.10', 'Ubuntu:24.10'],
    ['ID=ubuntu\nVERSION_ID=22.04', '22.04', 'Ubuntu:22.04:LTS'],
    ['ID=ubuntu\nVERSION_ID=23.04', '23.04', 'Ubuntu:23.04'],
    ['ID=alpine\nVERSION_ID=3.23.0_alpha20251016', 'edge', undefined],
    ['ID=chainguard\nVERSION_ID=20230214', '', 'Chainguard'],
    ['ID=amzn\nVERSION_ID=2018.03', '1', 'Amazon Linux:1'],
    ['ID=amzn\nVERSION_ID=2023', '2023', 'Amazon Linux:2023'],
    ['ID=mageia\nVERSION_ID=9', '9', 'Mageia:9'],
    ['ID="openEuler"\nVERSION="24.03 (LTS-SP1)"\nVERSION_ID="24.03"', '24.03-LTS-SP1', 'openEuler:24.03-LTS-SP1'],
    ['ID="openEuler"\nVERSION="24.09"\nVERSION_ID="24.09"', '24.09', undefined],
    ['ID=alpaquita\nVERSION_ID=stream', 'stream', 'Alpaquita:stream'],
    ['ID=alpaquita\nVERSION_ID=23.10', '23', 'Alpaquita:23'],
    ['ID=sles\nVERSION_ID=15\nPRETTY_NAME="SUSE Linux Enterprise Server 15"', '15', 'SUSE:Linux Enterprise Server 15'],
    ['ID=sles\nVERSION_ID=16.0', '16.0', 'SUSE:Linux Enterprise Server 16.0'],
    ['ID=opensuse-microos\nVERSION_ID=20240101', '', 'openSUSE:Tumbleweed'],
    ['ID="opensuse-leap-micro"\nVERSION_ID="5.5"', '5.5', 'openSUSE:Leap Micro 5.5'],
    ['ID=cos\nVERSION_ID=113', '113', undefined],
    ['ID=flatcar\nVERSION_ID=3815.2.0', '3815', undefined],
  ])('reads %j', (content, release, ecosystem) => {
    const os = fromOsRelease(content)
    expect([os?.release, os?.ecosystem]).toEqual([release, ecosystem])
  })

  it('reads the older files of systems that have no os-release', () => {
    const id = (files: Readonly<Record<string, string>>) => {
      const os = recognise(files)
      return os && `${os.id} ${os.version} ${os.release}`
    }
    expect(id({ 'etc/alpine-release': '3.10.2\n' })).toBe('alpine 3.10.2 v3.10')
    expect(id({ 'etc/system-release': 'Amazon Linux AMI release 2018.03\n' })).toBe('amzn 2018.03 1')
    expect(id({ 'etc/system-release-cpe': 'cpe:2.3:o:amazon:amazon_linux:2' })).toBe('amzn 2 2')
    expect(id({ 'etc/system-release-cpe': 'cpe:/o:oracle:linux:6server' })).toBe('ol 6 6')
    expect(id({ 'etc/SuSE-release': 'SUSE Linux Enterprise Server 11 (x86_64)\nVERSION = 11\nPATCHLEVEL = 4\n' })).toBe(
      'sles 11.4 11 SP4',
    )
    expect(id({ 'etc/photon-release': 'VMware Photon Linux 1.0\n' })).toBe('photon 1.0 1.0')
    expect(id({ 'etc/arch-release': '' })).toBe('arch  ')
    expect(
      id({
        'etc/oracle-release': 'Oracle Linux Server release 7.9',
        'etc/redhat-release': 'Red Hat Enterprise Linux Server release 7.9 (Maipo)',
      }),
    ).toBe('ol 7.9 7')
    expect(id({ 'etc/redhat-release': 'CentOS Stream release 9' })).toBe('centos 9 stream9')
  })

  it('does not take the Debian that Ubuntu names for its point release', () => {
    const os = recognise({ 'etc/os-release': 'ID=ubuntu\nVERSION_ID=22.04', 'etc/debian_version': 'bookworm/sid\n' })
    expect([os?.version, os?.ecosystem]).toEqual(['22.04', 'Ubuntu:22.04:LTS'])
  })

  it('calls Debian without a version sid', () => {
    const os = recognise({
      'etc/os-release': 'ID=debian\nNAME="Debian GNU/Linux"',
      'etc/debian_version': 'trixie/sid\n',
    })
    expect([os?.release, os?.ecosystem]).toEqual(['sid', 'Debian:sid'])
  })

  it('takes the copies that survive, and names their layer', () => {
    const rows = [
      row('etc/os-release', 'ID=debian\nVERSION_ID=11', { wins: false }),
      row('usr/lib/os-release', 'ID=debian\nVERSION_ID=12', { layer: 1 }),
    ]
    const os = recogniseOperatingSystem(rows, (index) => ({ index, diffId: `sha256:${'0'.repeat(64)}` }))
    expect(os?.release).toBe('12')
    expect(os?.evidence).toMatchObject([{ path: 'usr/lib/os-release', layer: { index: 1 }, confidence: 1 }])
  })

  it('prefers anything to a busybox binary', () => {
    const busybox = 'x BusyBox v1.36.1 (2023) multi-call binary'
    expect(recognise({ 'bin/busybox': busybox })?.id).toBe('busybox')
    expect(recognise({ 'bin/busybox': busybox, 'etc/alpine-release': '3.19.1' })?.id).toBe('alpine')
  })

  it('knows no system where nothing says one', () => {
    expect(recognise({})).toBeUndefined()
    expect(recognise({ 'etc/os-release': '', 'etc/debian_version': '\n', 'bin/busybox': 'none' })).toBeUndefined()
  })

  it('lets --distro take the place of what the files say', () => {
    const rows = [row('etc/os-release', 'ID=debian\nVERSION_ID=11')]
    const os = recogniseOperatingSystem(rows, () => undefined, parseDistroOverride('centos:stream9'))
    expect(os).toMatchObject({ id: 'centos', version: '9', release: 'stream9', evidence: [] })
    expect(recogniseOperatingSystem(rows, () => undefined, { id: 'alpine', version: '3.19' })).toMatchObject({
      release: 'v3.19',
      ecosystem: 'Alpine:v3.19',
    })
  })

  it('shows no control characters, and bounds what it is given', () => {
    const os = fromOsRelease(`ID=debian\nVERSION_ID=12\nPRETTY_NAME="a\u001b[31m\u202eb${'c'.repeat(10_000)}"`)
    expect(os?.name).toMatch(/^a\[31mbc+$/)
    expect(os?.name.length).toBeLessThanOrEqual(256)
  })

  it('takes any bytes in any file', () => {
    const paths = OS_READERS.flatMap(({ wants }) => wants.any.map(({ path }) => path ?? ''))
    const line = fc.constantFrom(
      'ID=',
      'VERSION_ID=',
      'NAME="',
      'release ',
      '\n',
      '"',
      "'",
      '\\',
      '12.3',
      'debian',
      'cpe:/o:',
      '{',
      '\u0000',
    )
    const content = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      fc.array(line).map((parts) => new TextEncoder().encode(parts.join(''))),
    )
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.constantFrom(...paths), content), { maxLength: 4 }), (files) => {
        const os = recogniseOperatingSystem(
          files.map(([path, bytes]) => row(path, bytes)),
          () => undefined,
        )
        for (const text of [os?.name, os?.id, os?.version, os?.release, os?.ecosystem ?? ''])
          expect(text ?? '').not.toMatch(/[\p{Cc}\p{Cf}]/u)
      }),
      { numRuns: 500 },
    )
  })
})

describe('a broken status of Ubuntu Pro', () => {
  it.each(['{', '[]', '{"services":1}', '{"__proto__":{"services":[]}}'])('is a diagnostic: %s', (content) => {
    const bytes = new TextEncoder().encode(content)
    const path = 'var/lib/ubuntu-advantage/status.json'
    const reader = OS_READERS.find(({ wants }) => wants.any.some((condition) => condition.path === path))
    const result = reader?.read({ path, bytes, sizeBytes: bytes.length, mode: 0o644 })
    expect(result?.diagnostics).toMatchObject([{ code: 'ubuntu-pro-status-malformed', path, effect: 'partial' }])
  })
})

describe('parseDistroOverride', () => {
  it('refuses a name that no distribution has, and says which there are', () => {
    expect(() => parseDistroOverride('debain:12')).toThrow(/knows no distribution debain; it knows .*debian/)
  })

  it.each([
    ['debian:12', 'debian', '12'],
    ['alpine/v3.19', 'alpine', '3.19'],
    ['RedHat:9.4', 'rhel', '9.4'],
    ['alma:9', 'almalinux', '9'],
    ['sles:15 SP5', 'sles', '15 SP5'],
    ['wolfi', 'wolfi', ''],
    ['debian:sid', 'debian', 'sid'],
  ])('reads %s', (text, id, version) => {
    expect(parseDistroOverride(text)).toEqual({ id, version })
  })

  it.each(['', ':', 'debian', 'debian:', ':12', 'de\nbian:12', 'debian:12:13', `debian:${'1'.repeat(1000)}`])(
    'refuses %j',
    (text) => {
      expect(() => parseDistroOverride(text)).toThrow(Failure)
    },
  )
})

describe('supportOf', () => {
  it.each([
    ['debian', '10', '2022-09-10', '2024-06-30'],
    ['ubuntu', '16.04', '2021-04-02', '2026-04-02'],
    ['alpine', 'v3.18', '2025-05-09', undefined],
    ['rhel', '7', '2024-06-30', '2029-05-31'],
    ['centos', '8', '2021-12-31', undefined],
    ['centos', 'stream8', '2024-05-31', undefined],
    ['amzn', '1', '2023-12-31', undefined],
    ['sles', '15 SP5', '2024-12-31', '2027-12-31'],
    ['sles', '15', '2019-12-31', '2022-12-31'],
    ['opensuse-leap', '15.6', '2026-04-30', undefined],
    ['photon', '3.0', '2025-10-02', undefined],
    ['cos', '97', '2024-03-27', undefined],
    ['mariner', '2.0', '2025-07-31', undefined],
    ['scientific', '7', '2024-06-30', undefined],
  ])('knows %s %s', (id, release, endOfLife, endOfExtendedSupport) => {
    const support = supportOf(id, release)
    expect([support?.endOfLife, support?.endOfExtendedSupport]).toEqual([endOfLife, endOfExtendedSupport])
    expect(support?.source).toMatch(/https:\/\//)
  })

  it('says nothing about rolling and unknown systems', () => {
    for (const id of ['wolfi', 'chainguard', 'arch', 'nobody', 'constructor', '__proto__'])
      expect(supportOf(id, '')).toBeUndefined()
  })
})
