import { Buffer } from 'node:buffer'
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import http from 'node:http'
import https from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { BuiltManifest } from './registry-image.ts'

export interface RegistryOptions {
  /** User names and passwords that are let in; anybody is without. */
  readonly htpasswd?: Readonly<Record<string, string>>
  /** Lets in who shows a token of this service, signed with a certificate of the bundle (a PEM file). */
  readonly token?: {
    readonly realm: string
    readonly service: string
    readonly issuer: string
    readonly bundle: string
  }
  /** Serves over TLS with a certificate of its own authority; with `client`, only who shows a certificate of that authority too. */
  readonly tls?: boolean | { readonly client: boolean }
  /** Serves what this registry (`http://127.0.0.1:PORT`) has, as a mirror of it. */
  readonly mirrorOf?: string
}

/** Debian's docker-registry, running on a free port of 127.0.0.1. */
export interface RegistryServer {
  /** `127.0.0.1:PORT`. */
  readonly host: string
  readonly scheme: 'http' | 'https'
  /** A temporary folder of its own. */
  readonly folder: string
  /** PEM files, where it serves over TLS: its authority, and a client certificate that it accepts. */
  readonly files?: { readonly authority: string; readonly certificate: string; readonly key: string }
  /** `METHOD path status` of every request so far, oldest first. */
  requests(): Promise<readonly string[]>
  stop(): Promise<void>
}

/** Who may push, and what proves the server. */
export interface PushAccess {
  readonly username?: string
  readonly password?: string
  /** A Bearer token, sent as it is. */
  readonly token?: string
  /** A PEM file. */
  readonly authority?: string
  readonly client?: { readonly certificate: string; readonly key: string }
}

/** Why no registry can be started here; undefined when one can. */
export function registryMissing(options: RegistryOptions = {}): string | undefined {
  const programs = [
    'docker-registry',
    ...(options.htpasswd === undefined ? [] : ['htpasswd']),
    ...(options.tls === undefined || options.tls === false ? [] : ['openssl']),
  ]
  const missing = programs.filter((program) => spawnSync(program, ['--help'], { stdio: 'ignore' }).error !== undefined)
  return missing.length === 0 ? undefined : `not installed here: ${missing.join(', ')}`
}

/** Starts docker-registry with an empty root and waits until it listens. */
export async function startRegistry(options: RegistryOptions = {}): Promise<RegistryServer> {
  const folder = mkdtempSync(join(tmpdir(), 'bulwark-registry-'))
  const tls =
    options.tls === undefined || options.tls === false ? undefined : { client: false, ...asObject(options.tls) }
  const files = tls === undefined ? undefined : makeCertificates(folder)
  const configuration = {
    version: 0.1,
    log: { level: 'info', accesslog: { disabled: false } },
    storage: { filesystem: { rootdirectory: join(folder, 'root') }, delete: { enabled: true } },
    http: {
      addr: '127.0.0.1:0',
      secret: 'test',
      ...(files === undefined ? {} : { tls: serverTls(folder, files.authority, tls?.client === true) }),
    },
    ...(options.htpasswd === undefined ? {} : { auth: { htpasswd: htpasswd(folder, options.htpasswd) } }),
    ...(options.token === undefined ? {} : { auth: { token: tokenAuth(options.token) } }),
    ...(options.mirrorOf === undefined ? {} : { proxy: { remoteurl: options.mirrorOf } }),
  }
  const path = join(folder, 'config.yml')
  // JSON is YAML.
  writeFileSync(path, JSON.stringify(configuration))
  const child = spawn('docker-registry', ['serve', path], { stdio: ['ignore', 'pipe', 'pipe'] })
  const lines: string[] = []
  const port = await listening(child, lines)
  return {
    host: `127.0.0.1:${port}`,
    scheme: files === undefined ? 'http' : 'https',
    folder,
    ...(files === undefined ? {} : { files }),
    requests: () => logged(lines),
    async stop() {
      const ended = new Promise((resolve) => child.once('close', resolve))
      // Who has ended already is not waited for.
      if (child.kill('SIGKILL')) await ended
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

function asObject(tls: true | { readonly client: boolean }): { readonly client?: boolean } {
  return tls === true ? {} : tls
}

function serverTls(folder: string, authority: string, client: boolean): Record<string, unknown> {
  const own = { certificate: join(folder, 'server.pem'), key: join(folder, 'server.key') }
  return client ? { ...own, clientcas: [authority] } : own
}

function htpasswd(folder: string, users: Readonly<Record<string, string>>): Record<string, string> {
  const path = join(folder, 'htpasswd')
  const lines = Object.entries(users).map(([user, password]) =>
    execFileSync('htpasswd', ['-nbB', '-C', '4', user, password], { encoding: 'utf8' }).trim(),
  )
  writeFileSync(path, `${lines.join('\n')}\n`)
  return { realm: 'test', path }
}

function tokenAuth({ bundle, ...token }: NonNullable<RegistryOptions['token']>): Record<string, string> {
  return { ...token, rootcertbundle: bundle }
}

/** An authority, a server's certificate for 127.0.0.1 and localhost, and a client's, all new. */
function makeCertificates(folder: string): NonNullable<RegistryServer['files']> {
  const openssl = (...words: readonly string[]): void => {
    execFileSync('openssl', words, { cwd: folder, stdio: 'ignore' })
  }
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
  writeFileSync(join(folder, 'names'), 'subjectAltName=IP:127.0.0.1,DNS:localhost\n')
  openssl('req', '-x509', ...curve, '-keyout', 'ca.key', '-out', 'ca.pem', '-days', '2', '-subj', '/CN=test authority')
  for (const name of ['server', 'client']) {
    openssl('req', ...curve, '-keyout', `${name}.key`, '-out', `${name}.csr`, '-subj', `/CN=test ${name}`)
    const signed = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-days', '2', '-extfile', 'names']
    openssl('x509', '-req', '-in', `${name}.csr`, '-out', `${name}.pem`, ...signed)
  }
  return {
    authority: join(folder, 'ca.pem'),
    certificate: join(folder, 'client.pem'),
    key: join(folder, 'client.key'),
  }
}

function listening(child: ChildProcess, lines: string[]): Promise<number> {
  return new Promise((resolve, reject) => {
    let rest = ''
    const take = (chunk: Buffer): void => {
      const parts = `${rest}${chunk}`.split('\n')
      rest = parts.pop() ?? ''
      lines.push(...parts)
      for (const part of parts) {
        const port = /listening on 127\.0\.0\.1:(\d+)/.exec(part)?.[1]
        if (port !== undefined) resolve(Number(port))
      }
    }
    child.stdout?.on('data', take)
    child.stderr?.on('data', take)
    child.once('error', reject)
    child.once('close', () => reject(new Error(`docker-registry ended: ${lines.slice(-3).join(' | ')}`)))
  })
}

/** The requests of the access log. It is written when a request is over, so what came last may need a turn to be there. */
async function logged(lines: readonly string[]): Promise<readonly string[]> {
  for (let before = -1; before !== lines.length; ) {
    before = lines.length
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  return lines.flatMap((line) => {
    const match = /^127\.0\.0\.1 .*"([A-Z]+) (\S+) HTTP\/1\.1" (\d{3}) /.exec(line)
    return match === null ? [] : [`${match[1]} ${match[2]} ${match[3]}`]
  })
}

/**
 * Pushes an image or index with everything it names through the distribution API (distribution-spec, "Push"). Blobs and manifests
 * that other tags named before are pushed again; the registry knows them by their digests.
 */
export async function pushImage(
  server: Pick<RegistryServer, 'host' | 'scheme'>,
  repository: string,
  tag: string,
  image: BuiltManifest,
  access: PushAccess = {},
): Promise<void> {
  const base = `${server.scheme}://${server.host}/v2/${repository}`
  for (const below of image.manifests) await pushImage(server, repository, below.digest, below, access)
  for (const [digest, bytes] of image.blobs) {
    const begun = await ask('POST', `${base}/blobs/uploads/`, access)
    expectStatus(begun, 202)
    const to = new URL(begun.headers.location ?? '', base)
    to.searchParams.set('digest', digest)
    expectStatus(await ask('PUT', to.href, access, bytes, 'application/octet-stream'), 201)
  }
  expectStatus(await ask('PUT', `${base}/manifests/${tag}`, access, image.bytes, image.mediaType), 201)
}

interface Asked {
  readonly what: string
  readonly status: number
  readonly headers: http.IncomingHttpHeaders
  readonly body: string
}

function expectStatus(asked: Asked, status: number): void {
  if (asked.status !== status) throw new Error(`${asked.what}: ${asked.status} ${asked.body.slice(0, 300)}`)
}

function ask(method: string, url: string, access: PushAccess, body?: Buffer, type?: string): Promise<Asked> {
  const secret = `${access.username}:${access.password}`
  const headers: Record<string, string | number> = {
    'content-length': body?.length ?? 0,
    ...(type === undefined ? {} : { 'content-type': type }),
    ...(access.username === undefined ? {} : { authorization: `Basic ${Buffer.from(secret).toString('base64')}` }),
    ...(access.token === undefined ? {} : { authorization: `Bearer ${access.token}` }),
  }
  const options = {
    method,
    headers,
    agent: false as const,
    ...(access.authority === undefined ? {} : { ca: readFileSync(access.authority) }),
    ...(access.client === undefined
      ? {}
      : { cert: readFileSync(access.client.certificate), key: readFileSync(access.client.key) }),
  }
  return new Promise((resolve, reject) => {
    const request = url.startsWith('https:') ? https.request(url, options) : http.request(url, options)
    request.once('error', reject)
    request.once('response', (response) => {
      const parts: Buffer[] = []
      response.on('data', (part: Buffer) => parts.push(part))
      response.once('error', reject)
      response.once('end', () => {
        const { statusCode = 0, headers: answered } = response
        resolve({
          what: `${method} ${url}`,
          status: statusCode,
          headers: answered,
          body: Buffer.concat(parts).toString(),
        })
      })
    })
    request.end(body)
  })
}
