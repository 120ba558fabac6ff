import { describe, expect, it } from 'vitest'
import { Failure } from '../../lib/failure.ts'
import { addressGuard } from './address-guard.ts'

const refused = (act: () => void): string => {
  try {
    act()
    return 'allowed'
  } catch (error) {
    return error instanceof Failure ? `${error.code}: ${error.hints.join()}` : String(error)
  }
}

const lookUp = (host: string, named: boolean, allowed: readonly string[] = []): Promise<string> =>
  new Promise((resolve) => {
    addressGuard(allowed).lookup(host, named)(host, { all: true }, (error, addresses) =>
      resolve(error === null ? JSON.stringify(addresses) : error.message),
    )
  })

describe('addresses that registries may have', () => {
  it('are not link-local, nor those of metadata services, in any spelling', () => {
    const { check } = addressGuard([])
    for (const host of [
      '169.254.169.254',
      '[::ffff:a9fe:a9fe]',
      '[fe80::1]',
      '100.100.100.200',
      'metadata.google.internal',
    ])
      expect(refused(() => check(host, true))).toMatch(/^registry-address-refused: .*--allow-address /)
  })

  it('are those that the flag allows', () => {
    const { check } = addressGuard(['169.254.10.0/24', 'fe80::/64'])
    expect(refused(() => check('169.254.10.7', true))).toBe('allowed')
    expect(refused(() => check('[fe80::7]', true))).toBe('allowed')
    expect(refused(() => check('169.254.11.7', true))).toContain('--allow-address 169.254.11.7/32')
  })

  it('are this machine only when the user names it', async () => {
    const { check } = addressGuard([])
    for (const host of ['127.0.0.1', 'localhost', '[::1]', 'x.localhost']) {
      expect(refused(() => check(host, true))).toBe('allowed')
      expect(refused(() => check(host, false))).toBe('registry-address-refused: ')
    }
    expect(await lookUp('localhost', true)).toMatch(/127\.0\.0\.1|::1/)
    expect(await lookUp('localhost', false)).toMatch(/localhost, which leads to .* is not connected to/)
  })

  it('may be any other', () => {
    const { check } = addressGuard([])
    for (const host of ['registry.example', '10.0.0.1', '192.168.1.1', '[2001:db8::1]'])
      expect(refused(() => check(host, false))).toBe('allowed')
  })

  it('are allowed by blocks only', () => {
    for (const block of ['x', '169.254.0.0/33', '169.254.0.0/-1', '1.2.3.4/x'])
      expect(refused(() => addressGuard([block]))).toMatch(/^address-invalid/)
  })
})
