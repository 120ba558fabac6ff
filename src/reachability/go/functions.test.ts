import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'
import type { RandomFile } from '../../reading/index.ts'
import { affectedIn } from './affected.ts'
import { readGoFunctions } from './function-table.ts'

const root = mkdtempSync(join(tmpdir(), 'bulwark-functions-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))

function fileOf(bytes: Uint8Array, read = { bytes: 0 }): RandomFile {
  return {
    path: 'app/server',
    sizeBytes: bytes.length,
    mode: 0o755,
    at(offset, length) {
      const part = bytes.subarray(offset, Math.min(bytes.length, offset + length))
      read.bytes += part.length
      return part
    },
  }
}

function judge(bytes: Uint8Array, path: string, symbols: readonly string[], systems: readonly string[] = []): string {
  const [functions] = readGoFunctions(fileOf(bytes)).facts
  if (functions === undefined) return 'no table'
  return affectedIn({ path: 'app/server', functions }, [{ package: path, symbols, systems }], false).state
}

interface Header {
  readonly magic: number
  readonly wide?: boolean
  readonly littleEndian?: boolean
}

/** A table of functions in the form that its magic says. */
function table(names: readonly string[], { magic, wide = true, littleEndian = true }: Header): Buffer {
  const size = wide ? 8 : 4
  const word = (value: number): Buffer => {
    const bytes = Buffer.alloc(size)
    if (wide && littleEndian) bytes.writeBigUInt64LE(BigInt(value))
    else if (wide) bytes.writeBigUInt64BE(BigInt(value))
    else if (littleEndian) bytes.writeUInt32LE(value)
    else bytes.writeUInt32BE(value)
    return bytes
  }
  const u32 = (value: number): Buffer => {
    const bytes = Buffer.alloc(4)
    if (littleEndian) bytes.writeUInt32LE(value)
    else bytes.writeUInt32BE(value)
    return bytes
  }
  const head = Buffer.concat([u32(magic), Buffer.from([0, 0, 1, size])])
  const texts = Buffer.from(`${names.join('\0')}\0`)
  if (magic === 0xfffffffb) {
    const describedAt = 8 + size + (names.length * 2 + 1) * size
    const textsAt = describedAt + names.length * (size + 4)
    let at = textsAt
    const described = names.map((name) => {
      const one = Buffer.concat([word(0x1000), u32(at)])
      at += name.length + 1
      return one
    })
    const pairs = names.flatMap((_, i) => [word(0x1000 + i), word(describedAt + i * (size + 4))])
    return Buffer.concat([head, word(names.length), ...pairs, word(0x2000), ...described, texts])
  }
  const words = magic === 0xfffffffa ? 7 : 8
  const from = 8 + words * size
  const offsets = [from, from + texts.length, from + texts.length, from + texts.length, from + texts.length]
  const counts = words === 7 ? [names.length, 0] : [names.length, 0, 0x1000]
  return Buffer.concat([head, ...[...counts, ...offsets].map(word), texts])
}

/** An ELF file whose only section of interest is the table. */
function elf(content: Buffer, { wide = true, littleEndian = true }: Omit<Header, 'magic'> = {}): Buffer {
  const headBytes = wide ? 64 : 52
  const segmentBytes = wide ? 56 : 32
  const sectionBytes = wide ? 64 : 40
  const names = Buffer.from('\0.gopclntab\0.shstrtab\0')
  const tableAt = headBytes + segmentBytes
  const namesAt = tableAt + content.length
  const sectionsAt = namesAt + names.length
  const file = Buffer.alloc(sectionsAt + sectionBytes * 3)
  const put = (at: number, bytes: number, value: number): void => {
    for (let i = 0; i < bytes; i++)
      file[littleEndian ? at + i : at + bytes - 1 - i] = Math.floor(value / 256 ** i) % 256
  }
  file.set([0x7f, 0x45, 0x4c, 0x46, wide ? 2 : 1, littleEndian ? 1 : 2, 1])
  const w = wide ? 8 : 4
  put(wide ? 32 : 28, w, headBytes)
  put(wide ? 40 : 32, w, sectionsAt)
  const halves = wide ? [54, 56, 58, 60, 62] : [42, 44, 46, 48, 50]
  for (const [i, value] of [segmentBytes, 1, sectionBytes, 3, 2].entries()) put(halves[i] as number, 2, value)
  put(headBytes, 4, 1)
  put(headBytes + (wide ? 8 : 4), w, 0)
  put(headBytes + (wide ? 16 : 8), w, 0x10000)
  put(headBytes + (wide ? 32 : 16), w, file.length)
  const section = (index: number, name: number, at: number, bytes: number): void => {
    const base = sectionsAt + index * sectionBytes
    put(base, 4, name)
    put(base + 4, 4, 1)
    put(base + (wide ? 16 : 12), w, 0x10000 + at)
    put(base + (wide ? 24 : 16), w, at)
    put(base + (wide ? 32 : 20), w, bytes)
  }
  section(1, 1, tableAt, content.length)
  section(2, 12, namesAt, names.length)
  file.set(content, tableAt)
  file.set(names, namesAt)
  return file
}

const NAMES = [
  'runtime.main',
  'main.main',
  'gopkg.in/yaml%2ev3.(*Decoder).Decode',
  'a.b/c.Map[...]',
  'x/y.T.Run-fm',
  'type:.eq.x/y.T',
]
const FORMATS = [0xfffffffa, 0xfffffff0, 0xfffffff1]

describe.each([
  [true, true],
  [true, false],
  [false, true],
  [false, false],
])('the function table of 64 bits: %s, little endian: %s', (wide, littleEndian) => {
  it.each(FORMATS)('is read in the format %d', (magic) => {
    const program = elf(table(NAMES, { magic, wide, littleEndian }), { wide, littleEndian })
    expect(judge(program, 'gopkg.in/yaml.v3', ['Decoder.Decode'])).toBe('yes')
    expect(judge(program, 'gopkg.in/yaml.v3', ['Decoder.Other', 'Unmarshal'])).toBe('no')
    expect(judge(program, 'a.b/c', ['Map'])).toBe('yes')
    expect(judge(program, 'x/y', ['T.Run'])).toBe('yes')
    expect(judge(program, 'x/y', [])).toBe('yes')
    expect(judge(program, 'x/z', [])).toBe('no')
  })

  it('does not rule anything out before Go 1.16, where inlined functions have no names', () => {
    const program = elf(table(NAMES, { magic: 0xfffffffb, wide, littleEndian }), { wide, littleEndian })
    expect(judge(program, 'gopkg.in/yaml.v3', ['Decoder.Decode'])).toBe('yes')
    expect(judge(program, 'gopkg.in/yaml.v3', ['Unmarshal'])).toBe('unknown')
  })
})

describe('a function table that is none', () => {
  it.each([
    ['without the functions of every program', elf(table(['a.b', 'c.d'], { magic: 0xfffffff1 }))],
    ['of an unknown format', elf(table(NAMES, { magic: 0xfffffff2 }))],
    ['cut off in its header', elf(Buffer.from([0xf1, 0xff, 0xff, 0xff, 0, 0, 1, 8, 1]))],
    [
      'that ends before it begins',
      elf(Buffer.concat([table(NAMES, { magic: 0xfffffff1 }).subarray(0, 32), Buffer.alloc(64)])),
    ],
    ['of a size beyond all bounds', elf(lying())],
  ])('%s has no facts', (_, bytes) => {
    expect(judge(bytes, 'x/y', [])).toBe('no table')
  })

  it('claims more functions than it has, and costs no more than it has', () => {
    const content = table(['runtime.main'], { magic: 0xfffffffb })
    content.writeBigUInt64LE(3_000_000n, 8)
    const read = { bytes: 0 }
    readGoFunctions(fileOf(elf(content), read))
    expect(read.bytes).toBeLessThan(100_000)
  })

  it('throws nothing, whatever it holds', () => {
    const good = elf(table(NAMES, { magic: 0xfffffff1 }))
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(good.length - 1), fc.nat(255)), { maxLength: 12 }), (changes) => {
        const bytes = Buffer.from(good)
        for (const [at, value] of changes) bytes[at] = value
        readGoFunctions(fileOf(bytes))
      }),
    )
  })
})

function lying(): Buffer {
  const content = table(NAMES, { magic: 0xfffffff1 })
  content.writeBigUInt64LE(2n ** 62n, 8 + 4 * 8)
  return content
}

it('leaves out what an advisory says of other systems', () => {
  const program = elf(table(NAMES, { magic: 0xfffffff1 }))
  expect(judge(program, 'x/y', ['T.Run'], ['windows'])).toBe('no')
  expect(judge(program, 'x/y', ['T.Run'], ['windows', 'linux'])).toBe('yes')
})

const SOURCE = `package main
import ("fmt"; "os"; "strings"; "path/filepath")
type counter struct{ n int }
func (c *counter) add(s string) int { c.n += len(s); return c.n }
//go:noinline
func kept(s string) string { return strings.ToUpper(s) }
func unused() string { return os.Getenv("X") }
func main() { c := &counter{}; fmt.Println(kept(os.Args[0]), c.add(os.Args[0]), filepath.Base(os.Args[0])) }
`

describe('programs that Go builds', () => {
  it.for([
    ['linux', 'amd64', []],
    ['linux', 'amd64', ['-ldflags', '-s -w']],
    ['linux', '386', []],
    ['linux', 's390x', ['-ldflags', '-s -w']],
    ['windows', 'amd64', ['-ldflags', '-s -w']],
    ['darwin', 'arm64', []],
  ] as const)(
    'for %s/%s with %j name what is linked in and what is inlined',
    { timeout: 120_000 },
    ([os, architecture, flags], ctx) => {
      if (spawnSync('go', ['version']).error) ctx.skip('go is not installed')
      writeFileSync(join(root, 'go.mod'), 'module example.com/hello\n\ngo 1.20\n')
      writeFileSync(join(root, 'main.go'), SOURCE)
      const env = { ...process.env, GOTOOLCHAIN: 'local', CGO_ENABLED: '0', GOOS: os, GOARCH: architecture }
      const built = spawnSync('go', ['build', '-o', 'out', ...flags, '.'], { cwd: root, encoding: 'utf8', env })
      expect(built.stderr).toBe('')
      const bytes = readFileSync(join(root, 'out'))
      expect(judge(bytes, 'main', ['kept'])).toBe('yes')
      expect(judge(bytes, 'main', ['counter.add'])).toBe('yes')
      expect(judge(bytes, 'main', ['unused'])).toBe('no')
      expect(judge(bytes, 'path/filepath', ['Base'])).toBe('yes')
      expect(judge(bytes, 'net/http', [])).toBe('no')
    },
  )

  it('are not read as a whole', () => {
    const go = spawnSync('go', ['env', 'GOROOT'], { encoding: 'utf8' })
    if (go.error) return
    const bytes = readFileSync(join(go.stdout.trim(), 'bin', 'gofmt'))
    const read = { bytes: 0 }
    const [functions] = readGoFunctions(fileOf(bytes, read)).facts
    expect(functions?.count).toBeGreaterThan(1000)
    expect(read.bytes).toBeLessThan(bytes.length * 0.05 + 65_536)
  })
})
