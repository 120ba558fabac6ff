import { BlockList, isIP, type LookupFunction } from 'node:net'
import process from 'node:process'
import { Failure } from '../../lib/failure.ts'
import { isLoopback, isReserved } from '../../lib/network-address.ts'

/** Decides which addresses may be connected to. */
export interface AddressGuard {
  /**
   * Judges a host by what it is called, before anything is sent. `named` says that the user (or configuration) named it, not a server.
   * @throws Failure `registry-address-refused` that names the host and the flag.
   */
  check(host: string, named: boolean): void
  /** Name resolution for a connection to `host` that judges what the name leads to; other names (a proxy's) are resolved as they are. */
  lookup(host: string, named: boolean): LookupFunction
}

/** @throws Failure `address-invalid`, kind usage, for a block that is none. */
export function addressGuard(allowed: readonly string[]): AddressGuard {
  const allow = blockList(allowed)
  const allows = (address: string): boolean => allow.check(bare(address), isIP(bare(address)) === 4 ? 'ipv4' : 'ipv6')
  const judge = (host: string, address: string, named: boolean): void => {
    if (isReserved(address) && !allows(address)) throw refusal(host, address)
    if (!named && isLoopback(address)) throw refusal(host, address)
  }
  return {
    check(host, named) {
      const plain = host.replace(/^\[|\]$/g, '')
      if (isIP(plain) !== 0) judge(plain, plain, named)
      else if (isReserved(plain) && allowed.length === 0) throw refusal(plain)
      else if (!named && isLoopback(plain)) throw refusal(plain)
    },
    lookup: (host, named) => (hostname, options, callback) => {
      const { lookup } = process.getBuiltinModule('node:dns')
      if (hostname !== host.replace(/^\[|\]$/g, '')) return lookup(hostname, options, callback as never)
      lookup(hostname, { ...options, all: true }, (error, addresses) => {
        if (error) return callback(error, '', 0)
        try {
          for (const { address } of addresses) judge(hostname, address, named)
          if (isReserved(hostname) && !addresses.some(({ address }) => allows(address))) throw refusal(hostname)
        } catch (refused) {
          return callback(refused as NodeJS.ErrnoException, '', 0)
        }
        if (options.all === true) return callback(null, addresses)
        return callback(null, addresses[0].address, addresses[0].family)
      })
    },
  }
}

function blockList(blocks: readonly string[]): BlockList {
  const list = new BlockList()
  for (const block of blocks) {
    const [address, bits] = block.split('/')
    const version = isIP(address)
    const length = bits === undefined ? (version === 4 ? 32 : 128) : Number(bits)
    if (version === 0 || !Number.isInteger(length) || length < 0 || length > (version === 4 ? 32 : 128))
      throw new Failure('address-invalid', `"${block}" is no block of addresses`, {
        kind: 'usage',
        input: '--allow-address',
        hints: ['write it as CIDR: 169.254.10.0/24'],
      })
    list.addSubnet(address, length, version === 4 ? 'ipv4' : 'ipv6')
  }
  return list
}

function bare(address: string): string {
  return address.split('%')[0]
}

function refusal(host: string, address?: string): Failure {
  const what = address === undefined || address === host ? host : `${host}, which leads to ${address},`
  const own = isLoopback(address ?? host)
  const why = own ? 'this machine, which only you may name' : 'link-local or a metadata service of the cloud'
  return new Failure('registry-address-refused', `${what} is not connected to: it is ${why}`, {
    input: host,
    hints: own ? [] : [`if it is a registry all the same: --allow-address ${block(address ?? host)}`],
  })
}

function block(address: string): string {
  const version = isIP(bare(address))
  return version === 0 ? 'CIDR' : `${bare(address)}/${version === 4 ? 32 : 128}`
}
