import { BlockList, isIP } from 'node:net'

/** Docker's own registry by the name that images have, and where it answers. */
export const HUB = 'docker.io'
export const HUB_SERVER = 'registry-1.docker.io'
/** Docker Hub's key in Docker's configuration, from the first version of the protocol. */
export const HUB_KEY = 'https://index.docker.io/v1/'

/** The name for which credentials and settings of a host are kept: Docker Hub has several hosts. */
export function registryOf(host: string): string {
  const lower = host.toLowerCase()
  return lower === HUB_SERVER || lower === 'index.docker.io' ? HUB : lower
}

/** Host and port of `host[:port]`, an IPv6 address without its brackets. */
export function splitPort(authority: string): { readonly host: string; readonly port?: string } {
  const match = /^(\[[^\]]*\]|[^:]*)(?::(\d+))?$/.exec(authority)
  if (match === null) return { host: authority }
  const host = match[1].startsWith('[') ? match[1].slice(1, -1) : match[1]
  return { host, ...(match[2] !== undefined && { port: match[2] }) }
}

/**
 * Whether a list of registries names this one: `host[:port]`, `*` for all, or a block of addresses (`10.0.0.0/8`), which is compared
 * with a host that is an address; names are not resolved. With `anyPort`, a host without port stands for all its ports.
 */
export function listsRegistry(list: readonly string[], authority: string, { anyPort = false } = {}): boolean {
  const { host } = splitPort(authority)
  return list.some((entry) => {
    const plain = entry.replace(/^https?:\/\//, '').replace(/\/+$/, '')
    if (plain === '*' || plain.toLowerCase() === authority.toLowerCase()) return true
    const block = /^([0-9a-fA-F.:]+)\/(\d{1,3})$/.exec(plain)
    if (block !== null) return inBlock(block[1], Number(block[2]), host)
    const { host: name, port } = splitPort(plain)
    return anyPort && port === undefined && name.toLowerCase() === host.toLowerCase()
  })
}

function inBlock(address: string, bits: number, host: string): boolean {
  const version = isIP(address)
  if (version === 0 || bits > (version === 4 ? 32 : 128) || isIP(host) === 0) return false
  const block = new BlockList()
  block.addSubnet(address, bits, version === 4 ? 'ipv4' : 'ipv6')
  return block.check(host, isIP(host) === 4 ? 'ipv4' : 'ipv6')
}

/** A registry's address from configuration, taken apart. */
export interface RegistryAddress {
  readonly scheme: 'http' | 'https'
  /** `host[:port]`. */
  readonly authority: string
  /** The path without a slash at its end, '' when there is none. */
  readonly path: string
}

/** Takes `[http[s]://]host[:port][/path]` apart; undefined for anything else: other schemes, users, queries. */
export function parseAddress(text: string): RegistryAddress | undefined {
  const url = URL.parse(/^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `https://${text}`)
  if (url === null || !/^https?:$/.test(url.protocol) || url.host === '') return undefined
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '') return undefined
  const path = url.pathname.replace(/\/{2,}/g, '/').replace(/\/$/, '')
  return { scheme: url.protocol === 'http:' ? 'http' : 'https', authority: url.host, path }
}
