import { describe, expect, it } from 'vitest'
import { catalogued } from '../../../test/support/catalog.ts'
import { elfNotes } from './index.ts'

/** An ELF64 program with one note segment that holds this description. */
function elf(desc: string | Uint8Array, { owner = 'FDO', type = 0xcafe1a7e } = {}): Uint8Array {
  const text = Buffer.from(desc)
  const body = Buffer.concat([text, Buffer.alloc(4 - (text.length % 4))])
  const name = Buffer.from(`${owner}\0`)
  const note = Buffer.alloc(12 + name.length + body.length)
  note.writeUInt32LE(name.length, 0)
  note.writeUInt32LE(body.length, 4)
  note.writeUInt32LE(type, 8)
  name.copy(note, 12)
  body.copy(note, 12 + name.length)
  const out = Buffer.alloc(Math.max(1024, 120 + note.length))
  out.write('\x7fELF\x02\x01\x01', 'latin1')
  out.writeUInt16LE(3, 16)
  out.writeUInt16LE(62, 18)
  out.writeUInt32LE(1, 20)
  out.writeBigUInt64LE(64n, 32)
  out.writeUInt16LE(64, 52)
  out.writeUInt16LE(56, 54)
  out.writeUInt16LE(1, 56)
  out.writeUInt32LE(4, 64)
  out.writeBigUInt64LE(120n, 64 + 8)
  out.writeBigUInt64LE(BigInt(note.length), 64 + 32)
  out.writeBigUInt64LE(BigInt(note.length), 64 + 40)
  note.copy(out, 120)
  return out
}

const found = async (file: Uint8Array) => await catalogued(elfNotes, { 'usr/lib/x.so': file })

describe('the package note of an ELF file', () => {
  it('names the package that the file was built of', async () => {
    const said = {
      type: 'rpm',
      name: 'hello',
      version: '0-1.fc35',
      architecture: 'x86_64',
      osCpe: 'cpe:/o:fedoraproject:fedora:33',
    }
    const { components, diagnostics } = await found(elf(JSON.stringify(said)))
    expect(diagnostics).toEqual([])
    expect(components).toMatchObject([
      { purl: 'pkg:rpm/fedora/hello@0-1.fc35?arch=x86_64', name: 'hello', version: '0-1.fc35', architecture: 'x86_64' },
    ])
    const debian = { type: 'deb', name: 'zlib1g', version: '1:1.2', osCpe: 'cpe:2.3:o:debian:debian_linux:12' }
    expect((await found(elf(JSON.stringify(debian)))).components[0]?.purl).toBe('pkg:deb/debian/zlib1g@1:1.2')
    const other = { type: 'x', name: 'tool', version: '1', appCpe: 'cpe:2.3:a:v:tool:1:*:*:*:*:*:*:*' }
    expect((await found(elf(JSON.stringify(other)))).components).toMatchObject([
      { purl: 'pkg:generic/tool@1', cpes: [other.appCpe] },
    ])
  })

  it('of another owner or type is none', async () => {
    const said = JSON.stringify({ name: 'x', version: '1' })
    for (const file of [elf(said, { owner: 'GNU' }), elf(said, { type: 3 }), elf(said).subarray(0, 600)])
      expect(await found(file)).toMatchObject({ diagnostics: [] })
    expect((await found(elf(said, { owner: 'GNU' }))).components).toEqual([])
  })

  it.each([
    ['no JSON', '{'],
    ['deep', '['.repeat(30_000)],
    ['no package', '{"type":"rpm"}'],
    ['a hostile version', '{"name":"x","version":"1\\u001b[2J"}'],
    ['huge', 'x'.repeat(70_000)],
  ])('that is broken is told: %s', async (_, text) => {
    const { components, diagnostics } = await found(elf(text))
    expect(components).toEqual([])
    if (text.length < 60_000) expect(diagnostics).toMatchObject([{ path: 'usr/lib/x.so', effect: 'partial' }])
  })
})
