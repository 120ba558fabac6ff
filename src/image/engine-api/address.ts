import { Failure } from '../../lib/failure.ts'
import { isLoopback } from '../../lib/network-address.ts'

/** Where an engine listens. */
export type EngineAddress =
  | { readonly at: 'unix'; readonly path: string }
  | { readonly at: 'tcp'; readonly host: string; readonly port: number; readonly base: string; readonly tls?: TlsFiles }
  | SshAddress

/** Reached by a program on the other side that connects its standard input and output to the socket there. */
export interface SshAddress {
  readonly at: 'ssh'
  readonly user?: string
  readonly host: string
  readonly port?: string
  /** The socket on the other machine, where it is not the usual one. */
  readonly socket?: string
  /** File with the private key. */
  readonly identity?: string
  readonly engine: EngineKind
}

export type EngineKind = 'docker' | 'podman'

/** A folder with `ca.pem`, `cert.pem` and `key.pem`, each where it is needed. */
export interface TlsFiles {
  readonly folder: string
  /** False: any certificate is good. */
  readonly verify: boolean
}

const PLAIN_PORT = 2375
const TLS_PORT = 2376

/**
 * An address as `DOCKER_HOST` and `CONTAINER_HOST` have it: `unix:///path`, `tcp://host:port`, `ssh://[user@]host[:port][/socket]`
 * (https://docs.docker.com/reference/cli/docker/#environment-variables).
 * @param input what is named in failures: the variable or flag.
 * @throws Failure `engine-address-invalid`, kind usage.
 */
export function parseEngineAddress(
  text: string,
  input: string,
  more: { readonly engine: EngineKind; readonly tls?: TlsFiles; readonly identity?: string },
): EngineAddress {
  const refuse = (why: string, hint = 'unix:///run/docker.sock, tcp://host:2376 or ssh://user@host'): Failure =>
    new Failure('engine-address-invalid', why, { kind: 'usage', input, hints: [hint] })
  const scheme = /^([a-z]+):\/\//i.exec(text)?.[1]?.toLowerCase()
  if (scheme === 'npipe')
    throw refuse('named pipes of Windows are not supported', 'let the engine listen on tcp:// or ssh://')
  if (scheme === 'unix') return unixAddress(text.slice('unix://'.length), refuse)
  if (scheme === undefined && text.startsWith('/')) return unixAddress(text, refuse)
  if (scheme !== 'tcp' && scheme !== 'ssh' && scheme !== 'http' && scheme !== 'https')
    throw refuse(scheme === undefined ? 'it has no scheme' : `the scheme ${scheme} is not known`)
  let url: URL
  try {
    // The URL parser only takes hosts apart for the schemes that it knows.
    url = new URL(text.replace(/^[a-z]+/i, 'http'))
  } catch {
    throw refuse('it is no address')
  }
  if (url.password !== '')
    throw refuse('passwords do not belong into it', 'use a key with ssh-agent, or TLS certificates')
  if (url.search !== '' || url.hash !== '') throw refuse('it has a query')
  // The default port of the scheme that stands in is not told apart from none.
  const port = /:(\d{1,5})(?:\/|$)/.exec(text.slice((scheme ?? '').length + 3).replace(/^.*\]/, ''))?.[1]
  if (scheme === 'ssh') return sshAddress(url, port, more, refuse)
  if (url.username !== '') throw refuse('a user does not belong into it')
  const tls = more.tls
  if (scheme === 'https' && tls === undefined) throw refuse('TLS needs a folder with certificates: DOCKER_CERT_PATH')
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1')
  return {
    at: 'tcp',
    host,
    port: Number(port ?? (tls === undefined ? PLAIN_PORT : TLS_PORT)),
    base: url.pathname.replace(/\/+$/, ''),
    ...(tls === undefined || scheme === 'http' ? {} : { tls }),
  }
}

function unixAddress(path: string, refuse: (why: string) => Failure): EngineAddress {
  if (!path.startsWith('/') || path.includes('\0')) throw refuse('the path of a socket begins with /')
  return { at: 'unix', path }
}

/** Everything here becomes a word of a command line, and of one on the other machine: only plain characters pass. */
function sshAddress(
  url: URL,
  port: string | undefined,
  { engine, identity }: { readonly engine: EngineKind; readonly identity?: string },
  refuse: (why: string) => Failure,
): SshAddress {
  const user = decoded(url.username)
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1')
  if (user === undefined || (user !== '' && !/^[A-Za-z0-9_][A-Za-z0-9_.@\\-]*$/.test(user)))
    throw refuse('its user name is not plain')
  if (!/^[A-Za-z0-9_:][A-Za-z0-9_.:%-]*$/.test(host)) throw refuse('its host name is not plain')
  const socket = url.pathname === '/' ? '' : url.pathname
  if (!/^(\/[A-Za-z0-9_.-]+)*$/.test(socket)) throw refuse('the path of its socket is not plain')
  return {
    at: 'ssh',
    ...(user === '' ? {} : { user }),
    host,
    ...(port === undefined ? {} : { port }),
    ...(socket === '' ? {} : { socket }),
    ...(identity === undefined ? {} : { identity }),
    engine,
  }
}

/** Undefined for what is no percent-encoding. */
function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}

/** The address as it is shown. */
export function addressText(address: EngineAddress): string {
  if (address.at === 'unix') return address.path
  const host = address.host.includes(':') ? `[${address.host}]` : address.host
  if (address.at === 'tcp')
    return `${address.tls === undefined ? 'tcp' : 'tls'}://${host}:${address.port}${address.base}`
  const { user, port, socket } = address
  return `ssh://${user === undefined ? '' : `${user}@`}${host}${port === undefined ? '' : `:${port}`}${socket ?? ''}`
}

/** Whether it is on this machine. */
export function isLocalAddress(address: EngineAddress): boolean {
  if (address.at === 'unix') return true
  return address.at === 'tcp' && isLoopback(address.host)
}
