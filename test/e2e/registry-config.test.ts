import { spawnSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { buildImage } from '../support/registry-image.ts'
import { pushImage, type RegistryServer, registryMissing, startRegistry } from '../support/registry-server.ts'
import { expectRefused, type Ran, type Report, useSandbox } from '../support/sandbox.ts'

const sandbox = useSandbox()
const OPTIONS = { tls: { client: true } }
const missing = registryMissing(OPTIONS)
const noMounts =
  spawnSync('unshare', ['-m', 'mount', '--bind', '/tmp', '/etc']).status === 0
    ? undefined
    : 'no rights for a mount namespace of its own, where /etc can be another'

const IMAGE = buildImage([
  [
    { name: 'etc/os-release', text: 'ID=debian\nVERSION_ID="12"\n' },
    {
      name: 'var/lib/dpkg/status',
      text: 'Package: openssl\nStatus: install ok installed\nArchitecture: amd64\nVersion: 3.0.11-1\n\n',
    },
  ],
])

type Environment = Readonly<Record<string, string>>

function scan(name: string, env: Environment = {}, shell?: string): Promise<Ran> {
  const words = ['--no-update', '--format', 'json', '--debug', `registry:${name}`]
  return sandbox.run(['scan', '--advisories', sandbox.advisories, ...words], { env, ...(shell && { shell }) })
}

function expectScanned(ran: Ran, ...says: readonly string[]): void {
  expect(ran.status, ran.stderr).toBe(0)
  expect((JSON.parse(ran.stdout) as Report).components.map(({ name }) => name)).toEqual(['openssl'])
  for (const said of says) expect(ran.stderr).toContain(said)
}

/** Scans with these files in `/etc`, which nobody else sees. */
function scanWithEtc(name: string, files: Readonly<Record<string, string>>): Promise<Ran> {
  const etc = join(sandbox.folder, 'etc')
  rmSync(etc, { recursive: true, force: true })
  mkdirSync(etc)
  for (const file of ['passwd', 'group', 'hosts', 'nsswitch.conf', 'resolv.conf', 'ld.so.cache'])
    if (existsSync(`/etc/${file}`)) copyFileSync(`/etc/${file}`, join(etc, file))
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(etc, path)), { recursive: true })
    writeFileSync(join(etc, path), text)
  }
  return scan(name, {}, `exec unshare -m sh -c 'mount --bind "$0" /etc && exec "$@"' '${etc}' "$@"`)
}

beforeEach(() => {
  rmSync(join(sandbox.folder, 'home'), { recursive: true, force: true })
  mkdirSync(join(sandbox.folder, 'home'))
})

describe.skipIf(missing !== undefined)(`configuration of registries${missing ? ` (${missing})` : ''}`, () => {
  let plain: RegistryServer
  let secured: RegistryServer
  beforeAll(async () => {
    ;[plain, secured] = await Promise.all([startRegistry(), startRegistry(OPTIONS)])
    for (const repository of ['main/app', 'mirror/app', 'library/app']) await pushImage(plain, repository, '1', IMAGE)
    const { authority, certificate, key } = files()
    await pushImage(secured, 'main/app', '1', IMAGE, { authority, client: { certificate, key } })
  })
  afterAll(async () => {
    await Promise.all([plain?.stop(), secured?.stop()])
  })

  function files(): NonNullable<RegistryServer['files']> {
    if (secured.files === undefined) throw new Error('no certificates')
    return secured.files
  }

  /** The manifests that the plain registry was asked for since `before` requests. */
  async function asked(before: number): Promise<readonly string[]> {
    return (await plain.requests()).slice(before).filter((line) => line.includes('/manifests/'))
  }

  function conf(text: string): Environment {
    return { CONTAINERS_REGISTRIES_CONF: sandbox.file('registries.conf', text) }
  }

  it('a mirror of registries.conf is asked instead of a registry that is not there', async () => {
    const env = conf(
      `[[registry]]\nprefix = "registry.invalid/team"\nlocation = "registry.invalid/team"\n[[registry.mirror]]\nlocation = "${plain.host}/mirror"\n`,
    )
    expectScanned(
      await scan('registry.invalid/team/app:1', env),
      `/registries.conf, registry "registry.invalid/team": mirror`,
    )
  })

  it('a mirror that has nothing is followed by the registry itself, moved to its location', async () => {
    const env = conf(
      `[[registry]]\nprefix = "docker.io/team"\nlocation = "${plain.host}/main"\n[[registry.mirror]]\nlocation = "${plain.host}/empty"\n`,
    )
    const before = (await plain.requests()).length
    expectScanned(await scan('team/app:1', env))
    const lines = await asked(before)
    expect(lines[0]).toMatch(/\/v2\/empty\/app\/manifests\/1 404/)
    expect(lines.at(-1)).toMatch(/\/v2\/main\/app\/manifests\/\S+ 200/)
  })

  it('a mirror for digests is asked for digests only', async () => {
    const env = conf(
      `[[registry]]\nprefix = "registry.invalid/team"\nlocation = "${plain.host}/main"\n[[registry.mirror]]\nlocation = "${plain.host}/mirror"\npull-from-mirror = "digest-only"\n`,
    )
    let before = (await plain.requests()).length
    expectScanned(await scan('registry.invalid/team/app:1', env))
    expect((await asked(before)).filter((line) => /\/manifests\/1 /.test(line)).join()).not.toContain('/mirror/')
    before = (await plain.requests()).length
    sandbox.forget()
    expectScanned(await scan(`registry.invalid/team/app@${IMAGE.digest}`, env))
    expect((await asked(before))[0]).toContain('/v2/mirror/app/')
  })

  it('a blocked registry is not asked: the file is named', async () => {
    const path = sandbox.file(
      'home/.config/containers/registries.conf',
      `[[registry]]\nlocation = "${plain.host}"\nblocked = true\n`,
    )
    const before = (await plain.requests()).length
    expectRefused(await scan(`${plain.host}/main/app:1`), 3, 'blocked', path)
    expect(await asked(before)).toEqual([])
  })

  it('a file that the environment names must be readable', async () => {
    expectRefused(
      await scan(`${plain.host}/main/app:1`, conf('[[registry')),
      2,
      'not TOML',
      'CONTAINERS_REGISTRIES_CONF',
    )
  })

  it('authorities and a client certificate of a host are used, and needed', async () => {
    const folder = `home/.config/containers/certs.d/${secured.host}`
    const name = `${secured.host}/main/app:1`
    expectRefused(await scan(name), 3, /certificate/)
    const { authority, certificate, key } = files()
    copyFileSync(authority, sandbox.file(`${folder}/ca.crt`, ''))
    expectRefused(await scan(name), 3, secured.host)
    copyFileSync(certificate, sandbox.file(`${folder}/client.cert`, ''))
    copyFileSync(key, sandbox.file(`${folder}/client.key`, ''))
    expectScanned(await scan(name), 'client.cert')
  })

  it('authorities of the environment are trusted', async () => {
    const folder = `home/.config/containers/certs.d/${secured.host}`
    const { authority, certificate, key } = files()
    copyFileSync(certificate, sandbox.file(`${folder}/client.cert`, ''))
    copyFileSync(key, sandbox.file(`${folder}/client.key`, ''))
    for (const variable of ['SSL_CERT_FILE', 'NODE_EXTRA_CA_CERTS']) {
      sandbox.forget()
      expectScanned(await scan(`${secured.host}/main/app:1`, { [variable]: authority }))
    }
  })

  describe.skipIf(noMounts !== undefined)(`of /etc${noMounts ? ` (${noMounts})` : ''}`, () => {
    it("containerd's hosts.toml: a mirror with a path, headers and the registry it stands for", async () => {
      const toml = `[host."http://${plain.host}/v2/mirror"]\ncapabilities = ["pull", "resolve"]\noverride_path = true\n[host."http://${plain.host}/v2/mirror".header]\nx-secret = "very-private"\n`
      const before = (await plain.requests()).length
      const ran = await scanWithEtc('registry.invalid/app:1', {
        'containerd/certs.d/registry.invalid/hosts.toml': toml,
      })
      expectScanned(ran, '/etc/containerd/certs.d/registry.invalid/hosts.toml')
      expect((await asked(before))[0]).toContain('/v2/mirror/app/manifests/1?ns=registry.invalid')
      expect(ran.stderr).not.toContain('very-private')
    })

    it("containerd's hosts.toml: authorities, client certificate and one server for all", async () => {
      const { authority, certificate, key } = files()
      const toml = `server = "https://${secured.host}"\nca = "${authority}"\nclient = [["${certificate}", "${key}"]]\n`
      expectScanned(
        await scanWithEtc('registry.invalid/main/app:1', { 'containerd/certs.d/_default/hosts.toml': toml }),
      )
      const skip = `server = "https://${secured.host}"\nskip_verify = true\nclient = [["${certificate}", "${key}"]]\n`
      sandbox.forget()
      expectScanned(
        await scanWithEtc('registry.invalid/main/app:1', { 'containerd/certs.d/_default/hosts.toml': skip }),
      )
    })

    it("Docker's daemon.json: a mirror of Docker Hub", async () => {
      const json = JSON.stringify({ 'registry-mirrors': [`http://${plain.host}`] })
      expectScanned(
        await scanWithEtc('app:1', { 'docker/daemon.json': json }),
        '/etc/docker/daemon.json: mirror of docker.io',
      )
    })

    it('registries.conf of the system, insecure, with what is dropped in', async () => {
      const { certificate, key } = files()
      const ran = await scanWithEtc('registry.invalid/main/app:1', {
        'containers/registries.conf': `[[registry]]\nprefix = "registry.invalid"\nlocation = "other.invalid"\n`,
        'containers/registries.conf.d/10-move.conf': `[[registry]]\nprefix = "registry.invalid"\nlocation = "${secured.host}"\ninsecure = true\n`,
        [`docker/certs.d/${secured.host}/client.cert`]: readFileSync(certificate, 'utf8'),
        [`docker/certs.d/${secured.host}/client.key`]: readFileSync(key, 'utf8'),
      })
      expectScanned(ran, '10-move.conf')
    })
  })
})
