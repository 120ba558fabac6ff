import { Buffer } from 'node:buffer'
import { spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { buildImage } from '../support/registry-image.ts'
import { pushImage, type RegistryServer, registryMissing, startRegistry } from '../support/registry-server.ts'
import { expectRefused, type Ran, type Report, useSandbox } from '../support/sandbox.ts'
import { startTokenService, type TokenService } from '../support/token-service.ts'

const sandbox = useSandbox()
const PASSWORD = 'correct-horse'
const OPTIONS = { htpasswd: { ci: PASSWORD } }
const missing = registryMissing(OPTIONS)

const IMAGE = buildImage([
  [
    { name: 'etc/os-release', text: 'ID=debian\nVERSION_ID="12"\n' },
    {
      name: 'var/lib/dpkg/status',
      text: 'Package: openssl\nStatus: install ok installed\nArchitecture: amd64\nVersion: 3.0.11-1\n\n',
    },
  ],
])

function base64(text: string): string {
  return Buffer.from(text).toString('base64')
}

/** One entry of a file with credentials. */
function entry(user = 'ci', password = PASSWORD): object {
  return { auth: base64(`${user}:${password}`) }
}

type Environment = Readonly<Record<string, string>>

async function scan(name: string, env: Environment = {}, words: readonly string[] = []): Promise<Ran> {
  const ran = await sandbox.run(
    [
      'scan',
      '--advisories',
      sandbox.advisories,
      '--no-update',
      '--format',
      'json',
      '--debug',
      ...words,
      `registry:${name}`,
    ],
    { env },
  )
  for (const secret of [PASSWORD, base64(`ci:${PASSWORD}`)]) expect(ran.stdout + ran.stderr).not.toContain(secret)
  return ran
}

function expectScanned(ran: Ran, ...says: readonly string[]): void {
  expect(ran.status, ran.stderr).toBe(0)
  expect((JSON.parse(ran.stdout) as Report).components.map(({ name }) => name)).toEqual(['openssl'])
  for (const said of says) expect(ran.stderr).toContain(said)
}

/** Writes a helper program into a folder of the sandbox, and gives the PATH with it. */
function helper(name: string, script: string): Environment {
  chmodSync(sandbox.file(`bin/docker-credential-${name}`, `#!/bin/sh\n${script}\n`), 0o755)
  return { PATH: `${join(sandbox.folder, 'bin')}:${process.env.PATH}` }
}

function config(content: object, path = 'home/.docker/config.json'): string {
  return sandbox.file(path, JSON.stringify(content))
}

beforeEach(() => {
  rmSync(join(sandbox.folder, 'home'), { recursive: true })
  mkdirSync(join(sandbox.folder, 'home'))
})

describe.skipIf(missing !== undefined)(
  `credentials for a registry with passwords${missing ? ` (${missing})` : ''}`,
  () => {
    let registry: RegistryServer
    let name: string
    beforeAll(async () => {
      registry = await startRegistry(OPTIONS)
      name = `${registry.host}/team/app:1`
      await pushImage(registry, 'team/app', '1', IMAGE, { username: 'ci', password: PASSWORD })
    })
    afterAll(() => registry?.stop())

    it('are needed', async () => {
      expectRefused(await scan(name), 3, '401', registry.host)
    })

    it('come from ~/.docker/config.json, under an address too', async () => {
      const path = config({ auths: { [`https://${registry.host}/v1/`]: entry() } })
      expectScanned(await scan(name), 'user "ci"', path)
    })

    it('come from the folder of DOCKER_CONFIG', async () => {
      const path = config({ auths: { [registry.host]: { username: 'ci', password: PASSWORD } } }, 'docker/config.json')
      expectScanned(await scan(name, { DOCKER_CONFIG: join(sandbox.folder, 'docker') }), path)
    })

    it('come from the variable DOCKER_AUTH_CONFIG', async () => {
      const content = JSON.stringify({ auths: { [registry.host]: entry() } })
      expectScanned(await scan(name, { DOCKER_AUTH_CONFIG: content }), 'from DOCKER_AUTH_CONFIG')
    })

    it('come from the old ~/.dockercfg', async () => {
      const path = config({ [`http://${registry.host}`]: entry() }, 'home/.dockercfg')
      expectScanned(await scan(name), path)
    })

    it('come from the file of REGISTRY_AUTH_FILE', async () => {
      const path = config({ auths: { [registry.host]: entry() } }, 'named.json')
      expectScanned(await scan(name, { REGISTRY_AUTH_FILE: path }), path)
    })

    it("come from podman's session, and from its configuration, the most specific path first", async () => {
      const session = config({ auths: { [registry.host]: entry() } }, 'run/containers/auth.json')
      expectScanned(await scan(name, { XDG_RUNTIME_DIR: join(sandbox.folder, 'run') }), session)
      const auths = { [registry.host]: entry('other', 'wrong'), [`${registry.host}/team`]: entry() }
      config({ auths }, 'home/.config/containers/auth.json')
      expectScanned(await scan(name), `entry "${registry.host}/team"`)
    })

    it('that are refused give way to those of the next file', async () => {
      const stale = config({ auths: { [registry.host]: entry('old', 'stale') } }, 'home/.config/containers/auth.json')
      const good = config({ auths: { [registry.host]: entry() } })
      expectScanned(await scan(name), stale, good)
    })

    it('that are wrong are named, without the password', async () => {
      const path = config({ auths: { [registry.host]: entry('ci', 'not-the-password') } })
      const ran = await scan(name)
      expectRefused(ran, 3, '401', path)
      expect(ran.stderr).not.toContain('not-the-password')
    })

    it('come from a helper of the registry, and from the one of all', async () => {
      const path = helper('team', `test "$(cat)" = ${registry.host} && echo '{"Username":"ci","Secret":"${PASSWORD}"}'`)
      config({ credHelpers: { [registry.host]: 'team' } })
      expectScanned(await scan(name, path), 'docker-credential-team')
      sandbox.forget()
      config({ credsStore: 'team' })
      expectScanned(await scan(name, path), 'docker-credential-team')
    })

    it.each([
      ['garbage', 'echo very-private; exit 0', 'no JSON object'],
      ['failing', 'echo very-private; exit 2', 'status 2'],
      ['hanging', 'sleep 100', 'did not answer within 10 s'],
    ])('that a helper which is %s should give: said, and without what it printed', async (kind, script, said) => {
      config({ credsStore: kind })
      const ran = await scan(name, helper(kind, script))
      expectRefused(ran, 3, '401', said)
      expect(ran.stderr).not.toContain('very-private')
    })

    it('come from pull secrets, with wildcards and in several documents', async () => {
      const auths = { [registry.host.replace('127.0.0.1', '127.*.*.1')]: entry() }
      const encoded = base64(JSON.stringify({ auths }))
      const path = sandbox.file(
        'secret.yaml',
        `kind: ConfigMap\n---\napiVersion: v1\nkind: Secret\nmetadata:\n  name: pull\ntype: kubernetes.io/dockerconfigjson\ndata:\n  .dockerconfigjson: ${encoded}\n`,
      )
      expectScanned(await scan(name, {}, ['--pull-secret', path]), `${path} (secret "pull")`)
      const old = sandbox.file(
        'old.json',
        JSON.stringify({ kind: 'Secret', stringData: { '.dockercfg': JSON.stringify({ [registry.host]: entry() }) } }),
      )
      sandbox.forget()
      expectScanned(await scan(name, {}, ['--pull-secret', old]), old)
      expectRefused(await scan(name, {}, ['--pull-secret', join(sandbox.folder, 'gone.yaml')]), 2, 'gone.yaml')
    })

    it('of the flags go before those of files', async () => {
      config({ auths: { [registry.host]: entry('old', 'stale') } })
      expectScanned(await scan(name, { BULWARK_PASSWORD: PASSWORD }, ['--username', 'ci']), 'from --username')
    })

    it('in a file that is garbage: said, and nothing hangs', async () => {
      const path = sandbox.file('home/.docker/config.json', `{"auths": {"${registry.host}": very-private`)
      const ran = await scan(name)
      expectRefused(ran, 3, '401', `${path}: it is not JSON`)
      expect(ran.stderr).not.toContain('very-private')
    })
  },
)

const tokenMissing =
  registryMissing() ?? (spawnSync('openssl', ['version']).error ? 'not installed here: openssl' : undefined)

describe.skipIf(tokenMissing !== undefined)(`tokens for a registry${tokenMissing ? ` (${tokenMissing})` : ''}`, () => {
  let service: TokenService
  let registry: RegistryServer
  let name: string
  beforeAll(async () => {
    service = await startTokenService({ username: 'ci', password: PASSWORD, refreshToken: 'refresh-me' })
    registry = await startRegistry({ token: service.trust })
    name = `${registry.host}/team/app:1`
    await pushImage(registry, 'team/app', '1', IMAGE, { token: service.sign('team/app', ['pull', 'push']) })
  })
  afterAll(async () => {
    await registry?.stop()
    await service?.stop()
  })

  it('are had for user and password', async () => {
    config({ auths: { [registry.host]: entry() } })
    expectScanned(await scan(name))
    expect(service.asked.at(-1)).toMatchObject({ user: 'ci', scope: 'repository:team/app:pull' })
  })

  it('are had for an identity token', async () => {
    config({ auths: { [registry.host]: { auth: base64('<token>:'), identitytoken: 'refresh-me' } } })
    const ran = await scan(name)
    expectScanned(ran, 'an identity token from')
    expect(ran.stderr).not.toContain('refresh-me')
    expect(service.asked.at(-1)).toMatchObject({ grant: 'refresh_token' })
  })

  it('are had for an identity token of a helper', async () => {
    config({ credsStore: 'token' })
    expectScanned(
      await scan(name, helper('token', `echo '{"Username":"<token>","Secret":"refresh-me"}'`)),
      'docker-credential-token',
    )
  })

  it('may be in the file as they are', async () => {
    config({ auths: { [registry.host]: { registrytoken: service.sign('team/app', ['pull']) } } })
    expectScanned(await scan(name), 'a token from')
  })

  it('are refused where the identity token is: what was tried is said', async () => {
    config({ auths: { [registry.host]: { identitytoken: 'expired-token' } } })
    const ran = await scan(name)
    expectRefused(ran, 3, /401|403/, registry.host)
    expect(ran.stderr).not.toContain('expired-token')
  })
})
