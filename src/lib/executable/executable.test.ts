import { existsSync, readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { ByteSource } from '../byte-source.ts'
import { openExecutable, openExecutables } from './executable.ts'

function sourceOf(bytes: Uint8Array): ByteSource & { read: number } {
  return {
    sizeBytes: bytes.length,
    read: 0,
    at(offset, length) {
      const view = bytes.subarray(offset, offset + length)
      this.read += view.length
      return view
    },
  }
}

/** A small ELF: one loaded segment over the whole file, a dynamic table, a note, and sections unless `sections` is false. */
function elf({ wide, little, sections = true }: { wide: boolean; little: boolean; sections?: boolean }): Buffer {
  const out = Buffer.alloc(2048)
  const view = new DataView(out.buffer, out.byteOffset, out.length)
  const u16 = (at: number, value: number) => view.setUint16(at, value, little)
  const u32 = (at: number, value: number) => view.setUint32(at, value, little)
  const word = (at: number, value: number) => (wide ? view.setBigUint64(at, BigInt(value), little) : u32(at, value))
  const base = 0x10000
  out.set([0x7f, 0x45, 0x4c, 0x46, wide ? 2 : 1, little ? 1 : 2, 1])
  u16(18, wide ? 62 : 3)
  word(wide ? 32 : 28, 128)
  u16(wide ? 54 : 42, wide ? 56 : 32)
  u16(wide ? 56 : 44, 3)
  const segment = (index: number, type: number, offset: number, size: number) => {
    const at = 128 + index * (wide ? 56 : 32)
    u32(at, type)
    word(at + (wide ? 8 : 4), offset)
    word(at + (wide ? 16 : 8), base + offset)
    word(at + (wide ? 32 : 16), size)
    u32(at + (wide ? 4 : 24), 6)
  }
  segment(0, 1, 0, 2048)
  segment(1, 2, 512, 128)
  segment(2, 4, 700, 24)
  const entry = wide ? 16 : 8
  const dynamic = [
    [1, 1],
    [1, 11],
    [1, 1],
    [14, 19],
    [5, base + 900],
    [0, 0],
  ] as const
  dynamic.forEach(([tag, value], index) => {
    word(512 + index * entry, tag)
    word(512 + index * entry + entry / 2, value)
  })
  u32(700, 4)
  u32(704, 5)
  u32(708, 3)
  out.write('GNU\0hello', 712, 'latin1')
  out.write('\0libc.so.6\0libm.so\0libx.so.1\0', 900, 'latin1')
  if (!sections) return out
  word(wide ? 40 : 32, 1200)
  u16(wide ? 58 : 46, wide ? 64 : 40)
  u16(wide ? 60 : 48, 3)
  u16(wide ? 62 : 50, 2)
  const section = (index: number, name: number, type: number, offset: number, size: number) => {
    const at = 1200 + index * (wide ? 64 : 40)
    u32(at, name)
    u32(at + 4, type)
    word(at + 8, 1)
    word(at + (wide ? 16 : 12), base + offset)
    word(at + (wide ? 24 : 16), offset)
    word(at + (wide ? 32 : 20), size)
  }
  section(1, 1, 1, 900, 11)
  section(2, 7, 3, 1000, 20)
  out.write('\0.data\0.shstrtab\0', 1000, 'latin1')
  return out
}

describe('ELF', () => {
  for (const wide of [false, true])
    for (const little of [false, true])
      test(`${wide ? 64 : 32} bits, ${little ? 'little' : 'big'} endian`, () => {
        const program = openExecutable(sourceOf(elf({ wide, little })))
        expect(program).toMatchObject({ format: 'elf', bits: wide ? 64 : 32, littleEndian: little })
        expect(program?.architecture).toBe(wide ? 'amd64' : '386')
        expect(program?.needed()).toEqual(['libc.so.6', 'libm.so'])
        expect(program?.soname()).toBe('libx.so.1')
        const data = program?.section('.data')
        expect(data).toMatchObject({ offset: 900, sizeBytes: 11, address: 0x10000 + 900, writable: true })
        expect(Buffer.from(program?.read(data!, 5) ?? []).toString()).toBe('\0libc')
        expect(Buffer.from(program?.atAddress(0x10000 + 901, 4) ?? []).toString()).toBe('libc')
        expect(program?.atAddress(5, 4)).toHaveLength(0)
        expect(program?.notes()).toMatchObject([{ name: 'GNU', type: 3 }])
        expect(Buffer.from(program?.notes()[0]?.desc ?? []).toString()).toBe('hello')
      })

  test('without section headers the segments answer', () => {
    const program = openExecutable(sourceOf(elf({ wide: true, little: true, sections: false })))
    expect(program?.sections).toEqual([])
    expect(program?.needed()).toEqual(['libc.so.6', 'libm.so'])
    expect(program?.isPacked()).toBe(false)
  })

  test('packed by UPX', () => {
    const bytes = elf({ wide: true, little: true, sections: false })
    bytes.write('UPX!', 340, 'latin1')
    expect(openExecutable(sourceOf(bytes))?.isPacked()).toBe(true)
  })

  test('tables that lie outside the file are not there', () => {
    const bytes = elf({ wide: true, little: true })
    bytes.writeBigUInt64LE(0xffff_ffff_ffff_fff0n, 40)
    bytes.writeBigUInt64LE(0xffff_ffff_ffffn, 32)
    const program = openExecutable(sourceOf(bytes))
    expect(program?.sections).toEqual([])
    expect(program?.needed()).toEqual([])
  })

  test.skipIf(!existsSync('/bin/ls'))('a program of the machine, its headers only', () => {
    const source = sourceOf(readFileSync('/bin/ls'))
    const program = openExecutable(source)
    expect(program?.section('.text')?.executable).toBe(true)
    expect(program?.needed().some((name) => name.startsWith('libc.'))).toBe(true)
    expect(source.read).toBeLessThan(100_000)
  })

  test.skipIf(process.platform !== 'linux')('the program that runs this test', () => {
    const source = sourceOf(readFileSync(process.execPath))
    expect(openExecutable(source)?.sections.length).toBeGreaterThan(10)
    expect(source.read).toBeLessThan(1_000_000)
  })
})

/** A PE with one section `.text` that holds its import and export tables. */
function pe(): Buffer {
  const out = Buffer.alloc(1536)
  out.write('MZ')
  out.writeUInt32LE(0x80, 0x3c)
  out.write('PE\0\0', 0x80)
  out.writeUInt16LE(0x8664, 0x84)
  out.writeUInt16LE(1, 0x86)
  out.writeUInt16LE(240, 0x94)
  const optional = 0x98
  out.writeUInt16LE(0x20b, optional)
  out.writeBigUInt64LE(0x1_4000_0000n, optional + 24)
  out.writeUInt32LE(16, optional + 108)
  out.writeUInt32LE(0x1080, optional + 112)
  out.writeUInt32LE(0x1000, optional + 120)
  const section = optional + 240
  out.write('.text', section)
  out.writeUInt32LE(600, section + 8)
  out.writeUInt32LE(0x1000, section + 12)
  out.writeUInt32LE(1024, section + 16)
  out.writeUInt32LE(512, section + 20)
  out.writeUInt32LE(0x6000_0020, section + 36)
  out.writeUInt32LE(0x1100, 512 + 12)
  out.writeUInt32LE(0x1110, 512 + 0x80 + 12)
  out.write('KERNEL32.dll\0', 512 + 0x100)
  out.write('my.dll\0', 512 + 0x110)
  return out
}

test('PE: sections, imports, the name it exports', () => {
  const program = openExecutable(sourceOf(pe()))
  expect(program).toMatchObject({ format: 'pe', architecture: 'amd64', bits: 64 })
  expect(program?.section('.text')).toMatchObject({
    offset: 512,
    sizeBytes: 600,
    address: 0x1_4000_1000,
    executable: true,
  })
  expect(program?.needed()).toEqual(['KERNEL32.dll'])
  expect(program?.soname()).toBe('my.dll')
  expect(program?.isPacked()).toBe(false)
})

function machO(little: boolean): Buffer {
  const out = Buffer.alloc(512)
  const view = new DataView(out.buffer, out.byteOffset, out.length)
  const u32 = (at: number, value: number) => view.setUint32(at, value, little)
  const u64 = (at: number, value: number) => view.setBigUint64(at, BigInt(value), little)
  u32(0, 0xfeedfacf)
  u32(4, 0x0100_000c)
  u32(16, 2)
  u32(20, 152 + 40)
  u32(32, 0x19)
  u32(36, 152)
  u64(32 + 24, 0x1000)
  u64(32 + 40, 256)
  u64(32 + 48, 256)
  u32(32 + 60, 3)
  out.write('__go_buildinfo', 32 + 72)
  u64(32 + 72 + 32, 0x1010)
  u64(32 + 72 + 40, 16)
  u32(32 + 72 + 48, 272)
  u32(184, 0xc)
  u32(188, 40)
  u32(192, 24)
  out.write('/usr/lib/a.b', 184 + 24)
  out.write('build', 272)
  return out
}

test('Mach-O: thin in both byte orders, and fat', () => {
  for (const little of [true, false]) {
    const program = openExecutable(sourceOf(machO(little)))
    expect(program).toMatchObject({ format: 'mach-o', architecture: 'arm64', bits: 64, littleEndian: little })
    expect(program?.section('__go_buildinfo')).toMatchObject({ offset: 272, sizeBytes: 16, writable: true })
    expect(program?.needed()).toEqual(['/usr/lib/a.b'])
    expect(Buffer.from(program?.atAddress(0x1010, 5) ?? []).toString()).toBe('build')
  }
  const fat = Buffer.alloc(64)
  fat.writeUInt32BE(0xcafebabe, 0)
  fat.writeUInt32BE(2, 4)
  for (const [at, offset] of [
    [8, 64],
    [28, 576],
  ] as const) {
    fat.writeUInt32BE(offset, at + 8)
    fat.writeUInt32BE(512, at + 12)
  }
  const slices = openExecutables(sourceOf(Buffer.concat([fat, machO(true), machO(false)])))
  expect(slices.map((slice) => slice.littleEndian)).toEqual([true, false])
  expect(Buffer.from(slices[1]?.atAddress(0x1010, 5) ?? []).toString()).toBe('build')
})

test('other files are none', () => {
  for (const text of ['', 'M', 'MZ', '#!/bin/sh\n', '\x7fELF', '\x7fELF\x02\x01\x01'])
    expect(openExecutable(sourceOf(Buffer.from(text, 'latin1')))).toBeUndefined()
  expect(openExecutables(sourceOf(Buffer.from('cafebabe00000034', 'hex')))).toEqual([])
})

test('whatever is damaged, nothing is thrown, and little is read', () => {
  const whole = [elf({ wide: true, little: true }), elf({ wide: false, little: false }), pe(), machO(true)]
  const change = fc.record({ at: fc.nat(1200), value: fc.constantFrom(0, 1, 0x7f, 0x80, 0xff) })
  fc.assert(
    fc.property(fc.constantFrom(...whole), fc.array(change, { maxLength: 12 }), fc.nat(2048), (good, changes, keep) => {
      const bytes = Uint8Array.from(good.subarray(0, keep))
      for (const { at, value } of changes) if (at > 4 && at < bytes.length) bytes[at] = value
      for (const program of openExecutables(sourceOf(bytes))) {
        program.needed()
        program.soname()
        program.notes()
        program.isPacked()
        for (const section of program.sections) expect(program.read(section, 100).length).toBeLessThanOrEqual(100)
        for (const segment of program.segments) program.atAddress(segment.address, 100)
      }
    }),
    { numRuns: 1000 },
  )
})
