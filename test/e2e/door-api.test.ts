import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createConnection } from 'node:net'
import { join } from 'node:path'
import { createServer, type Server } from 'node:tls'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type EngineApiServer, serveEngine } from '../support/engine-api-server.ts'
import { type RunningEngine, startDocker, startPodman } from '../support/running-engines.ts'
import { type Ran, useSandbox } from '../support/sandbox.ts'
import { dockerArchive, type ImageOptions, tarball } from '../support/tar-writer.ts'

const sandbox = useSandbox()
const APK = 'P:app\nV:1.0-r0\nA:x86_64\nL:MIT\nF:usr/bin\nR:app\n\n'
const image: ImageOptions = {
  layers: [
    tarball([{ name: 'etc/os-release', body: 'ID=alpine\nVERSION_ID=3.20.0\nNAME="Alpine Linux"\n' }]),
    tarball([
      { name: 'lib/apk/db/installed', body: APK },
      { name: 'big', body: 'x'.repeat(3_000_000) },
    ]),
  ],
  tags: ['localhost/shop:latest'],
}

/** What must be the same through every door. */
function answerOf(ran: Ran): Record<string, unknown> {
  expect(ran.stdout, ran.stderr).not.toBe('')
  const report = JSON.parse(ran.stdout) as Record<string, unknown> & { subject: Record<string, unknown> }
  const { startedAt: _a, durationMs: _b, subject, ...rest } = report
  return { ...rest, subject: { ...subject, name: '', digest: null } }
}

const scan = (target: string, words: readonly string[], env: Record<string, string> = {}): Promise<Ran> =>
  sandbox.scan(target, ['--format', 'json', '--debug', ...words], { env })

describe.each([
  ['podman', async () => startPodman(), '--podman-root', '--podman-host'],
  ['docker', startDocker, '--docker-root', '--docker-host'],
] as const)('%s over its socket', (name, start, rootFlag, hostFlag) => {
  let engine: RunningEngine | string
  beforeAll(async () => {
    engine = await start()
    if (typeof engine === 'string') return
    engine.run('load', '-i', sandbox.file(`${name}.tar`, dockerArchive([image])))
    await engine.serve()
  }, 90_000)
  afterAll(async () => {
    if (typeof engine !== 'string') await engine.close()
  }, 60_000)

  it('gives what its storage and an archive give, cold and warm, and exports once', async (ctx) => {
    if (typeof engine === 'string') return ctx.skip(engine)
    const target = `${name}:localhost/shop`
    const archive = answerOf(await scan(sandbox.file('again.tar', dockerArchive([image])), []))
    sandbox.forget()
    const stored = answerOf(await scan(target, [rootFlag, engine.root]))
    sandbox.forget()
    const words = [hostFlag, `unix://${engine.socket}`]
    const cold = await scan(target, words)
    expect(cold.stderr).toContain('so it is exported')
    const warm = await scan(target, words)
    expect(warm.stderr).not.toContain('so it is exported')
    expect(answerOf(cold)).toEqual({ ...archive, layers: answerOf(cold).layers })
    expect(answerOf(cold)).toEqual(stored)
    expect(answerOf(warm)).toEqual(answerOf(cold))
  })
})

describe('an engine that is elsewhere', () => {
  let engine: EngineApiServer
  let direct: Record<string, unknown>
  beforeAll(async () => {
    engine = await serveEngine('shop', image)
  })
  afterAll(() => engine.close())
  const onLine = async (env: Record<string, string>, words: readonly string[] = []): Promise<Ran> => {
    const all = ['--format', 'json', '--advisories', sandbox.advisories, '--no-update', '--debug', ...words]
    return sandbox.run(['scan', ...all, 'docker:shop'], { env })
  }

  it('is asked over ssh, by a program on the other side', async () => {
    direct = answerOf(await onLine({ DOCKER_HOST: `unix://${engine.socket}` }))
    sandbox.forget()
    const said = join(sandbox.folder, 'ssh-words')
    const script = [
      `#!${process.execPath}`,
      `require('fs').appendFileSync(${JSON.stringify(said)}, process.argv.slice(2).join(' ') + '\\n')`,
      `const there = require('net').createConnection(${JSON.stringify(engine.socket)})`,
      'process.stdin.pipe(there); there.pipe(process.stdout)',
    ]
    const bin = join(sandbox.folder, 'bin')
    mkdirSync(bin)
    writeFileSync(join(bin, 'ssh'), `${script.join('\n')}\n`, { mode: 0o755 })
    const env = { DOCKER_HOST: 'ssh://ops@build.example:2222', PATH: `${bin}:${process.env.PATH}` }
    expect(answerOf(await onLine(env))).toEqual(direct)
    const words = readFileSync(said, 'utf8').trim().split('\n')
    expect(new Set(words)).toEqual(
      new Set(['-T -o ConnectTimeout=15 -o BatchMode=yes -l ops -p 2222 -- build.example docker system dial-stdio']),
    )
    sandbox.forget()
    writeFileSync(
      join(bin, 'ssh'),
      '#!/bin/sh\necho "ops@build.example: Permission denied (publickey)." >&2\nexit 255\n',
    )
    const denied = await onLine(env)
    expect(denied.status).toBe(3)
    expect(denied.stderr).toContain('Permission denied (publickey)')
  })

  describe('behind TLS', () => {
    let proxy: Server
    let folder: string
    beforeAll(async () => {
      folder = join(sandbox.folder, 'certs')
      mkdirSync(folder)
      const made = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2']
      const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1']
      const files = ['-keyout', join(folder, 'key.pem'), '-out', join(folder, 'cert.pem')]
      execFileSync('openssl', ['req', '-x509', ...made, ...subject, ...files], { stdio: 'ignore' })
      const cert = readFileSync(join(folder, 'cert.pem'))
      writeFileSync(join(folder, 'ca.pem'), cert)
      const key = readFileSync(join(folder, 'key.pem'))
      proxy = createServer({ key, cert, ca: cert, requestCert: true, rejectUnauthorized: true }, (socket) => {
        const there = createConnection(engine.socket)
        socket.pipe(there).pipe(socket)
        socket.on('error', () => there.destroy())
        there.on('error', () => socket.destroy())
      })
      await new Promise<void>((resolve) => void proxy.listen(0, '127.0.0.1', resolve))
    })
    afterAll(() => {
      proxy.close()
    })
    const host = (): string => `tcp://127.0.0.1:${(proxy.address() as AddressInfo).port}`

    it('is asked with the certificates of the environment', async () => {
      const env = { DOCKER_HOST: host(), DOCKER_TLS_VERIFY: '1', DOCKER_CERT_PATH: folder }
      expect(answerOf(await onLine(env))).toEqual(direct)
    })

    it('is asked with the certificates of its context', async () => {
      const docker = join(sandbox.folder, 'docker')
      const hash = createHash('sha256').update('prod').digest('hex')
      for (const name of ['meta', 'tls']) mkdirSync(join(docker, 'contexts', name, hash), { recursive: true })
      const meta = { Name: 'prod', Metadata: {}, Endpoints: { docker: { Host: host(), SkipTLSVerify: false } } }
      writeFileSync(join(docker, 'contexts/meta', hash, 'meta.json'), JSON.stringify(meta))
      mkdirSync(join(docker, 'contexts/tls', hash, 'docker'))
      for (const name of ['ca.pem', 'cert.pem', 'key.pem'])
        writeFileSync(join(docker, 'contexts/tls', hash, 'docker', name), readFileSync(join(folder, name)))
      writeFileSync(join(docker, 'config.json'), JSON.stringify({ currentContext: 'prod' }))
      expect(answerOf(await onLine({ DOCKER_CONFIG: docker }))).toEqual(direct)
    })

    it('is not trusted without them', async () => {
      const empty = join(sandbox.folder, 'empty')
      mkdirSync(empty, { recursive: true })
      const ran = await onLine({ DOCKER_HOST: host(), DOCKER_TLS_VERIFY: '1', DOCKER_CERT_PATH: empty })
      expect(ran.status).toBe(3)
      expect(ran.stderr).toMatch(/TLS does not come about|DOCKER_CERT_PATH/)
    })
  })

  it('is not asked when no network may be used', async () => {
    const ran = await scan('docker:shop', [], { DOCKER_HOST: 'tcp://engine.example:2375' })
    expect(ran.status).toBe(3)
    expect(ran.stderr).toContain('no network may be used')
  })
})
