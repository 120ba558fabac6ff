import { gzipSync, zstdCompressSync } from 'node:zlib'
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

  it('may be compressed', async () => {
    const bytes = module('name=foo\0version=1.2\0')
    const files = {
      'a/foo.ko.gz': gzipSync(bytes),
      'b/foo.ko.zst': zstdCompressSync(bytes),
      'c/x.ko.gz': Buffer.from('x'),
    }
    const { components, diagnostics } = await catalogued(kernel, files)
    expect(components.map(({ purl }) => purl)).toEqual(['pkg:generic/foo@1.2', 'pkg:generic/foo@1.2'])
    expect(diagnostics).toMatchObject([{ path: 'c/x.ko.gz', effect: 'partial' }])
    const bomb = { 'foo.ko.gz': gzipSync(Buffer.alloc(200 * 1024 ** 2)) }
    expect((await catalogued(kernel, bomb)).diagnostics).toMatchObject([{ path: 'foo.ko.gz' }])
  })
})

describe('kernel images', () => {
  /** The setup header of an x86 boot image, with the version's text where its pointer says. */
  function boot(said: string, pointer = 0x3000): Uint8Array {
    const out = Buffer.alloc(0x4000)
    out.write('HdrS', 0x202)
    out.writeUInt16LE(pointer, 0x20e)
    out.write(`${said}\0`, 0x3200)
    return out
  }

  it('say their release in the setup header, or in their banner', async () => {
    const { components } = await catalogued(kernel, {
      'boot/vmlinuz-6.1': boot('6.1.0-18-amd64 (debian-kernel@lists.debian.org) #1 SMP'),
      'boot/vmlinux': Buffer.from(
        `${'x'.repeat(1024 ** 2 - 5)}Linux version %s Linux version 5.10.0-8-arm64 (a@b) (gcc)`,
      ),
    })
    expect(components).toMatchObject([
      { purl: 'pkg:generic/linux-kernel@5.10.0-8-arm64', evidence: [{ path: 'boot/vmlinux' }] },
      {
        purl: 'pkg:generic/linux-kernel@6.1.0-18-amd64',
        cpes: ['cpe:2.3:o:linux:linux_kernel:6.1.0:*:*:*:*:*:*:*'],
        evidence: [{ offset: 0x3200 }],
      },
    ])
  })

  it('that say nothing hold nothing', async () => {
    for (const file of [boot('x'), boot('6.1 (a', 0xffff), Buffer.alloc(3), Buffer.from('Linux version 9')])
      expect(await catalogued(kernel, { 'boot/vmlinuz': file })).toMatchObject({ components: [], diagnostics: [] })
  })
})
