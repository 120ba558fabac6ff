import { mkdirSync, truncateSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll } from 'vitest'
import { ecosystemFiles, type MirrorFiles, osvRecord } from '../mirror-server.ts'
import { elfOf } from './elf-writer.ts'
import { type Ran, type RunOptions, Sandbox } from './sandbox.ts'
import { dockerArchive, ociLayout, tarball } from './tar-writer.ts'

const CRITICAL = 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H'
const HIGH = 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H'
const LOW = 'CVSS:3.1/AV:L/AC:H/PR:H/UI:R/S:U/C:L/I:N/A:N'

interface Known {
  readonly id: string
  readonly upstream?: string
  readonly ecosystem: string
  readonly name: string
  readonly fixed?: string
  readonly vector?: string
}

function known({ id, upstream, ecosystem, name, fixed, vector }: Known): Record<string, unknown> {
  const events = [{ introduced: '0' }, ...(fixed === undefined ? [] : [{ fixed }])]
  return osvRecord(id, {
    ...(upstream === undefined ? {} : { upstream: [upstream] }),
    ...(vector === undefined ? {} : { severity: [{ type: 'CVSS_V3', score: vector }] }),
    affected: [
      { package: { ecosystem, name }, ranges: [{ type: ecosystem === 'npm' ? 'SEMVER' : 'ECOSYSTEM', events }] },
    ],
  })
}

function alpine(number: string, name: string, release: string, fixed?: string, vector?: string) {
  const cve = `CVE-2099-${number}`
  return known({ id: `ALPINE-${cve}`, upstream: cve, ecosystem: `Alpine:${release}`, name, fixed, vector })
}

/** A mirror with a handful of advisories, each there for one flag. */
export function smallMirror(): MirrorFiles {
  const files: MirrorFiles = new Map([
    ['ecosystems.txt', Buffer.from('Alpine\nAlpine:v3.19\nAlpine:v3.20\nDebian\nnpm\n')],
  ])
  ecosystemFiles(files, 'Alpine', [
    alpine('0001', 'openssl', 'v3.20', '3.3.2-r0', CRITICAL),
    alpine('0002', 'busybox', 'v3.20', undefined, LOW),
    alpine('0003', 'musl', 'v3.20', '1.2.6-r0'),
    alpine('0019', 'openssl', 'v3.19', '3.4.0-r0', HIGH),
  ])
  const linux = { ecosystem: 'Debian:12', name: 'linux', fixed: '6.1.99-1', vector: HIGH }
  ecosystemFiles(files, 'Debian', [known({ id: 'DEBIAN-CVE-2099-0012', upstream: 'CVE-2099-0012', ...linux })])
  ecosystemFiles(files, 'npm', [
    known({ id: 'GHSA-aaaa-aaaa-aaaa', ecosystem: 'npm', name: 'lodash', fixed: '4.17.12', vector: HIGH }),
    known({ id: 'GHSA-bbbb-bbbb-bbbb', ecosystem: 'npm', name: 'minimist', fixed: '1.2.6', vector: CRITICAL }),
    ...Array.from({ length: 30 }, (_, i) =>
      known({ id: `GHSA-cccc-cccc-cc${i + 10}`, ecosystem: 'npm', name: 'many', fixed: '2.0.0', vector: LOW }),
    ),
  ])
  return files
}

function npmPackage(name: string, version: string): string {
  return JSON.stringify({ name, version })
}

/** The first layer of the Alpine image: a system with three packages. */
export const ALPINE_LAYER = tarball([
  { name: 'etc/os-release', body: 'ID=alpine\nVERSION_ID=3.20.3\nNAME="Alpine Linux"\n' },
  {
    name: 'lib/apk/db/installed',
    body: ['openssl 3.3.0-r0', 'busybox 1.36.1-r0', 'musl 1.2.5-r0']
      .map((line) => line.split(' '))
      .map(([name, version]) => `P:${name}\nV:${version}\nA:x86_64\nL:MIT\no:${name}\n\n`)
      .join(''),
  },
])

const NPM_LAYER = tarball([
  { name: 'srv/app/node_modules/lodash/package.json', body: npmPackage('lodash', '4.17.11') },
  { name: 'opt/tool/node_modules/minimist/package.json', body: npmPackage('minimist', '1.2.0') },
])

/** All that is known against the Alpine image, as `namesIn` gives it. */
export const ALL_FINDINGS = [
  'CVE-2099-0001 openssl',
  'CVE-2099-0002 busybox',
  'CVE-2099-0003 musl',
  'GHSA-aaaa-aaaa-aaaa lodash',
  'GHSA-bbbb-bbbb-bbbb minimist',
]

/** Targets and advisories of the flags' tests, in a sandbox. */
export class FlagFixtures extends Sandbox {
  readonly image = join(this.folder, 'image.tar')
  readonly mirror = join(this.folder, 'mirror')

  override async prepare(): Promise<void> {
    for (const name of ['cwd', 'tmp', 'home']) mkdirSync(join(this.folder, name))
    for (const [path, bytes] of smallMirror()) this.file(join('mirror', path), bytes)
    this.file('image.tar', dockerArchive([{ layers: [ALPINE_LAYER, NPM_LAYER], tags: ['shop:2.3'] }]))
    const ran = await this.run(['advisories', 'update', '--from', this.mirror])
    if (ran.status !== 0) throw new Error(ran.stderr)
  }

  /** A Debian image whose only package carries kernel headers. */
  headersImage(): string {
    const status =
      'Package: linux-libc-dev\nStatus: install ok installed\nSource: linux\nVersion: 6.1.1-1\nArchitecture: amd64\n\n'
    const layer = tarball([
      { name: 'etc/os-release', body: 'ID=debian\nVERSION_ID="12"\nPRETTY_NAME="Debian 12"\n' },
      { name: 'var/lib/dpkg/status', body: status },
    ])
    return this.file('headers.tar', dockerArchive([{ layers: [layer] }]))
  }

  /** A source folder whose lockfile names minimist, and lodash for development; another lodash lies installed. */
  mixedFolder(): string {
    const packages = {
      '': { name: 'x', version: '1.0.0' },
      'node_modules/minimist': { version: '1.2.0' },
      'node_modules/lodash': { version: '4.17.10', dev: true },
    }
    this.file('mixed/node_modules/lodash/package.json', npmPackage('lodash', '4.17.11'))
    return dirname(this.file('mixed/package-lock.json', JSON.stringify({ name: 'x', lockfileVersion: 3, packages })))
  }

  /** A source folder without a lockfile, whose only requirement is a range. */
  rangesFolder(): string {
    const manifest = { name: 'x', private: true, dependencies: { minimist: '^1.2.0' } }
    return dirname(this.file('ranges/package.json', JSON.stringify(manifest)))
  }

  /** A Debian image with lodash as a file of a package of the system. */
  ownedImage(): string {
    const path = 'usr/share/nodejs/lodash/package.json'
    const status =
      'Package: node-lodash\nStatus: install ok installed\nVersion: 4.17.11-1\nArchitecture: all\nMaintainer: x\n\n'
    const layer = tarball([
      { name: 'etc/os-release', body: 'ID=debian\nVERSION_ID="12"\nPRETTY_NAME="Debian 12"\n' },
      { name: 'var/lib/dpkg/status', body: status },
      { name: 'var/lib/dpkg/info/node-lodash.list', body: `/${path}\n` },
      { name: path, body: npmPackage('lodash', '4.17.11') },
    ])
    return this.file('owned.tar', dockerArchive([{ layers: [layer] }]))
  }

  /** An image that starts a JavaScript program: it imports minimist, and does not look for packages where lodash lies. */
  nodeImage(): string {
    const program = { interpreter: '/lib/ld-linux.so', symbols: ['dlopen'] }
    const layer = tarball([
      { name: 'lib/ld-linux.so', body: elfOf({ soname: 'ld-linux.so' }) },
      { name: 'bin/node', body: elfOf(program), mode: 0o755 },
      { name: 'app/main.js', body: "import { parse } from './arguments.js'\n" },
      { name: 'app/arguments.js', body: "export { default as parse } from 'minimist'\n" },
      { name: 'app/node_modules/minimist/package.json', body: npmPackage('minimist', '1.2.0') },
      { name: 'lib/node_modules/npm/node_modules/lodash/package.json', body: npmPackage('lodash', '4.17.11') },
    ])
    const images = [{ layers: [layer], command: ['node', 'main.js'], workingDir: '/app' }]
    return this.file('node.tar', dockerArchive(images))
  }

  /** An image whose second layer replaces lodash and whose third removes minimist. */
  replacedImage(): string {
    const layers = [
      NPM_LAYER,
      tarball([{ name: 'srv/app/node_modules/lodash/package.json', body: npmPackage('lodash', '4.17.21') }]),
      tarball([{ name: 'opt/tool/node_modules/minimist/.wh.package.json', body: '' }]),
    ]
    return this.file('replaced.tar', dockerArchive([{ layers }]))
  }

  /** An OCI layout with an image for amd64, and one for arm64 without npm packages. */
  layoutOfTwo(): string {
    const folder = join(this.folder, 'layout')
    ociLayout(folder, [
      { layers: [ALPINE_LAYER, NPM_LAYER], architecture: 'amd64' },
      { layers: [ALPINE_LAYER], architecture: 'arm64' },
    ])
    return folder
  }

  /** A folder with a lockfile that names `many`, which has thirty advisories. */
  lockFolder(): string {
    const packages = { '': { name: 'x', version: '1.0.0' }, 'node_modules/many': { version: '1.0.0' } }
    return dirname(this.file('source/package-lock.json', JSON.stringify({ name: 'x', lockfileVersion: 3, packages })))
  }

  /** An archive with one layer of eight gibibytes of zeros: a hole on the disk, and long to read. */
  hugeImage(): string {
    const gibibytes = 8 * 2 ** 30 - 2048
    const config = JSON.stringify({ os: 'linux', rootfs: { type: 'layers', diff_ids: [`sha256:${'1'.repeat(64)}`] } })
    const manifest = JSON.stringify([{ Config: 'config.json', RepoTags: null, Layers: ['layer.tar'] }])
    const before = tarball(
      [
        { name: 'config.json', body: config },
        { name: 'manifest.json', body: manifest },
      ],
      false,
    )
    const inner = tarball([{ name: 'zeros', size: gibibytes - 1536 }], false)
    const outer = tarball([{ name: 'layer.tar', size: gibibytes }], false)
    const path = join(this.folder, 'huge.tar')
    writeHoley(path, Buffer.concat([before, outer, inner]), gibibytes + before.length + outer.length + 1024)
    return path
  }

  /** Scans with the sandbox's own advisories. */
  override scan(target: string, words: readonly string[] = [], options: RunOptions = {}): Promise<Ran> {
    return this.run(['scan', '--no-update', ...words, target], options)
  }

  /** The names of open findings about packages, with the package, sorted. */
  async found(target: string, words: readonly string[] = [], options: RunOptions = {}): Promise<readonly string[]> {
    return namesIn(await this.scan(target, ['--format', 'json', ...words], options))
  }
}

function writeHoley(path: string, head: Uint8Array, size: number): void {
  writeFileSync(path, head)
  truncateSync(path, size)
}

/** Open findings about packages in a JSON report: name and package, sorted. */
export function namesIn(ran: Pick<Ran, 'stdout' | 'stderr'>): readonly string[] {
  if (ran.stdout === '') throw new Error(ran.stderr)
  const report = JSON.parse(ran.stdout)
  const components = new Map<string, string>(
    report.components.map(({ id, name }: { id: string; name: string }) => [id, name]),
  )
  return report.findings
    .filter(
      ({ component, disposition }: { component?: string; disposition: { state: string } }) =>
        component !== undefined && disposition.state === 'open',
    )
    .map(({ names, component }: { names: string[]; component: string }) => `${names[0]} ${components.get(component)}`)
    .sort()
}

/** Fixtures for the tests of a file. */
export function useFlagFixtures(): FlagFixtures {
  const fixtures = new FlagFixtures()
  beforeAll(() => fixtures.prepare())
  afterAll(() => fixtures.remove())
  return fixtures
}
