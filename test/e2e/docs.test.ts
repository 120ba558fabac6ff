import { readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ecosystemFiles, type MirrorServer, mirrorServer, osvRecord } from '../mirror-server.ts'
import { smallMirror, useFlagFixtures } from '../support/flag-fixtures.ts'
import { buildImage, buildIndex } from '../support/registry-image.ts'
import { type SmallRegistry, smallRegistry } from '../support/small-registry.ts'
import { type ImageOptions, ociArchive, tarball } from '../support/tar-writer.ts'

const ROOT = join(import.meta.dirname, '../..')
const fixtures = useFlagFixtures()

interface Documented {
  readonly page: string
  readonly command: string
}

/** Commands of the fenced blocks of a page that begin with `bulwark`, also behind variables or `./`. */
function commandsOf(page: string): Documented[] {
  const text = readFileSync(join(ROOT, page), 'utf8')
  return [...text.matchAll(/^```(?:sh)?\n(.*?)^```/gms)]
    .flatMap((match) => match[1].replaceAll('\\\n', ' ').split('\n'))
    .map((line) => line.trim().replace(/^\$ /, ''))
    .filter((line) => /^([A-Z_]+=\S+ )*(\.\/)?bulwark [^.]/.test(line) && !/^\.\/bulwark test/.test(line))
    .map((command) => ({ page, command: command.replace(/^\.\//, '') }))
}

const PAGES = ['README.md', ...readdirSync(join(ROOT, 'docs')).map((name) => `docs/${name}`)].filter((name) =>
  name.endsWith('.md'),
)
const COMMANDS = PAGES.flatMap(commandsOf)

/** What the pages' commands look for: one critical weakness of OpenSSL, and the one that they show by name. */
function openssl(id: string, ecosystem: string, fixed: string): Record<string, unknown> {
  return osvRecord(`${id}`, {
    upstream: [id.replace(/^[A-Z]+-/, '')],
    severity: [{ type: 'CVSS_V3', score: 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H' }],
    affected: [
      {
        package: { ecosystem, name: 'openssl' },
        ranges: [{ type: 'ECOSYSTEM', events: [{ introduced: '0' }, { fixed }] }],
      },
    ],
  })
}

const STATUS = 'Package: openssl\nStatus: install ok installed\nVersion: 3.0.1-1\nArchitecture: amd64\n\n'
const RELEASE = 'ID=debian\nVERSION_ID="12"\nPRETTY_NAME="Debian 12"\n'

/** The image of the pages: Debian with one package, for both platforms. */
function image(architecture: string): ImageOptions {
  const layer = tarball([
    { name: 'etc/os-release', body: RELEASE },
    { name: 'var/lib/dpkg/status', body: STATUS },
  ])
  return { layers: [layer], architecture }
}

/** The registries of the pages, as mirrors of one in this process: `docker.io` and `registry.example`. */
function mirrored(host: string): string {
  return ['docker.io', 'registry.example']
    .map((name) => `[[registry]]\nprefix = "${name}"\nlocation = "${host}"\ninsecure = true\n`)
    .join('\n')
}

describe('commands of the pages', () => {
  let server: MirrorServer
  let registry: SmallRegistry
  const serveRegistry = async (): Promise<void> => {
    registry = await smallRegistry()
    const entries = [
      { name: 'etc/os-release', text: RELEASE },
      { name: 'var/lib/dpkg/status', text: STATUS },
    ]
    const [amd, arm] = (['amd64', 'arm64'] as const).map((architecture) =>
      buildImage([entries], { platform: { os: 'linux', architecture } }),
    )
    registry.put('library/alpine', '3.20', buildIndex([amd, arm]))
    for (const tag of ['2.3', 'latest']) registry.put('team/app', tag, amd)
    fixtures.file('registries.conf', mirrored(registry.host))
    fixtures.file('cwd/images.txt', '# ours\nalpine:3.20\nregistry.example/team/app:2.3\n')
    const auth = { 'registry.example': { auth: Buffer.from('ci:word').toString('base64') } }
    fixtures.file('cwd/secret.yaml', JSON.stringify({ auths: auth }))
  }
  beforeAll(async () => {
    server = await mirrorServer(smallMirror())
    rmSync(fixtures.cache, { recursive: true })
    ecosystemFiles(server.files, 'Debian', [openssl('DEBIAN-CVE-2099-0030', 'Debian:12', '3.0.15-1')])
    ecosystemFiles(server.files, 'Alpine', [openssl('ALPINE-CVE-2019-1549', 'Alpine:v3.10', '1.1.1d-r0')])
    for (const [path, bytes] of server.files) fixtures.file(`cwd/osv-mirror/${path}`, bytes)
    fixtures.file('cwd/image.tar', ociArchive([image('amd64'), image('arm64')]))
    fixtures.file('cwd/.trivyignore', 'CVE-2000-0001\n')
    const packages = { '': {}, 'node_modules/lodash': { version: '4.17.11' } }
    fixtures.file('cwd/package-lock.json', JSON.stringify({ lockfileVersion: 3, packages }))
    fixtures.file('root/etc/os-release', RELEASE)
    fixtures.file('root/var/lib/dpkg/status', STATUS)
    await serveRegistry()
  })
  afterAll(async () => {
    await server.close()
    await registry.close()
  })

  it('are found where pages have them', () => {
    expect(new Set(COMMANDS.map(({ page }) => page)).size).toBeGreaterThanOrEqual(5)
    expect(COMMANDS.length).toBeGreaterThan(20)
  })

  // In the order of the pages: what one command writes, a later one may read.
  it.each(COMMANDS)('$page: $command', async ({ command }) => {
    const line = command
      .replaceAll('https://mirror.example/osv', server.url)
      .replaceAll('/mnt/root', `'${join(fixtures.folder, 'root')}'`)
      .replace(/ advisories update$/, ' advisories update --all')
    const ran = await fixtures.run([], {
      shell: `program=$1; bulwark() { "$program" "$@"; }\n${line}`,
      env: {
        BULWARK_ADVISORIES_URL: server.url,
        BULWARK_IMAGE_SRC: 'registry',
        CONTAINERS_REGISTRIES_CONF: join(fixtures.folder, 'registries.conf'),
      },
    })
    const asked = /--exit-code (\d+)/.exec(command)?.[1]
    expect(ran.status, `${line}\n${ran.stdout}${ran.stderr}`).toBe(Number(asked ?? 0))
  })
})
