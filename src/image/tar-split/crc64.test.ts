import { Buffer } from 'node:buffer'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Crc64 } from './crc64.ts'

function sum(bytes: Uint8Array): string {
  const crc = new Crc64()
  crc.update(bytes)
  return Buffer.from(crc.digest()).toString('hex')
}

/** Bit by bit, as the definition has it: reflected, all ones before and inverted after. */
function plainSum(bytes: Uint8Array): string {
  const polynomial = 0xd800000000000000n
  let crc = 0xffffffffffffffffn
  for (const byte of bytes) {
    crc ^= BigInt(byte)
    for (let bit = 0; bit < 8; bit++) crc = (crc & 1n) === 1n ? (crc >> 1n) ^ polynomial : crc >> 1n
  }
  return (crc ^ 0xffffffffffffffffn).toString(16).padStart(16, '0')
}

describe('CRC-64 of the ISO polynomial', () => {
  it('is what Go computes', () => {
    // Vectors of Go's hash/crc64 (crc64_test.go), and the check value of CRC-64/GO-ISO in the catalogue of CRCs.
    expect(sum(Buffer.from(''))).toBe('0000000000000000')
    expect(sum(Buffer.from('a'))).toBe('3420000000000000')
    expect(sum(Buffer.from('ab'))).toBe('36c4200000000000')
    expect(sum(Buffer.from('123456789'))).toBe('b90956c775a41001')
  })

  it('is the same in whatever pieces the bytes come', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 5 }), (pieces) => {
        const crc = new Crc64()
        for (const piece of pieces) crc.update(piece)
        expect(Buffer.from(crc.digest()).toString('hex')).toBe(plainSum(Buffer.concat(pieces)))
      }),
    )
  })
})
