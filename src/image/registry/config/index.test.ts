import { Buffer } from 'node:buffer'
import { execFileSync, spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { NetworkSettings } from '../../types.ts'
import type { CredentialAnswer, Endpoint, RegistryConfiguration } from '../types.ts'
import { registryConfiguration } from './index.ts'

let root: string
let said: string[]
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'bulwark-config-'))
  said = []
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

const NETWORK: NetworkSettings = { offline: false, allowAddresses: [], insecureRegistries: [], pullSecrets: [] }

function write(name: string, content: string | object): string {
  const path = join(root, name)
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content))
  return path
}

function configuration(
  network: Partial<NetworkSettings> = {},
  environment: Readonly<Record<string, string>> = {},
): RegistryConfiguration {
  return registryConfiguration(
    {
      environment: { HOME: join(root, 'home'), PATH: `${join(root, 'bin')}:/usr/bin:/bin`, ...environment },
      network: { ...NETWORK, ...network },
      explain: (line) => said.push(line),
    },
    { etc: join(root, 'etc'), run: join(root, 'run'), helperMs: 500 },
  )
}

function ask(
  name: string,
  network: Partial<NetworkSettings> = {},
  environment: Readonly<Record<string, string>> = {},
): readonly Endpoint[] {
  return configuration(network, environment).endpoints(named(name))
}

function named(name: string): { readonly domain: string; readonly path: string; readonly tag: string } {
  const [domain, ...rest] = name.split('/')
  const [path, tag = 'latest'] = rest.join('/').split(':')
  return { domain, path, tag }
}

const urls = (endpoints: readonly Endpoint[]): readonly string[] =>
  endpoints.map(({ origin, apiPath, repository }) => `${origin}${apiPath}/${repository}`)

describe('where to ask', () => {
  it('is the registry itself where nothing is configured, and next to nothing is read', () => {
    expect(urls(ask('registry.example:5000/team/app'))).toEqual(['https://registry.example:5000/v2/team/app'])
    const [hub] = ask('docker.io/library/alpine')
    expect(hub).toMatchObject({
      origin: 'https://registry-1.docker.io',
      credentialsFor: 'docker.io/library/alpine',
      isMirror: false,
      allowHttp: false,
      skipVerify: false,
      authorities: [],
      clientCertificate: undefined,
    })
  })

  it('may be asked over HTTP on the own machine', () => {
    for (const host of ['localhost:5000', '127.0.0.1:5000', '[::1]:5000'])
      expect(ask(`${host}/app`)[0]).toMatchObject({ allowHttp: true, skipVerify: false })
    expect(ask('registry.example:5000/app')[0].allowHttp).toBe(false)
  })

  it('may be insecure by the flag, with and without port, or for all', () => {
    for (const flag of ['registry.example:5000', 'registry.example', '*']) {
      const [found] = ask('registry.example:5000/app', { insecureRegistries: [flag] })
      expect(found).toMatchObject({ allowHttp: true, skipVerify: true })
      expect(found.because).toContain('--insecure-registry')
    }
    expect(ask('registry.example:5000/app', { insecureRegistries: ['registry.example:1'] })[0].skipVerify).toBe(false)
  })
})

describe('registries.conf', () => {
  const MIRRORED = `
    [[registry]]
    prefix = "docker.io/library"
    location = "internal.example/hub"
    insecure = true
    [[registry.mirror]]
    location = "localhost:5000/copy"
    pull-from-mirror = "digest-only"
  `

  it('gives mirrors first, then the location, with the repository moved', () => {
    const path = write('etc/containers/registries.conf', MIRRORED)
    const endpoints = ask('docker.io/library/alpine')
    expect(urls(endpoints)).toEqual(['https://localhost:5000/v2/copy/alpine', 'https://internal.example/v2/hub/alpine'])
    expect(endpoints[0]).toMatchObject({
      isMirror: true,
      answers: 'digests',
      credentialsFor: 'localhost:5000/copy/alpine',
    })
    expect(endpoints[1]).toMatchObject({ isMirror: false, answers: 'all', allowHttp: true, skipVerify: true })
    expect(endpoints[0].because).toBe(`registries.conf ${path}, registry "docker.io/library": mirror`)
    expect(said.join('\n')).toContain(path)
    expect(urls(ask('docker.io/other/app'))).toEqual(['https://registry-1.docker.io/v2/other/app'])
  })

  it('is read from the variable, else from the user, else from the system, and dropped-in files come on top', () => {
    const block = (host: string): string => `[[registry]]\nlocation = "${host}"\nblocked = true\n`
    write('etc/containers/registries.conf', block('system.example'))
    write('etc/containers/registries.conf.d/50-x.conf', block('dropped.example'))
    write('etc/containers/registries.conf.d/README', block('readme.example'))
    write('home/.config/containers/registries.conf.d/x.conf', block('own-dropped.example'))
    const blocked = (host: string, environment = {}): boolean => {
      try {
        ask(`${host}/app`, {}, environment)
        return false
      } catch (error) {
        expect(error).toMatchObject({ code: 'registry-blocked' })
        return true
      }
    }
    const all = ['system', 'dropped', 'own-dropped', 'readme', 'own', 'named'].map((name) => `${name}.example`)
    expect(all.filter((host) => blocked(host))).toEqual(['system.example', 'dropped.example', 'own-dropped.example'])
    write('home/.config/containers/registries.conf', block('own.example'))
    expect(all.filter((host) => blocked(host))).toEqual(['own-dropped.example', 'own.example'])
    const variable = { CONTAINERS_REGISTRIES_CONF: write('named.conf', block('named.example')) }
    expect(all.filter((host) => blocked(host, variable))).toEqual([
      'dropped.example',
      'own-dropped.example',
      'named.example',
    ])
  })

  it('blocks with a failure that names the file', () => {
    const path = write('etc/containers/registries.conf', '[[registry]]\nprefix = "*.bad.example"\nblocked = true\n')
    expect(() => ask('a.bad.example/app')).toThrow(
      expect.objectContaining({
        code: 'registry-blocked',
        input: 'a.bad.example/app:latest',
        message: expect.stringContaining(path),
      }),
    )
  })

  it('that the variable names must be readable', () => {
    const path = join(root, 'none.conf')
    expect(() => ask('a.example/app', {}, { CONTAINERS_REGISTRIES_CONF: path })).toThrow(
      expect.objectContaining({ code: 'registry-configuration', input: path }),
    )
    expect(() => ask('a.example/app', {}, { CONTAINERS_REGISTRIES_CONF: write('bad.conf', 'x = [') })).toThrow(
      /not TOML/,
    )
  })

  it('is told to be podman’s where a short name would be found elsewhere', () => {
    write(
      'etc/containers/registries.conf',
      'unqualified-search-registries = ["quay.io"]\n[aliases]\nfedora = "registry.fedoraproject.org/fedora"\n',
    )
    const found = configuration()
    found.endpoints({ text: 'fedora:40', domain: 'docker.io', path: 'library/fedora', tag: '40' })
    expect(said.join('\n')).toContain(
      'fedora is docker.io/library/fedora, as with Docker: the alias "registry.fedoraproject.org/fedora"',
    )
    found.endpoints({ text: 'other', domain: 'docker.io', path: 'library/other' })
    expect(said.join('\n')).toContain('other is docker.io/library/other, as with Docker: podman')
  })

  it('that moves a name to nowhere is refused', () => {
    write('etc/containers/registries.conf', '[[registry]]\nprefix = "a.example"\nlocation = "Not A Place"\n')
    expect(() => ask('a.example/app')).toThrow(expect.objectContaining({ code: 'registry-configuration' }))
  })
})

describe('hosts.toml and daemon.json', () => {
  it('give hosts first, then the server, which the registry itself is by default', () => {
    write(
      'etc/containerd/certs.d/registry.example_5000_/hosts.toml',
      '[host."http://127.0.0.1:6000/us"]\ncapabilities = ["pull"]\n[host."http://127.0.0.1:6000/us".header]\nx-key = "hush"\n[host."https://b.example"]\nskip_verify = true\n[host."https://push.example"]\ncapabilities = ["push"]\n',
    )
    const endpoints = ask('registry.example:5000/app')
    expect(urls(endpoints)).toEqual([
      'http://127.0.0.1:6000/us/v2/app',
      'https://b.example/v2/app',
      'https://registry.example:5000/v2/app',
    ])
    expect(endpoints[0]).toMatchObject({
      isMirror: true,
      answers: 'digests',
      headers: { 'x-key': 'hush' },
      namespace: 'registry.example:5000',
    })
    expect(endpoints[1]).toMatchObject({ answers: 'all', skipVerify: true, allowHttp: false })
    expect(endpoints[2]).toMatchObject({ isMirror: false, headers: {} })
    expect(endpoints[2].namespace).toBeUndefined()
    expect(said.join('\n')).not.toContain('hush')
  })

  it('may speak for every registry', () => {
    write('etc/containerd/certs.d/_default/hosts.toml', 'server = "https://all.example"\n')
    write('etc/containerd/certs.d/own.example/hosts.toml', '')
    expect(urls(ask('a.example/app'))).toEqual(['https://all.example/v2/app'])
    expect(urls(ask('own.example/app'))).toEqual(['https://own.example/v2/app'])
  })

  it('stand behind registries.conf, and daemon.json behind both', () => {
    write('etc/docker/daemon.json', {
      'registry-mirrors': ['http://third.example:5000/'],
      'insecure-registries': ['reg.example'],
    })
    expect(urls(ask('docker.io/library/x'))).toEqual([
      'http://third.example:5000/v2/library/x',
      'https://registry-1.docker.io/v2/library/x',
    ])
    expect(ask('reg.example/x')[0]).toMatchObject({ allowHttp: true, skipVerify: true })
    expect(urls(ask('other.example/x'))).toHaveLength(1)
    write('etc/containerd/certs.d/docker.io/hosts.toml', '[host."https://second.example"]\n')
    expect(urls(ask('docker.io/library/x'))[0]).toBe('https://second.example/v2/library/x')
    write(
      'etc/containers/registries.conf',
      '[[registry]]\nlocation = "docker.io"\n[[registry.mirror]]\nlocation = "first.example"\n',
    )
    expect(urls(ask('docker.io/library/x'))).toEqual([
      'https://first.example/v2/library/x',
      'https://registry-1.docker.io/v2/library/x',
    ])
  })
})

const auth = (user: string): object => ({ auth: Buffer.from(`${user}:hush`).toString('base64') })
const auths = (host: string, user: string): object => ({ auths: { [host]: auth(user) } })

async function found(
  name: string,
  network: Partial<NetworkSettings> = {},
  environment: Readonly<Record<string, string>> = {},
): Promise<{
  readonly users: readonly string[]
  readonly problems: readonly string[]
  readonly from: readonly string[]
}> {
  const config = configuration(network, environment)
  const [endpoint] = config.endpoints(named(name))
  const users: string[] = []
  const problems: string[] = []
  const from: string[] = []
  let next: (() => Promise<CredentialAnswer>) | undefined = () =>
    config.credentials(endpoint, new AbortController().signal)
  while (next !== undefined) {
    const answer: CredentialAnswer = await next()
    users.push(...answer.credentials.map((one) => (one.kind === 'basic' ? one.username : `${one.kind} ${one.token}`)))
    from.push(...answer.credentials.map((one) => one.from))
    problems.push(...answer.problems)
    next = answer.more
  }
  expect([...said, ...problems].join('\n')).not.toContain('hush')
  return { users, problems, from }
}

describe('credentials', () => {
  it('are looked for in the order of the tools, one file after the other', async () => {
    write('run/user/containers/auth.json', auths('r.example', 'runtime'))
    write('home/.config/containers/auth.json', auths('r.example', 'podman'))
    write('home/.docker/config.json', auths('https://r.example', 'docker'))
    write('home/.dockercfg', { 'r.example': auth('old') })
    const runtime = { XDG_RUNTIME_DIR: join(root, 'run/user') }
    expect((await found('r.example/app', {}, runtime)).users).toEqual(['runtime', 'podman', 'docker', 'old'])
    const named = { REGISTRY_AUTH_FILE: write('named.json', auths('r.example', 'named')) }
    expect((await found('r.example/app', {}, { ...runtime, ...named })).users).toEqual(['named', 'docker', 'old'])
    write('else/config.json', auths('r.example', 'else'))
    expect((await found('r.example/app', {}, { DOCKER_CONFIG: join(root, 'else') })).users).toEqual([
      'podman',
      'else',
      'old',
    ])
    const inline = { DOCKER_AUTH_CONFIG: JSON.stringify(auths('r.example', 'inline')) }
    expect((await found('r.example/app', {}, inline)).users).toEqual(['podman', 'inline', 'docker', 'old'])
    expect((await found('other.example/app')).users).toEqual([])
  })

  it('are found where podman keeps them without a session', async () => {
    write(`run/containers/${process.getuid?.()}/auth.json`, auths('r.example', 'runtime'))
    expect((await found('r.example/app')).users).toEqual(['runtime'])
  })

  it('of the flags are used alone, and never for a mirror', async () => {
    write('home/.docker/config.json', auths('r.example', 'docker'))
    expect((await found('r.example/app', { username: 'me', password: 'hush' })).users).toEqual(['me'])
    expect((await found('r.example/app', { registryToken: 'tok' })).users).toEqual(['bearer tok'])
    write(
      'etc/containers/registries.conf',
      '[[registry]]\nlocation = "r.example"\n[[registry.mirror]]\nlocation = "m.example"\n',
    )
    expect((await found('r.example/app', { username: 'me', password: 'hush' })).users).toEqual([])
    expect(said.join('\n')).toContain('not sent to a mirror')
  })

  it('of pull secrets come before those of files', async () => {
    write('home/.docker/config.json', auths('r.example', 'docker'))
    const path = write('secret.json', {
      kind: 'Secret',
      stringData: { '.dockerconfigjson': JSON.stringify(auths('*.example', 'pod')) },
    })
    expect((await found('r.example/app', { pullSecrets: [path] })).users).toEqual(['pod', 'docker'])
    await expect(found('r.example/app', { pullSecrets: [join(root, 'none')] })).rejects.toMatchObject({
      code: 'pull-secret',
    })
  })

  it('of a helper come before the entries of its file, and are asked for once', async () => {
    const program = write(
      'bin/docker-credential-count',
      '#!/bin/sh\necho "$(cat)" >> "$0.log"\necho \'{"Username":"helped","Secret":"hush"}\'\n',
    )
    chmodSync(program, 0o755)
    write('home/.docker/config.json', { ...auths('r.example', 'plain'), credHelpers: { 'r.example': 'count' } })
    const config = configuration()
    const [endpoint] = config.endpoints(named('r.example/app'))
    const { signal } = new AbortController()
    const answers = await Promise.all([1, 2, 3].map(() => config.credentials(endpoint, signal)))
    for (const answer of answers) expect(answer.credentials).toMatchObject([{ username: 'helped' }])
    for (const again of [1, 2])
      expect((await answers[0].more?.())?.credentials, `asked ${again}`).toMatchObject([{ username: 'plain' }])
    expect(readFileSync(`${program}.log`, 'utf8')).toBe('r.example\n')
  })

  it('of Docker Hub are asked for under the names that it has there; a token may come instead', async () => {
    const program = write(
      'bin/docker-credential-hub',
      '#!/bin/sh\nserver=$(cat)\ntest "$server" = docker.io || { echo credentials not found in native keychain; exit 1; }\necho \'{"Username":"<token>","Secret":"refresh"}\'\n',
    )
    chmodSync(program, 0o755)
    write('home/.docker/config.json', { credsStore: 'hub' })
    expect((await found('docker.io/library/x')).users).toEqual(['identity refresh'])
    expect(said.join('\n')).toContain('has none for https://index.docker.io/v1/')
    expect(said.join('\n')).not.toContain('refresh')
  })

  it('may come from helpers of registries.conf', async () => {
    chmodSync(write('bin/docker-credential-all', '#!/bin/sh\necho \'{"Username":"all","Secret":"hush"}\'\n'), 0o755)
    write('home/.docker/config.json', auths('r.example', 'docker'))
    write('etc/containers/registries.conf', 'credential-helpers = ["all", "containers-auth.json"]\n')
    expect((await found('r.example/app')).users).toEqual(['all', 'docker'])
  })

  it('that a helper fails to give are said, and the others found', async () => {
    chmodSync(write('bin/docker-credential-hang', '#!/bin/sh\nsleep 60\n'), 0o755)
    write('home/.docker/config.json', { ...auths('r.example', 'plain'), credsStore: 'hang' })
    const { users, problems } = await found('r.example/app')
    expect(users).toEqual(['plain'])
    expect(problems.join('\n')).toMatch(
      /docker-credential-hang did not answer within 0.5 s and was ended \(.*config.json names it\)/,
    )
  })
})

describe('files that are not what they should be', () => {
  const AUTH = 'home/.docker/config.json'

  it.each([
    ['empty', '', /it is empty/],
    ['no JSON', '{"auths": hush', /it is not JSON/],
    ['of the wrong types', '{"auths": [1]}', /"auths" is no object/],
    ['with a wrong entry', '{"auths": {"r.example": {"auth": "hush!"}}}', /base64/],
    ['too large', `{"x": "${'hush'.repeat(1_100_000)}"}`, /larger than 4194304 bytes/],
    ['deeply nested', `{"auths": ${'['.repeat(1_000_000)}`, /not JSON/],
  ])('are problems: %s', async (_, text, problem) => {
    const path = write(AUTH, text)
    const { users, problems } = await found('r.example/app')
    expect(users).toEqual([])
    expect(problems.join('\n')).toMatch(problem)
    expect(problems.join('\n')).toContain(path)
  })

  it('such as folders, circles of links and pipes are problems', async () => {
    mkdirSync(join(root, AUTH), { recursive: true })
    expect((await found('r.example/app')).problems).toEqual([`${join(root, AUTH)} is a folder, not a file`])
    rmSync(join(root, AUTH), { recursive: true })
    symlinkSync('config.json', join(root, AUTH))
    expect((await found('r.example/app')).problems.join()).toContain('symbolic links go in a circle')
    rmSync(join(root, AUTH))
    execFileSync('mkfifo', [join(root, AUTH)])
    expect((await found('r.example/app')).problems).toEqual([`${join(root, AUTH)} is no regular file`])
  })

  it('or that may not be read are problems that say which right is missing', async (ctx) => {
    if (process.getuid?.() === 0) ctx.skip('root may read everything')
    const path = write(AUTH, auths('r.example', 'me'))
    chmodSync(path, 0)
    expect((await found('r.example/app')).problems.join()).toMatch(/lacks the right to read it/)
    chmodSync(dirname(path), 0)
    expect((await found('r.example/app')).problems.join()).toMatch(/lacks the right to search the folder .*\.docker/)
    chmodSync(dirname(path), 0o700)
  })

  it('are problems wherever they lie, and the registry is asked all the same', async () => {
    write('etc/containers/registries.conf', 'hush = [')
    write('etc/containers/registries.conf.d', 'a file')
    write('etc/containerd/certs.d/r.example/hosts.toml', 'hush = [')
    write('etc/docker/daemon.json', 'hush')
    const config = configuration()
    const endpoints = config.endpoints(named('r.example/app'))
    expect(urls(endpoints)).toEqual(['https://r.example/v2/app'])
    expect(config.problems().join('\n')).toMatch(
      /registries\.conf is not used[\s\S]*registries\.conf\.d is no folder[\s\S]*hosts\.toml is not used[\s\S]*daemon\.json: it is not JSON/,
    )
    expect([...config.problems(), ...said].join('\n')).not.toContain('hush')
    const answer = await config.credentials(endpoints[0], new AbortController().signal)
    expect(answer.problems).toEqual(config.problems())
  })
})

describe('certificates', () => {
  const missing = spawnSync('openssl', ['version']).error !== undefined

  function make(name: string): { readonly certificate: string; readonly key: string } {
    const [key, certificate] = [join(root, `${name}.key`), join(root, `${name}.pem`)]
    const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
    execFileSync(
      'openssl',
      ['req', '-x509', ...curve, '-keyout', key, '-out', certificate, '-days', '2', '-subj', `/CN=${name}`],
      { stdio: 'ignore' },
    )
    return { certificate: readFileSync(certificate, 'utf8'), key: readFileSync(key, 'utf8') }
  }

  it.skipIf(missing)('of a host are authorities and a client certificate, from all folders', () => {
    const [a, b, c] = [make('a'), make('b'), make('c')]
    write('etc/docker/certs.d/r.example:5000/ca.crt', a.certificate)
    write('home/.config/containers/certs.d/r.example:5000/own.crt', `${b.certificate}\nand text\n${a.certificate}`)
    write('etc/containers/certs.d/r.example:5000/client.cert', c.certificate)
    write('etc/containers/certs.d/r.example:5000/client.key', c.key)
    const [endpoint] = ask('r.example:5000/app')
    expect(said.join('\n')).not.toContain('certificates:')
    expect(endpoint.authorities).toHaveLength(2)
    expect(endpoint.clientCertificate).toEqual({ certificate: c.certificate, key: c.key })
    expect(ask('r.example/app')[0].authorities).toEqual([])
    expect(said.join('\n')).not.toContain('PRIVATE KEY')
  })

  it.skipIf(missing)('that cannot be used are problems and left out', () => {
    const [a, b] = [make('a'), make('b')]
    write('etc/docker/certs.d/r.example/bad.crt', 'hush')
    write('etc/docker/certs.d/r.example/broken.crt', '-----BEGIN CERTIFICATE-----\nhush\n-----END CERTIFICATE-----\n')
    write('etc/docker/certs.d/r.example/client.cert', a.certificate)
    write('etc/docker/certs.d/r.example/client.key', b.key)
    write('etc/docker/certs.d/r.example/lone.key', b.key)
    const config = configuration()
    const [endpoint] = config.endpoints(named('r.example/app'))
    expect(endpoint.authorities).toEqual([])
    expect(endpoint.clientCertificate).toBeUndefined()
    const problems = config.problems().join('\n')
    expect(problems).toMatch(/bad\.crt holds no certificate/)
    expect(problems).toMatch(/1 of .*broken\.crt are no certificates/)
    expect(problems).toMatch(/does not belong to the certificate/)
    expect(problems).toMatch(/lone\.key has no certificate beside it/)
    expect(problems).not.toContain('hush')
  })

  it.skipIf(missing)('come from hosts.toml and the environment too', () => {
    const [a, b] = [make('a'), make('b')]
    write(
      'etc/containerd/certs.d/r.example/hosts.toml',
      '[host."https://m.example"]\nca = "ca.pem"\nclient = [["c.pem", "c.key"]]\n',
    )
    write('etc/containerd/certs.d/r.example/ca.pem', a.certificate)
    write('etc/containerd/certs.d/r.example/c.pem', a.certificate)
    write('etc/containerd/certs.d/r.example/c.key', a.key)
    write('bare/one.pem', b.certificate)
    const [mirror, own] = ask(
      'r.example/app',
      {},
      { SSL_CERT_DIR: join(root, 'bare'), SSL_CERT_FILE: join(root, 'none.pem') },
    )
    expect(mirror.authorities).toHaveLength(2)
    expect(mirror.clientCertificate?.key).toBe(a.key)
    expect(own.authorities).toHaveLength(1)
    expect(own.clientCertificate).toBeUndefined()
    expect(said.join('\n')).toContain(`${join(root, 'none.pem')} is not there`)
  })

  it.skipIf(missing)('lie bare in containerd’s folder too', () => {
    write('etc/containerd/certs.d/r.example_5000_/ca.crt', make('a').certificate)
    expect(ask('r.example:5000/app')[0].authorities).toHaveLength(1)
  })
})
