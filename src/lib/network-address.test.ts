import { describe, expect, it } from 'vitest'
import { isLoopback, isReserved } from './network-address.ts'

describe('reserved addresses', () => {
  it.each([
    '169.254.169.254',
    '::ffff:169.254.169.254',
    '::ffff:a9fe:a9fe',
    '64:ff9b::169.254.169.254',
    '64:ff9b::a9fe:a9fe',
    '::169.254.169.254',
    '::a9fe:a9fe',
    '64:ff9b::0.0.0.0',
    '100.100.100.200',
    '64:ff9b::100.100.100.200',
    '::168.63.129.16',
    '0.0.0.0',
    '::',
    'fe80::1%eth0',
    'fd00:ec2::254',
    'metadata.google.internal.',
  ])('%s is one', (host) => {
    expect(isReserved(host)).toBe(true)
  })

  it.each([
    '::1',
    '127.0.0.1',
    '64:ff9b::8.8.8.8',
    '::8.8.8.8',
    '2001:db8::1',
    '64:ff9b::100.100.100.201',
    'metadata.example',
  ])('%s is none', (host) => {
    expect(isReserved(host)).toBe(false)
  })
})

describe('loopback addresses', () => {
  it.each(['localhost', 'A.localhost.', '127.1.2.3', '::1', '::ffff:127.0.0.1', '::127.0.0.1', '64:ff9b::127.0.0.1'])(
    '%s is one',
    (host) => {
      expect(isLoopback(host)).toBe(true)
    },
  )

  it.each(['localhost.example', '128.0.0.1', '::2', '64:ff9b::8.8.8.8', '::'])('%s is none', (host) => {
    expect(isLoopback(host)).toBe(false)
  })
})
