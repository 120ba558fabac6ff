import { BlockList, isIP } from 'node:net'

/** Link-local, where clouds serve machine credentials (RFC 3927), "this host" (RFC 1122), and their other known addresses. */
const RESERVED = ['169.254.0.0/16', '0.0.0.0/8', '100.100.100.200/32', '168.63.129.16/32']
const LOOPBACK = ['127.0.0.0/8']
/** Prefixes of IPv6 before an IPv4 address: NAT64 (RFC 6052 section 2.1) and IPv4-compatible (RFC 4291 section 2.5.5.1). */
const EMBEDDINGS = ['64:ff9b::', '::']

const reserved = listOf(RESERVED)
reserved.addSubnet('fe80::', 10, 'ipv6')
reserved.addAddress('fd00:ec2::254', 'ipv6')
// The unspecified address leads to this machine without being called so, as 0.0.0.0 does.
reserved.addAddress('::', 'ipv6')

const loopback = listOf(LOOPBACK)
loopback.addAddress('::1', 'ipv6')

const METADATA_NAMES = new Set(['metadata.google.internal', 'metadata', 'instance-data', 'metadata.azure.internal'])

/**
 * Whether a host (IP address without brackets, or name) is link-local or a cloud's metadata service; IPv4-mapped, IPv4-compatible and
 * NAT64 forms too.
 */
export function isReserved(host: string): boolean {
  return isIP(host) === 0 ? METADATA_NAMES.has(host.toLowerCase().replace(/\.$/, '')) : within(reserved, host)
}

/** Whether a host is the own machine: `localhost` and names below it (RFC 6761), 127.0.0.0/8 in any of its forms, ::1. */
export function isLoopback(host: string): boolean {
  if (isIP(host) !== 0) return within(loopback, host)
  const name = host.toLowerCase().replace(/\.$/, '')
  return name === 'localhost' || name.endsWith('.localhost')
}

/** Blocks of IPv4, also as IPv6 embeds them; Node itself looks through IPv4-mapped addresses. */
function listOf(blocks: readonly string[]): BlockList {
  const list = new BlockList()
  for (const block of blocks) {
    const [address, bits] = block.split('/')
    list.addSubnet(address, Number(bits), 'ipv4')
    for (const prefix of EMBEDDINGS) {
      // ::0.0.0.0/104 would hold ::1, which is loopback.
      if (prefix !== '::' || address !== '0.0.0.0') list.addSubnet(`${prefix}${address}`, 96 + Number(bits), 'ipv6')
    }
  }
  return list
}

function within(list: BlockList, address: string): boolean {
  const bare = address.split('%')[0]
  return list.check(bare, isIP(bare) === 4 ? 'ipv4' : 'ipv6')
}
