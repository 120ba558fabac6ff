import { gzipSync } from 'node:zlib'
import { expect, it } from 'vitest'
import { readEmbeddedSbom } from './embedded-sbom.ts'

const SBOM = JSON.stringify({
  bomFormat: 'CycloneDX',
  components: [
    { type: 'library', name: 'guava', version: '30.0-jre', purl: 'pkg:maven/com.google.guava/guava@30.0-jre' },
  ],
})

/** An ELF program (System V gabi) of one mapped segment, its symbols, and the bill of materials with its length. */
function program(packed: Buffer, symbols: readonly string[] = ['sbom', 'sbom_length'], length = packed.length): Buffer {
  const base = 0x400000
  const names = Buffer.from(`\0other\0${symbols.join('\0')}\0`)
  const sections = Buffer.from('\0.dynsym\0.dynstr\0.shstrtab\0')
  const dataAt = 64 + 56
  const lengthAt = dataAt + packed.length
  const table = Buffer.alloc(24 * (symbols.length + 1))
  for (const [i, symbol] of symbols.entries()) {
    table.writeUInt32LE(names.indexOf(`\0${symbol}\0`) + 1, 24 * (i + 1))
    table.writeBigUInt64LE(BigInt(base + (i === 0 ? dataAt : lengthAt)), 24 * (i + 1) + 8)
  }
  const number = Buffer.alloc(8)
  number.writeBigUInt64LE(BigInt(length))
  const tableAt = lengthAt + 8
  const namesAt = tableAt + table.length
  const sectionsAt = namesAt + names.length
  const headersAt = sectionsAt + sections.length
  const header = Buffer.alloc(64)
  header.write('\x7fELF\x02\x01\x01', 0, 'latin1')
  for (const [at, value] of [
    [16, 3],
    [18, 62],
    [52, 64],
    [54, 56],
    [56, 1],
    [58, 64],
    [60, 4],
    [62, 3],
  ])
    header.writeUInt16LE(value, at)
  header.writeUInt32LE(1, 20)
  header.writeBigUInt64LE(64n, 32)
  header.writeBigUInt64LE(BigInt(headersAt), 40)
  const segment = Buffer.alloc(56)
  segment.writeUInt32LE(1, 0)
  segment.writeUInt32LE(4, 4)
  for (const [at, value] of [
    [16, base],
    [24, base],
    [32, tableAt],
    [40, tableAt],
    [48, 1],
  ])
    segment.writeBigUInt64LE(BigInt(value), at)
  const sectionHeader = (name: string, type: number, offset: number, bytes: number) => {
    const one = Buffer.alloc(64)
    one.writeUInt32LE(sections.indexOf(`\0${name}\0`) + 1, 0)
    one.writeUInt32LE(type, 4)
    one.writeBigUInt64LE(BigInt(offset), 24)
    one.writeBigUInt64LE(BigInt(bytes), 32)
    return one
  }
  return Buffer.concat([
    header,
    segment,
    packed,
    number,
    table,
    names,
    sections,
    Buffer.alloc(64),
    sectionHeader('.dynsym', 11, tableAt, table.length),
    sectionHeader('.dynstr', 3, namesAt, names.length),
    sectionHeader('.shstrtab', 3, sectionsAt, sections.length),
  ])
}

const read = (bytes: Buffer) =>
  readEmbeddedSbom({
    path: 'app/server',
    mode: 0o755,
    sizeBytes: bytes.length,
    at: (offset, length) => bytes.subarray(offset, offset + length),
  })

it('the bill of materials of a native image', () => {
  const { facts, diagnostics } = read(program(gzipSync(SBOM)))
  expect(facts).toMatchObject([{ name: 'com.google.guava:guava', version: '30.0-jre', ecosystem: 'Maven' }])
  expect(diagnostics).toEqual([])
})

it('other programs hold nothing; a damaged bill, a bomb and a length that lies are told or nothing', () => {
  const packed = gzipSync(SBOM)
  for (const bytes of [
    program(packed, ['main', 'sbom_size']),
    Buffer.alloc(0),
    Buffer.from('\x7fELF'),
    program(packed, undefined, 2 ** 40),
  ])
    expect(read(bytes)).toEqual({ facts: [], diagnostics: [] })
  for (const broken of [packed.subarray(0, 30), Buffer.from('no gzip'), gzipSync(Buffer.alloc(130 * 1024 ** 2))])
    expect(read(program(broken))).toMatchObject({ facts: [], diagnostics: [{ path: 'app/server', effect: 'partial' }] })
  const whole = program(packed)
  for (let cut = 0; cut < whole.length; cut += 7) read(whole.subarray(0, cut))
})
