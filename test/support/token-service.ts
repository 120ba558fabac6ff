import { Buffer } from 'node:buffer'
import { execFileSync } from 'node:child_process'
import { createPrivateKey, randomUUID, sign, X509Certificate } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { RegistryOptions } from './registry-server.ts'

/** A token service that a registry trusts (distribution.github.io/distribution/spec/auth/token and /oauth). */
export interface TokenService {
  /** What the registry is told of it. */
  readonly trust: NonNullable<RegistryOptions['token']>
  /** Who asked for a token so far, oldest first. */
  readonly asked: readonly { readonly user?: string; readonly grant?: string; readonly scope: string }[]
  /** A token for a repository. */
  sign(repository: string, actions: readonly string[]): string
  stop(): Promise<void>
}

const NAMES = { service: 'test registry', issuer: 'test issuer' }

/** Starts one on a free port of 127.0.0.1. It gives tokens to one user, and for one refresh token. */
export async function startTokenService(known: {
  readonly username: string
  readonly password: string
  readonly refreshToken: string
}): Promise<TokenService> {
  const folder = mkdtempSync(join(tmpdir(), 'bulwark-tokens-'))
  const [key, bundle] = [join(folder, 'key.pem'), join(folder, 'certificate.pem')]
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
  const words = ['req', '-x509', ...curve, '-keyout', key, '-out', bundle, '-days', '2', '-subj', '/CN=test tokens']
  execFileSync('openssl', words, { stdio: 'ignore' })
  const signed = signer(readFileSync(key, 'utf8'), readFileSync(bundle, 'utf8'))
  const asked: TokenService['asked'][number][] = []
  const basic = `Basic ${Buffer.from(`${known.username}:${known.password}`).toString('base64')}`
  const server = http.createServer((request, response) => {
    const parts: Buffer[] = []
    request.on('data', (part: Buffer) => parts.push(part))
    request.on('end', () => {
      const posted = request.method === 'POST'
      const form = new URLSearchParams(
        posted ? Buffer.concat(parts).toString() : new URL(request.url ?? '', 'http://x').search,
      )
      const scope = form.get('scope') ?? ''
      asked.push(posted ? { grant: form.get('grant_type') ?? '', scope } : { user: userOf(request), scope })
      const fine = posted ? form.get('refresh_token') === known.refreshToken : request.headers.authorization === basic
      const token = signed(/^repository:([^:]+):/.exec(scope)?.[1] ?? '', ['pull'])
      response.writeHead(fine ? 200 : 401, { 'content-type': 'application/json' })
      response.end(JSON.stringify(fine ? (posted ? { access_token: token } : { token }) : { errors: [] }))
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const realm = `http://127.0.0.1:${(server.address() as AddressInfo).port}/token`
  return {
    trust: { realm, ...NAMES, bundle },
    asked,
    sign: signed,
    stop: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
      rmSync(folder, { recursive: true })
    },
  }
}

function userOf({ headers }: http.IncomingMessage): string {
  return Buffer.from(headers.authorization?.slice('Basic '.length) ?? '', 'base64')
    .toString()
    .split(':')[0]
}

/** Signs tokens as the registry reads them: a JWT (RFC 7519) with the certificate in its header (`x5c`, RFC 7515 section 4.1.6). */
function signer(key: string, certificate: string): TokenService['sign'] {
  const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
  const header = encode({ typ: 'JWT', alg: 'ES256', x5c: [new X509Certificate(certificate).raw.toString('base64')] })
  return (name, actions) => {
    const now = Math.floor(Date.now() / 1000)
    const times = { nbf: now - 10, iat: now, exp: now + 300 }
    const access = [{ type: 'repository', name, actions }]
    const claims = { iss: NAMES.issuer, aud: NAMES.service, sub: 'test', jti: randomUUID(), ...times, access }
    const text = `${header}.${encode(claims)}`
    const signature = sign('sha256', Buffer.from(text), { key: createPrivateKey(key), dsaEncoding: 'ieee-p1363' })
    return `${text}.${signature.toString('base64url')}`
  }
}
