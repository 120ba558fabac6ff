import { hash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { buildImage, buildIndex } from '../support/registry-image.ts'
import {
  pushImage,
  type RegistryOptions,
  type RegistryServer,
  registryMissing,
  startRegistry,
} from '../support/registry-server.ts'
import { expectRefused, type Ran, type Report, type RunOptions, useSandbox } from '../support/sandbox.ts'

const box = useSandbox()
const PASSWORD = 'correct-horse-battery-staple'
const SECRETS = [PASSWORD, Buffer.from(`ci-bot:${PASSWORD}`).toString('base64')]

const status = (name: string): string =>
  `Package: ${name}\nStatus: install ok installed\nVersion: 1.2-3\nArchitecture: amd64\nMaintainer: x\nDescription: x\n\n`
const base = [
  { name: 'etc/' },
  { name: 'etc/os-release', text: 'ID=debian\nVERSION_ID="12"\n' },
  { name: 'var/lib/dpkg/status', text: status('bash') },
]
const own = [{ name: 'var/lib/dpkg/status', text: status('bash') + status('curl') }]
const gzip = buildImage([base, own])
const zstd = buildImage([base, own], { platform: { os: 'linux', architecture: 'arm64' }, encoding: 'zstd' })
const docker = buildImage([base, own], { family: 'docker', encoding: 'plain' })
const index = buildIndex([gzip, zstd], { attested: true })

const running: RegistryServer[] = []
afterAll(async () => {
  for (const server of running) await server.stop()
})

async function start(options: RegistryOptions = {}): Promise<RegistryServer> {
  const server = await startRegistry(options)
  running.push(server)
  return server
}

/** Scans against the small database, with the network, with no credentials but those of the sandbox. */
function scan(target: string, words: readonly string[] = [], options: RunOptions = {}): Promise<Ran> {
  const env = { CONTAINERS_REGISTRIES_CONF: box.file('registries.conf', ''), ...options.env }
  const all = ['scan', '--advisories', box.advisories, '--no-update', '--image-src', 'registry', '--format', 'json']
  return box.run([...all, ...words, target], { ...options, env })
}

function packagesOf({ stdout, stderr }: Ran): readonly string[] {
  expect(stdout, stderr).not.toBe('')
  const { components, complete } = JSON.parse(stdout) as Report
  expect(complete).toBe(true)
  return components.map(({ name }) => name).sort()
}

function expectNoSecrets(...all: readonly Ran[]): void {
  for (const { stdout, stderr } of all) for (const secret of SECRETS) expect(`${stdout}${stderr}`).not.toContain(secret)
}

const missing = registryMissing()
describe.skipIf(missing !== undefined)(
  `an image in docker-registry${missing === undefined ? '' : `: ${missing}`}`,
  () => {
    let server: RegistryServer
    beforeAll(async () => {
      server = await start()
      await pushImage(server, 'team/shop', '1', index)
      await pushImage(server, 'team/shop', 'docker', docker)
    })

    it('is read from where it lies, in every encoding and family, with the same facts', async () => {
      const amd64 = await scan(`${server.host}/team/shop:1`)
      const arm64 = await scan(`${server.host}/team/shop:1`, ['--platform', 'linux/arm64'])
      const plain = await scan(`registry:${server.host}/team/shop:docker`)
      for (const ran of [amd64, arm64, plain]) expect(packagesOf(ran)).toEqual(['bash', 'curl'])
      expect(JSON.parse(arm64.stdout).subject).toMatchObject({ platform: 'linux/arm64', digest: zstd.digest })
      expect(JSON.parse(plain.stdout).subject).toMatchObject({ digest: docker.digest, imageId: docker.config })
    })

    it('costs one request when it is known, and none by digest', async () => {
      await scan(`${server.host}/team/shop:1`)
      const before = (await server.requests()).length
      expect(packagesOf(await scan(`${server.host}/team/shop:1`))).toEqual(['bash', 'curl'])
      expect((await server.requests()).slice(before)).toEqual(['HEAD /v2/team/shop/manifests/1 200'])
      const warm = await scan(`${server.host}/team/shop@${index.digest}`, ['--debug'])
      expect(packagesOf(warm)).toEqual(['bash', 'curl'])
      expect((await server.requests()).length).toBe(before + 1)
      expect(warm.stderr).toMatch(/layer 1 of 2 .* is known: not opened/)
      const offline = await scan(`${server.host}/team/shop@${index.digest}`, ['--offline'])
      expect(packagesOf(offline)).toEqual(['bash', 'curl'])
      expect((await server.requests()).length).toBe(before + 1)
    })

    it('is scanned for each platform, and never for what only attests to it', async () => {
      const ran = await scan(`${server.host}/team/shop:1`, ['--all-platforms'])
      expect(ran.status, ran.stderr).toBe(0)
      expect(ran.stdout).toContain(gzip.digest)
      expect(ran.stdout).toContain(zstd.digest)
      expect(ran.stdout).not.toContain('unknown/unknown')
    })

    it('is said to be missing, by tag, name and platform', async () => {
      expectRefused(await scan(`${server.host}/team/shop:2`), 3, /has no manifest 2 of team\/shop/)
      expectRefused(await scan(`${server.host}/team/none:1`), 3, /has no manifest 1 of team\/none/)
      const other = await scan(`${server.host}/team/shop:1`, ['--platform', 'linux/s390x'])
      expectRefused(other, 3, /has no image for linux\/s390x; there is: linux\/amd64; linux\/arm64/)
    })

    it('is not had where nobody listens, and that is said at once', async () => {
      const gone = await start()
      await gone.stop()
      const ran = await scan(`${gone.host}/team/shop:1`)
      expectRefused(ran, 3, new RegExp(`cannot connect to ${gone.host}`))
      expect(ran.ms).toBeLessThan(5000)
    })

    it('is had through a mirror that pulls it from there', async () => {
      const mirror = await start({ mirrorOf: `http://${server.host}` })
      const conf = `[[registry]]\nlocation = "${server.host}"\n[[registry.mirror]]\nlocation = "${mirror.host}"\ninsecure = true\n`
      const path = box.file('mirrored.conf', conf)
      const env = { CONTAINERS_REGISTRIES_CONF: path }
      const ran = await scan(`${server.host}/team/shop:1`, ['--debug'], { env })
      expect(packagesOf(ran)).toEqual(['bash', 'curl'])
      expect(ran.stderr).toContain(mirror.host)
      expect((await mirror.requests()).some((line) => line.endsWith(' 200'))).toBe(true)
    })
  },
)

const noPasswords = registryMissing({ htpasswd: {} })
describe.skipIf(noPasswords !== undefined)(
  `an image in docker-registry with passwords${noPasswords === undefined ? '' : `: ${noPasswords}`}`,
  () => {
    let server: RegistryServer
    const access = { username: 'ci-bot', password: PASSWORD }
    beforeAll(async () => {
      server = await start({ htpasswd: { 'ci-bot': PASSWORD } })
      await pushImage(server, 'team/shop', '1', gzip, access)
    })

    it('is had with the password, which nothing says', async () => {
      const words = ['--debug', '--username', 'ci-bot', '--password-stdin']
      const ran = await scan(`${server.host}/team/shop:1`, words, { shell: `echo ${PASSWORD} | "$@"` })
      expect(packagesOf(ran)).toEqual(['bash', 'curl'])
      expectNoSecrets(ran)
    })

    it('is had with what Docker keeps', async () => {
      const auths = { [server.host]: { auth: SECRETS[1] } }
      const path = box.file('docker/config.json', JSON.stringify({ auths }))
      const env = { DOCKER_CONFIG: join(path, '..') }
      const ran = await scan(`${server.host}/team/shop:1`, ['--debug'], { env })
      expect(packagesOf(ran)).toEqual(['bash', 'curl'])
      expect(ran.stderr).toContain(path)
      expectNoSecrets(ran)
    })

    it('is not had without, or with a wrong one: it is said what was tried and what to do', async () => {
      const without = await scan(`${server.host}/team/shop:1`, ['--debug'])
      expectRefused(without, 3, /401 from/, new RegExp(`log in: docker login ${server.host}`))
      const env = { BULWARK_USERNAME: 'ci-bot', BULWARK_PASSWORD: `${PASSWORD}-wrong` }
      const wrong = await scan(`${server.host}/team/shop:1`, ['--debug'], { env })
      expectRefused(wrong, 3, /401 from .*tried: credentials of/, /wrong or have expired/)
      expectNoSecrets(without, wrong)
    })
  },
)

const noTls = registryMissing({ tls: true })
describe.skipIf(noTls !== undefined)(
  `an image in docker-registry over TLS${noTls === undefined ? '' : `: ${noTls}`}`,
  () => {
    let server: RegistryServer
    let strict: RegistryServer
    beforeAll(async () => {
      server = await start({ tls: true })
      await pushImage(server, 'team/shop', '1', gzip, { authority: server.files?.authority })
      strict = await start({ tls: { client: true } })
      await pushImage(strict, 'team/shop', '1', gzip, { authority: strict.files?.authority, client: strict.files })
    })

    it('is had from an authority that is trusted', async () => {
      const env = { NODE_EXTRA_CA_CERTS: server.files?.authority }
      expect(packagesOf(await scan(`${server.host}/team/shop:1`, [], { env }))).toEqual(['bash', 'curl'])
    })

    it('is not had from another, unless that is allowed', async () => {
      const env = { NODE_EXTRA_CA_CERTS: undefined, SSL_CERT_FILE: undefined }
      const refused = await scan(`${server.host}/team/shop:1`, [], { env })
      expectRefused(refused, 3, /certificate/, new RegExp(`--insecure-registry ${server.host}`))
      const allowed = await scan(`${server.host}/team/shop:1`, ['--insecure-registry', server.host], { env })
      expect(packagesOf(allowed)).toEqual(['bash', 'curl'])
    })

    it('is had with a certificate of our own where one is asked for', async () => {
      const { authority = '', certificate = '', key = '' } = strict.files ?? {}
      const folder = `containers/certs.d/${strict.host}`
      box.file(`config/${folder}/ca.crt`, readFileSync(authority))
      const without = await scan(`${strict.host}/team/shop:1`, [], {
        env: { XDG_CONFIG_HOME: join(box.folder, 'config') },
      })
      expectRefused(without, 3, /127\.0\.0\.1/)
      box.file(`config/${folder}/client.cert`, readFileSync(certificate))
      box.file(`config/${folder}/client.key`, readFileSync(key))
      const ran = await scan(`${strict.host}/team/shop:1`, [], { env: { XDG_CONFIG_HOME: join(box.folder, 'config') } })
      expect(packagesOf(ran)).toEqual(['bash', 'curl'])
    })
  },
)

describe('test images', () => {
  it('are the same each time they are built', () => {
    expect(buildImage([base, own]).digest).toBe(gzip.digest)
    expect(gzip.digest).toBe(`sha256:${hash('sha256', gzip.bytes)}`)
  })
})
