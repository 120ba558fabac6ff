import { BlockList, isIP } from 'node:net'

const reserved = new BlockList()
// Link-local, where clouds serve machine credentials (RFC 3927, RFC 4291 section 2.5.6), and their other known addresses.
reserved.addSubnet('169.254.0.0', 16, 'ipv4')
reserved.addSubnet('0.0.0.0', 8, 'ipv4')
reserved.addAddress('100.100.100.200', 'ipv4')
reserved.addAddress('168.63.129.16', 'ipv4')
reserved.addSubnet('fe80::', 10, 'ipv6')
reserved.addAddress('fd00:ec2::254', 'ipv6')

const loopback = new BlockList()
loopback.addSubnet('127.0.0.0', 8, 'ipv4')
loopback.addAddress('::1', 'ipv6')

const METADATA_NAMES = new Set(['metadata.google.internal', 'metadata', 'instance-data', 'metadata.azure.internal'])

/** Whether a host (IP address without brackets, or name) is link-local or a cloud's metadata service, IPv4-mapped forms too. */
export function isReserved(host: string): boolean {
  return isIP(host) === 0 ? METADATA_NAMES.has(host.toLowerCase().replace(/\.$/, '')) : within(reserved, host)
}

/** Whether a host is the own machine: `localhost` and names below it (RFC 6761), 127.0.0.0/8, ::1. */
export function isLoopback(host: string): boolean {
  if (isIP(host) !== 0) return within(loopback, host)
  const name = host.toLowerCase().replace(/\.$/, '')
  return name === 'localhost' || name.endsWith('.localhost')
}

function within(list: BlockList, address: string): boolean {
  const bare = address.split('%')[0]
  return list.check(bare, isIP(bare) === 4 ? 'ipv4' : 'ipv6')
}
