import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join, relative } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { PlacedRow } from '../../reading/index.ts'
import { OS_READERS, type ReleaseFact, recogniseOperatingSystem } from './index.ts'

const shared = join(process.env.BULWARK_CONFORMANCE ?? '../shared/conformance', 'os')

/** Each root of the shared data, and what must come out: ID, version, release, ecosystem. */
const ROOTS: Readonly<Record<string, readonly (string | undefined)[]>> = {
  'almalinux/from-os-release': ['almalinux', '8.4', '8', 'AlmaLinux:8'],
  'almalinux/from-redhat-release': ['almalinux', '8.10', '8', 'AlmaLinux:8'],
  alpine: ['alpine', '3.11.6', 'v3.11', 'Alpine:v3.11'],
  amazon: ['amzn', '2', '2', 'Amazon Linux:2'],
  arch: ['arch', '', '', 'Arch Linux'],
  busybox: ['busybox', '1.31.1', '1.31.1', undefined],
  centos: ['centos', '8', '8', undefined],
  centos5: ['centos', '5.7', '5', undefined],
  centos6: ['centos', '6', '6', undefined],
  custom: ['scientific', '8', '8', undefined],
  'debian/from-debian_version': ['debian', '10.8', '10', 'Debian:10'],
  'debian/from-os-release': ['debian', '8', '8', 'Debian:8'],
  'debian/with-point-release': ['debian', '13.5', '13', 'Debian:13'],
  empty: [],
  fedora: ['fedora', '36', '36', 'Fedora:36'],
  mariner: ['mariner', '1.0', '1.0', undefined],
  'opensuse-leap': ['opensuse-leap', '15.2', '15.2', 'openSUSE:Leap 15.2'],
  oraclelinux: ['ol', '8.3', '8', 'Oracle Linux:8'],
  photon: ['photon', '2.0', '2.0', 'Photon OS:2.0'],
  'redhat/from-os-release': ['rhel', '7.3', '7', 'Red Hat:enterprise_linux:7'],
  'redhat/from-redhat-release': ['rhel', '8.10', '8', 'Red Hat:enterprise_linux:8'],
  'rockylinux/from-os-release': ['rocky', '8.4', '8', 'Rocky Linux:8'],
  'rockylinux/from-redhat-release': ['rocky', '8.10', '8', 'Rocky Linux:8'],
  'scientific/from-os-release': ['scientific', '7.5', '7', undefined],
  'scientific/from-redhat-release': ['scientific', '7.9', '7', undefined],
  sles: ['sles', '15.2', '15 SP2', 'SUSE:Linux Enterprise Server 15 SP2'],
  ubuntu: ['ubuntu', '20.04', '20.04', 'Ubuntu:20.04:LTS'],
  wolfi: ['wolfi', '', '', 'Wolfi'],
}

/** Each single release file of the other set: where it lies in an image, and what must come out. */
const FILES: Readonly<Record<string, readonly [string, ...(string | undefined)[]]>> = {
  'debian/testdata/debian_9/etc/debian_version': ['etc/debian_version', 'debian', '9.8', '9', 'Debian:9'],
  'debian/testdata/debian_sid/etc/debian_version': ['etc/debian_version', 'debian', 'buster/sid', 'sid', 'Debian:sid'],
  'debian/testdata/empty': ['etc/debian_version'],
  'redhatbase/testdata/alma/almalinux-release': ['etc/almalinux-release', 'almalinux', '8.4', '8', 'AlmaLinux:8'],
  'redhatbase/testdata/centos/centos-release': ['etc/centos-release', 'centos', '7.6.1810', '7', undefined],
  'redhatbase/testdata/fedora_29/fedora-release': ['etc/fedora-release', 'fedora', '29', '29', 'Fedora:29'],
  'redhatbase/testdata/not_redhatbase/empty': ['etc/redhat-release'],
  'redhatbase/testdata/oracle_7/oracle-release': ['etc/oracle-release', 'ol', '7.6', '7', 'Oracle Linux:7'],
  'redhatbase/testdata/redhat_6/redhat-release': [
    'etc/redhat-release',
    'rhel',
    '6.2',
    '6',
    'Red Hat:enterprise_linux:6',
  ],
  'redhatbase/testdata/rocky/rocky-release': ['etc/rocky-release', 'rocky', '8.4', '8', 'Rocky Linux:8'],
  'release/testdata/activestate': ['etc/os-release', 'activestate', '1.0', '1.0', undefined],
  'release/testdata/alma': ['etc/os-release', 'almalinux', '9.4', '9', 'AlmaLinux:9'],
  'release/testdata/alpine': ['etc/os-release', 'alpine', '3.15.4', 'v3.15', 'Alpine:v3.15'],
  'release/testdata/azurelinux-3.0': ['etc/os-release', 'azurelinux', '3.0', '3.0', 'Azure Linux:3'],
  'release/testdata/bottlerocket': ['etc/os-release', 'bottlerocket', '1.34.0', '1.34.0', undefined],
  'release/testdata/centos': ['etc/os-release', 'centos', '7', '7', undefined],
  'release/testdata/centos-stream': ['etc/os-release', 'centos', '8', 'stream8', undefined],
  'release/testdata/coreos': ['etc/os-release', 'coreos', '3.15.4', '3.15.4', undefined],
  'release/testdata/echo': ['etc/os-release', 'echo', '', '', 'Echo'],
  'release/testdata/fedora': ['etc/os-release', 'fedora', '42', '42', 'Fedora:42'],
  'release/testdata/mariner-1.0': ['etc/os-release', 'mariner', '1.0', '1.0', undefined],
  'release/testdata/mariner-2.0': ['etc/os-release', 'mariner', '2.0', '2.0', 'Azure Linux:2'],
  'release/testdata/minimos': ['etc/os-release', 'minimos', '', '', 'MinimOS'],
  'release/testdata/no-id': ['etc/os-release', 'alpine', '3.15.4', 'v3.15', 'Alpine:v3.15'],
  'release/testdata/no-version': ['etc/os-release', 'alpine', '3.15', 'v3.15', 'Alpine:v3.15'],
  'release/testdata/opensuseleap-15.2.1': ['etc/os-release', 'opensuse-leap', '15.2.1', '15.2', 'openSUSE:Leap 15.2'],
  'release/testdata/opensuseleap-42.3': ['etc/os-release', 'opensuse-leap', '42.3', '42.3', 'openSUSE:Leap 42.3'],
  'release/testdata/opensusetumbleweed': ['etc/os-release', 'opensuse-tumbleweed', '', '', 'openSUSE:Tumbleweed'],
  'release/testdata/oracle': ['etc/os-release', 'ol', '8.10', '8', 'Oracle Linux:8'],
  'release/testdata/photon': ['etc/os-release', 'photon', '4.0', '4.0', 'Photon OS:4.0'],
  'release/testdata/rhel': ['etc/os-release', 'rhel', '9.4', '9', 'Red Hat:enterprise_linux:9'],
  'release/testdata/rocky': ['etc/os-release', 'rocky', '9.3', '9', 'Rocky Linux:9'],
  'release/testdata/slemicro': ['etc/os-release', 'sle-micro', '5.3', '5.3', 'SUSE:Linux Enterprise Micro 5.3'],
  'release/testdata/slemicro-rancher': [
    'etc/os-release',
    'sle-micro-rancher',
    '5.4',
    '5.4',
    'SUSE:Linux Enterprise Micro for Rancher 5.4',
  ],
  'release/testdata/slemicro6.0': ['etc/os-release', 'sl-micro', '6.0', '6.0', 'SUSE:Linux Micro 6.0'],
  'release/testdata/sles': ['etc/os-release', 'sles', '15.3', '15 SP3', 'SUSE:Linux Enterprise Server 15 SP3'],
  'release/testdata/unknown': ['etc/os-release', 'unknown', '4.3.2', '4.3.2', undefined],
  'ubuntu/testdata/invalid': ['etc/lsb-release'],
  'ubuntu/testdata/lsb-release': ['etc/lsb-release', 'ubuntu', '18.04', '18.04', 'Ubuntu:18.04:LTS'],
  'ubuntu/testdata/esm_enabled_status.json': ['var/lib/ubuntu-advantage/status.json'],
  'ubuntu/testdata/esm_disabled_status.json': ['var/lib/ubuntu-advantage/status.json'],
}

function rowsOf(path: string, file: string): PlacedRow<ReleaseFact>[] {
  const bytes = readFileSync(file)
  const reader = OS_READERS.find(({ wants }) => wants.any.some((condition) => condition.path === path))
  if (reader === undefined) throw new Error(`no reader wants ${path}`)
  const { facts } = reader.read({ path, bytes, sizeBytes: bytes.length, mode: 0o644 })
  return [{ path, mode: 0o644, sizeBytes: bytes.length, facts, reader: reader.id, layer: 0, wins: true }]
}

function filesBelow(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => statSync(join(folder, name)).isFile())
    .sort()
}

function outcome(rows: readonly PlacedRow<ReleaseFact>[]): readonly (string | undefined)[] {
  const os = recogniseOperatingSystem(rows, () => undefined)
  return os === undefined ? [] : [os.id, os.version, os.release, os.ecosystem]
}

const missing = existsSync(shared) ? '' : ' (skipped: no shared conformance data)'

describe.skipIf(missing !== '')(`release files of real systems${missing}`, () => {
  it.each(Object.entries(ROOTS))('%s', (root, expected) => {
    const folder = join(shared, 'os-release', root)
    expect(outcome(filesBelow(folder).flatMap((name) => rowsOf(name, join(folder, name))))).toEqual(expected)
  })

  it.each(Object.entries(FILES))('%s', (file, [path, ...expected]) => {
    expect(outcome(rowsOf(path, join(shared, 'trivy-os', file)))).toEqual(expected)
  })

  it('leaves no file of the shared data out', () => {
    const roots = filesBelow(join(shared, 'os-release')).filter(
      (name) => !Object.keys(ROOTS).some((root) => !relative(root, name).startsWith('..')),
    )
    const files = filesBelow(join(shared, 'trivy-os')).filter((name) => FILES[name] === undefined)
    expect([roots, files]).toEqual([[], []])
  })

  it('tells whether Ubuntu Pro brings extended maintenance', () => {
    const lsb = rowsOf('etc/lsb-release', join(shared, 'trivy-os/ubuntu/testdata/lsb-release'))
    const name = (status: string) => {
      const file = join(shared, `trivy-os/ubuntu/testdata/${status}`)
      return recogniseOperatingSystem(
        [...lsb, ...rowsOf('var/lib/ubuntu-advantage/status.json', file)],
        () => undefined,
      )?.name
    }
    expect(name('esm_enabled_status.json')).toBe('Ubuntu 18.04.2 LTS with Ubuntu Pro (esm-infra)')
    expect(name('esm_disabled_status.json')).toBe('Ubuntu 18.04.2 LTS')
  })
})
