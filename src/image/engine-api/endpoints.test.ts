import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { addressText, isLocalAddress, parseEngineAddress } from './address.ts'
import { dockerEndpoints, podmanEndpoints } from './endpoints.ts'
import { sshWords } from './ssh.ts'

const home = mkdtempSync(join(tmpdir(), 'bulwark-endpoints-'))
afterAll(() => rmSync(home, { recursive: true }))

function writeContext(name: string, host: string, more: object = {}): void {
  const folder = join(home, '.docker/contexts/meta', createHash('sha256').update(name).digest('hex'))
  mkdirSync(folder, { recursive: true })
  writeFileSync(
    join(folder, 'meta.json'),
    JSON.stringify({ Name: name, Endpoints: { docker: { Host: host, ...more } } }),
  )
}

const docker = (environment: Record<string, string>, engines = {}) =>
  dockerEndpoints({ environment: { HOME: home, ...environment }, engines })
const parse = (text: string) => parseEngineAddress(text, 'DOCKER_HOST', { engine: 'docker' })

describe('where engines are asked for', () => {
  it('is what the user names: flag, variable, context, current context', () => {
    writeContext('prod', 'ssh://ops@prod.example')
    writeContext('lab', 'tcp://lab.example:2376', { SkipTLSVerify: true })
    writeFileSync(join(home, '.docker/config.json'), JSON.stringify({ currentContext: 'prod', auths: {} }))
    const variables = { DOCKER_HOST: 'tcp://build:2375', DOCKER_CONTEXT: 'lab' }
    const shown = (...of: Parameters<typeof docker>) => docker(...of).map(({ address }) => addressText(address))
    expect(shown(variables, { dockerHost: 'unix:///x.sock' })).toEqual(['/x.sock'])
    expect(shown(variables)).toEqual(['tcp://build:2375'])
    expect(shown({ DOCKER_CONTEXT: 'lab' })).toEqual(['tls://lab.example:2376'])
    expect(shown({})).toEqual(['ssh://ops@prod.example'])
    expect(docker({ DOCKER_CONTEXT: 'default' }).every(({ chosen }) => !chosen)).toBe(true)
  })

  it('says when a context is not there or broken', () => {
    expect(() => docker({ DOCKER_CONTEXT: 'gone' })).toThrow(
      expect.objectContaining({ code: 'docker-context-invalid' }),
    )
    writeContext('empty', '')
    expect(() => docker({ DOCKER_CONTEXT: 'empty' })).toThrow('names no host')
  })

  it('is over TLS where Docker would use it', () => {
    const secure = { DOCKER_HOST: 'tcp://build', DOCKER_TLS_VERIFY: '1', DOCKER_CERT_PATH: '/certs' }
    expect(docker(secure)[0].address).toEqual({
      at: 'tcp',
      host: 'build',
      port: 2376,
      base: '',
      tls: { folder: '/certs', verify: true },
    })
  })

  it('is for podman its own variable and sockets', () => {
    const environment = {
      CONTAINER_HOST: 'ssh://core@vm:2222/run/user/501/podman/podman.sock',
      CONTAINER_SSHKEY: '/key',
    }
    const [{ address }] = podmanEndpoints({ environment, engines: {} })
    expect(address.at === 'ssh' && sshWords(address).join(' ')).toBe(
      '-T -o ConnectTimeout=15 -o BatchMode=yes -i /key -l core -p 2222 -- vm podman --url unix:///run/user/501/podman/podman.sock system dial-stdio',
    )
  })
})

describe('addresses of engines', () => {
  it.each([
    ['unix:///run/docker.sock', '/run/docker.sock', true],
    ['/run/docker.sock', '/run/docker.sock', true],
    ['tcp://127.0.0.1:2375', 'tcp://127.0.0.1:2375', true],
    ['tcp://[::1]:80', 'tcp://[::1]:80', true],
    ['tcp://engine:80/v1/', 'tcp://engine:80/v1', false],
    ['ssh://me@box', 'ssh://me@box', false],
  ])('%s is %s', (text, shown, local) => {
    expect(addressText(parse(text))).toBe(shown)
    expect(isLocalAddress(parse(text))).toBe(local)
  })

  it.each([
    'npipe:////./pipe/docker_engine',
    'fd://3',
    'docker',
    'unix://relative',
    'ssh://-oProxyCommand=touch%20x',
    'ssh://-oProxyCommand@box',
    'ssh://me:secret@box',
    'ssh://me@box/run/$(id)',
    'ssh://a b@box',
    'tcp://me@box',
    'tcp://box?x=1',
  ])('%s is refused, and no secret repeated', (text) => {
    let thrown: unknown
    try {
      parse(text)
    } catch (error) {
      thrown = error
    }
    expect(thrown).toMatchObject({ code: 'engine-address-invalid', kind: 'usage', input: 'DOCKER_HOST' })
    expect(String(thrown)).not.toContain('secret')
  })
})
