import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ContainerdRoot } from '../support/containerd-root.ts'
import { type EngineApiServer, serveEngine } from '../support/engine-api-server.ts'
import { ALPINE_LAYER, useFlagFixtures } from '../support/flag-fixtures.ts'
import { estargzLayer, lazyImage } from '../support/lazy-layers.ts'
import { buildImage, buildIndex } from '../support/registry-image.ts'
import { pushImage, type RegistryServer, registryMissing, startRegistry } from '../support/registry-server.ts'
import { startDocker, startPodman } from '../support/running-engines.ts'
import { expectRefused, type Ran, type Report } from '../support/sandbox.ts'
import { type SmallRegistry, smallRegistry } from '../support/small-registry.ts'
import { dockerArchive } from '../support/tar-writer.ts'

const fixtures = useFlagFixtures()
const PASSWORD = 'correct horse'
const SECRET = Buffer.from(`ci:${PASSWORD}`).toString('base64')

const SYSTEM = [
  { name: 'etc/os-release', text: 'ID=alpine\nVERSION_ID=3.20.3\n' },
  { name: 'lib/apk/db/installed', text: 'P:openssl\nV:3.3.0-r0\nA:x86_64\nL:MIT\no:openssl\n\n' },
]
const IMAGE = buildImage([SYSTEM])
const ARM = buildImage([SYSTEM], { platform: { os: 'linux', architecture: 'arm64' } })

/** No engine is asked, whatever runs on this machine, and no credentials of its user. */
const ALONE = {
  HOME: '/nonexistent',
  DOCKER_CONFIG: undefined,
  REGISTRY_AUTH_FILE: undefined,
  XDG_RUNTIME_DIR: undefined,
}

function scan(words: readonly string[], shell?: string): Promise<Ran> {
  const all = ['scan', '--no-update', '--format', 'json', ...words]
  return fixtures.run(all, { env: ALONE, ...(shell === undefined ? {} : { shell }) })
}

function packagesOf(ran: Ran): string[] {
  expect(ran.status, ran.stderr).toBe(0)
  return (JSON.parse(ran.stdout) as Report).components.map(({ name }) => name)
}

describe('who asks a registry', () => {
  let registry: SmallRegistry
  let name: string
  beforeAll(async () => {
    registry = await smallRegistry({ authorization: `Basic ${SECRET}` })
    registry.put('team/app', '1', IMAGE)
    name = `registry:${registry.host}/team/app:1`
  })
  afterAll(() => registry.close())

  it('is nobody without --username: refused, with what to do', async () => {
    expectRefused(await scan([name]), 3, /login|credentials|--username/)
  })

  it('--username with --password', async () => {
    expect(packagesOf(await scan(['--username', 'ci', '--password', PASSWORD, name]))).toEqual(['openssl'])
    expectRefused(await scan(['--username', 'ci', '--password', 'wrong', name]), 3, '401')
    expectRefused(await scan(['--username', 'ci', name]), 2, '--password-stdin')
    expectRefused(await scan(['--password', PASSWORD, name]), 2, '--username')
  })

  it('--password-stdin reads the password, without the line end', async () => {
    const words = ['--username', 'ci', '--password-stdin', name]
    expect(packagesOf(await scan(words, `printf '%s\\n' '${PASSWORD}' | "$@"`))).toEqual(['openssl'])
    expectRefused(await scan([...words, '--password', 'x'], `echo y | "$@"`), 2, '--password-stdin')
  })

  it('--pull-secret reads the secret of a cluster', async () => {
    const auths = JSON.stringify({ auths: { [registry.host]: { auth: SECRET } } })
    const data = { '.dockerconfigjson': Buffer.from(auths).toString('base64') }
    const secret = { apiVersion: 'v1', kind: 'Secret', type: 'kubernetes.io/dockerconfigjson', data }
    const file = fixtures.file('secret.yaml', JSON.stringify(secret))
    expect(packagesOf(await scan(['--pull-secret', file, name]))).toEqual(['openssl'])
  })

  it('never shows a password, not even with --debug', async () => {
    const words = ['--debug', '--username', 'ci', '--password', PASSWORD]
    for (const target of [name, `${name}.gone`]) {
      const ran = await scan([...words, target])
      expect(ran.stderr).toMatch(/^debug: /m)
      for (const secret of [PASSWORD, SECRET]) expect(ran.stderr + ran.stdout).not.toContain(secret)
    }
    const shown = await fixtures.run(['settings', ...words.slice(1)])
    expect(shown.stdout).toMatch(/^password +\(given\)/m)
  })

  it('--registry-token is sent as it is', async () => {
    const other = await smallRegistry({ authorization: 'Bearer very.secret' })
    other.put('app', '1', IMAGE)
    const target = `registry:${other.host}/app:1`
    expect(packagesOf(await scan(['--registry-token', 'very.secret', target]))).toEqual(['openssl'])
    expectRefused(await scan(['--registry-token', 'wrong', target]), 3, '401')
    await other.close()
  })
})

describe('how a registry is reached', () => {
  let tls: RegistryServer | undefined
  beforeAll(async () => {
    if (registryMissing({ tls: true }) !== undefined) return
    tls = await startRegistry({ tls: true })
    await pushImage(tls, 'app', '1', IMAGE, tls.files === undefined ? {} : { authority: tls.files.authority })
  })
  afterAll(() => tls?.stop())

  it('--insecure-registry and --insecure take a certificate that nobody vouches for', async (context) => {
    if (tls === undefined) return context.skip(registryMissing({ tls: true }))
    const name = `${tls.host}/app:1`
    expectRefused(await scan([`registry:${name}`]), 3, /certificate/)
    expect(packagesOf(await scan(['--insecure-registry', tls.host, `registry:${name}`]))).toEqual(['openssl'])
    expectRefused(await scan(['--insecure-registry', 'other.example', `registry:${name}`]), 3, /certificate/)
    const trivy = ['image', '--skip-db-update', '--insecure', '--format', 'json', '--image-src', 'remote', name]
    expect(packagesOf(await fixtures.run(trivy, { env: ALONE }))).toEqual(['openssl'])
  })

  it('--whole-layers sees what a table of contents leaves out', async () => {
    const filler = { name: 'usr/share/filler', text: randomBytes(5 * 1024 ** 2) }
    const lying = estargzLayer([...SYSTEM, filler], {
      lie: (entries) => entries.filter(({ name }) => !name.endsWith('installed')),
    })
    const registry = await smallRegistry()
    registry.put('lying', '1', lazyImage([lying]))
    const name = `registry:${registry.host}/lying:1`
    expect(packagesOf(await scan(['--allow-incomplete', name]))).toEqual([])
    expect(packagesOf(await scan(['--whole-layers', name]))).toEqual(['openssl'])
    await registry.close()
  })

  it('--allow-address lets a link-local registry be asked, which is refused otherwise', async () => {
    const name = 'registry:169.254.10.1:1/app:1'
    expectRefused(await scan(['--timeout', '20s', name]), 3, '169.254.10.1', '--allow-address')
    const allowed = await scan(['--timeout', '3s', '--allow-address', '169.254.10.0/24', name])
    expect(allowed.status).toBe(3)
    expect(allowed.stderr).not.toContain('--allow-address')
    expectRefused(await scan(['--allow-address', 'everything', name]), 2, '--allow-address')
  })

  it('--all-platforms scans the image of each, and never an attestation', async () => {
    const registry = await smallRegistry()
    registry.put('both', '1', buildIndex([IMAGE, ARM], { attested: true }))
    const ran = await scan(['--all-platforms', `registry:${registry.host}/both:1`])
    expect(ran.status, ran.stderr).toBe(0)
    const { summary } = JSON.parse(ran.stdout)
    expect(summary.map((line: { outcome: { platform: string } }) => line.outcome.platform).sort()).toEqual([
      'linux/amd64',
      'linux/arm64',
    ])
    await registry.close()
  })

  it('a pattern takes the repositories and tags that a registry lists', async () => {
    const registry = await smallRegistry()
    registry.put('team/app', 'latest', IMAGE)
    registry.put('team/app', '1', IMAGE)
    registry.put('team/web', 'latest', ARM)
    registry.put('other/app', 'latest', IMAGE)
    const names = async (pattern: string): Promise<string[]> => {
      const ran = await scan([`${registry.host}/${pattern}`])
      expect(ran.status, ran.stderr).toBe(0)
      return JSON.parse(ran.stdout).summary.map((line: { reference: string }) =>
        line.reference.split('/').slice(1).join('/'),
      )
    }
    expect((await names('team/*')).sort()).toEqual(['team/app:latest', 'team/web:latest'])
    expect((await names('team/app:*')).sort()).toEqual(['team/app:1', 'team/app:latest'])
    for (let tag = 0; tag < 40; tag++) registry.put('team/many', `${tag}`, IMAGE)
    expect(await names('team/many:*')).toHaveLength(40)
    const nothing = await scan([`${registry.host}/nobody/*`])
    expect(nothing.status).toBe(3)
    expect(nothing.stdout).toContain('no-image-matches')
    await registry.close()
  })
})

describe('where an image is looked for', () => {
  let docker: EngineApiServer
  const nowhere = join('/nonexistent', 'storage')
  const ROOTS = ['docker', 'podman', 'containerd', 'crio'].flatMap((engine) => [`--${engine}-root`, nowhere])
  beforeAll(async () => {
    docker = await serveEngine('app', { layers: [ALPINE_LAYER] })
  })
  afterAll(() => docker.close())

  it('--image-src names the places, and no other is asked', async () => {
    const only = await scan(['--image-src', 'podman,cri-o', ...ROOTS, '--podman-host', `unix://${nowhere}`, 'app'])
    expectRefused(only, 3, /podman/, /cri-o/)
    expect(only.stderr).not.toMatch(/registry:|docker:/)
    expectRefused(await scan(['--image-src', 'attic', 'app']), 2, 'attic')
  })

  it('--docker-host is asked for what its storage does not give', async () => {
    const words = [...ROOTS, '--docker-host', `unix://${docker.socket}`, '--image-src', 'docker', 'app']
    expect(packagesOf(await scan(words))).toEqual(['busybox', 'musl', 'openssl'])
    expect(docker.requests.length).toBeGreaterThan(0)
  })

  it('--podman-host is asked for what its storage does not give', async () => {
    const podman = await serveEngine('app', { layers: [ALPINE_LAYER] })
    const words = [...ROOTS, '--podman-host', `unix://${podman.socket}`, '--image-src', 'podman', 'app']
    expect(packagesOf(await scan(words))).toEqual(['busybox', 'musl', 'openssl'])
    await podman.close()
  })

  it('--containerd-root names the storage of containerd', async () => {
    const root = new ContainerdRoot(join(fixtures.folder, 'containerd'))
    root.name('k8s.io', 'docker.io/library/app:latest', root.addImage({ layers: [ALPINE_LAYER] }))
    root.write()
    const words = ['--image-src', 'containerd', 'app']
    expect(packagesOf(await scan(['--containerd-root', root.path, ...words]))).toEqual(['busybox', 'musl', 'openssl'])
    expectRefused(await scan(['--containerd-root', nowhere, ...words]), 3, 'containerd')
  })

  it('--podman-root, --crio-root and --docker-root name the storage of podman, CRI-O and Docker', async (context) => {
    const archive = fixtures.file('app.tar', dockerArchive([{ layers: [ALPINE_LAYER], tags: ['localhost/app:1'] }]))
    const engines = [startPodman(), await startDocker()] as const
    const [podman, dockerd] = engines
    if (typeof podman === 'string' || typeof dockerd === 'string') {
      for (const engine of engines) if (typeof engine !== 'string') await engine.close()
      return context.skip(engines.filter((engine) => typeof engine === 'string').join('; '))
    }
    for (const engine of [podman, dockerd]) engine.run('load', '-q', '-i', archive)
    for (const [flag, root, source] of [
      ['--podman-root', podman.root, 'podman'],
      ['--crio-root', podman.root, 'cri-o'],
      ['--docker-root', dockerd.root, 'docker'],
    ]) {
      const words = [
        `${source}:localhost/app:1`,
        '--docker-host',
        `unix://${nowhere}`,
        '--podman-host',
        `unix://${nowhere}`,
      ]
      expect(packagesOf(await scan([flag, root, ...words]))).toEqual(['busybox', 'musl', 'openssl'])
      expectRefused(await scan([flag, nowhere, ...words]), 3, /nonexistent|cri-o/)
    }
    for (const engine of [podman, dockerd]) await engine.close()
  })
})
