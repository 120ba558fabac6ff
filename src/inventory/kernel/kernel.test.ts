import { describe, expect, it } from 'vitest'
import { catalogued } from '../../../test/support/catalog.ts'
import { kernel } from './index.ts'

/** An ELF64 object with one section of that content. */
function module(info: string): Uint8Array {
  const names = Buffer.from('\0.shstrtab\0.modinfo\0')
  const body = Buffer.from(info)
  const start = 64 + names.length + body.length
  const out = Buffer.alloc(start + 192)
  out.write('\x7fELF\x02\x01\x01', 'latin1')
  out.writeUInt16LE(1, 16)
  out.writeUInt16LE(62, 18)
  out.writeUInt32LE(1, 20)
  out.writeBigUInt64LE(BigInt(start), 40)
  for (const [value, at] of [
    [64, 52],
    [64, 58],
    [3, 60],
    [1, 62],
  ] as const)
    out.writeUInt16LE(value, at)
  names.copy(out, 64)
  body.copy(out, 64 + names.length)
  const header = (index: number, name: number, type: number, offset: number, size: number): void => {
    const at = start + index * 64
    out.writeUInt32LE(name, at)
    out.writeUInt32LE(type, at + 4)
    out.writeBigUInt64LE(BigInt(offset), at + 24)
    out.writeBigUInt64LE(BigInt(size), at + 32)
  }
  header(1, 1, 3, 64, names.length)
  header(2, 11, 1, 64 + names.length, body.length)
  return out
}

describe('kernel modules', () => {
  it('are named by their .modinfo', async () => {
    const info = 'name=foo\0version=1.2\0license=GPL\0author=A\0vermagic=6.1.0 SMP\0'
    const { components, diagnostics } = await catalogued(kernel, { 'lib/modules/foo.ko': module(info) })
    expect(diagnostics).toEqual([])
    expect(components).toMatchObject([{ purl: 'pkg:generic/foo@1.2', name: 'foo', version: '1.2', supplier: 'A' }])
  })

  it('without a version of their own have that of the kernel', async () => {
    const { components } = await catalogued(kernel, { 'a/bar.ko': module('vermagic=6.1.0-9 SMP mod_unload\0') })
    expect(components).toMatchObject([{ name: 'bar', version: '6.1.0-9' }])
  })

  it.each([
    ['no ELF', Buffer.from('invalid')],
    ['no version', module('license=GPL\0')],
    ['cut', module('a=b').subarray(0, 90)],
  ])('that are broken are said: %s', async (_, bytes) => {
    const { components, diagnostics } = await catalogued(kernel, { 'a.ko': bytes })
    expect(components).toEqual([])
    expect(diagnostics).toMatchObject([{ path: 'a.ko', effect: 'partial' }])
  })
})
