import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, realpathSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { catalogued } from '../../../test/support/catalog.ts'
import { elfOf } from '../../../test/support/elf-writer.ts'
import { PROGRAM_TEXTS } from '../../../test/support/program-texts.ts'
import { BITNAMI_NAMES } from './advisory-sources.ts'
import { binaries } from './index.ts'
import { PROGRAMS } from './programs/index.ts'

/** An ELF header without sections, then that text. */
function elf(text: string, type = 2): Uint8Array {
  const header = Buffer.alloc(64)
  header.write('\x7fELF\x02\x01\x01', 'latin1')
  header.writeUInt16LE(type, 16)
  header.writeUInt16LE(62, 18)
  header.writeUInt32LE(1, 20)
  const filler = Buffer.alloc(512, '.')
  return Buffer.concat([header, filler, Buffer.from(text.replaceAll('|', '\0'), 'latin1'), filler])
}

const SAMPLES = Object.entries(PROGRAM_TEXTS).flatMap(([id, texts]) =>
  texts.map(([text, version]) => [id, version, text] as const),
)

async function found(files: Record<string, Uint8Array>): Promise<string[]> {
  const { components, diagnostics } = await catalogued(binaries, files)
  expect(diagnostics).toEqual([])
  return components.map(({ purl }) => purl)
}

function purlOf(id: string, version: string): string {
  const [namespace, name] = PROGRAMS.find((program) => program.id === id)?.purl ?? ['', '']
  return `pkg:generic/${namespace === '' ? '' : `${namespace}/`}${name}@${encodeURIComponent(version)}`
}

describe('programs', () => {
  it('are more than a hundred, each with a text of its own here, and searched for by texts that are long enough', () => {
    expect(PROGRAMS.length).toBeGreaterThan(100)
    expect(PROGRAMS.map(({ id }) => id).sort()).toEqual(Object.keys(PROGRAM_TEXTS).sort())
    for (const { texts, also = [] } of PROGRAMS)
      for (const needle of [...texts.map((text) => text.needle), ...also])
        expect(needle.length, needle).toBeGreaterThanOrEqual(8)
    for (const id of BITNAMI_NAMES.keys()) expect(PROGRAMS.some((program) => program.id === id)).toBe(true)
  })

  it.each(SAMPLES)('%s %s is recognised by its content, and nothing else is', async (id, version, text) => {
    expect(await found({ 'opt/x': elf(text) })).toEqual([purlOf(id, version)])
    // Over the border of two pieces that are searched one after the other.
    const far = elf(`${'-'.repeat(1024 ** 2 - 64 - 512 - (text.length >> 1))}${text}`)
    expect(await found({ 'a/very/different.name': far })).toEqual([purlOf(id, version)])
  })

  it('are not found in texts, in object files, or where no version stands', async () => {
    const files = {
      'doc/changelog': Buffer.from('nginx version: nginx/1.25.3 BusyBox v1.36.1'),
      'a.o': elf('|nginx version: nginx/1.25.3|', 1),
      b: elf('|nginx version: nginx/|BusyBox v|OpenSSL 1.1.1w see the manual|'),
    }
    expect(await found(files)).toEqual([])
  })

  it('say where the text stands, how sure that is, and whose advisories count', async () => {
    const { components } = await catalogued(binaries, { 'usr/bin/n': elf(PROGRAM_TEXTS.node?.[0]?.[0] ?? '') })
    expect(components).toMatchObject([
      {
        name: 'node',
        ecosystem: 'Bitnami',
        cpes: ['cpe:2.3:a:nodejs:node.js:20.9.0:*:*:*:*:*:*:*'],
        evidence: [{ path: 'usr/bin/n', offset: 577, confidence: 0.8 }],
      },
    ])
    const { components: curl } = await catalogued(binaries, { c: elf('|curl/8.5.0|') })
    expect(curl).toMatchObject([{ name: 'curl', ecosystem: 'generic', version: '8.5.0' }])
  })

  it('that another contains are its parts', async () => {
    const both = elf(
      '|https://nodejs.org/download/release/v20.9.0/|OpenSSL 3.0.10 1 Aug 2023| deflate 1.2.13 Copyright |',
    )
    expect(await found({ node: both })).toEqual(['pkg:generic/node@20.9.0'])
    expect(await found({ 'libcrypto.so.3': elf('|OpenSSL 3.0.10 1 Aug 2023|') })).toEqual([
      'pkg:generic/openssl@3.0.10',
    ])
  })

  it('of Java count by three numbers, and once where the folder says itself what it is', async () => {
    const java = elf(PROGRAM_TEXTS.openjdk?.[1]?.[0] ?? '')
    const { components } = await catalogued(binaries, { 'opt/j/bin/java': java })
    expect(components).toMatchObject([
      { name: 'java', version: '8.0.352', purl: 'pkg:generic/oracle/openjdk@1.8.0_352-b08' },
    ])
    expect(await found({ 'opt/j/bin/java': java, 'opt/j/release': Buffer.from('') })).toEqual([])
  })

  it('take no longer than their length, whatever stands in them', { timeout: 20_000 }, async () => {
    const hostile = [
      `${PROGRAMS.flatMap(({ texts }) => texts.map(({ needle }) => needle)).join('')}|`.repeat(200),
      'nginx version: nginx/1.1.'.repeat(100_000),
      `|openjdk|java|${'1'.repeat(3_000_000)}`,
      `Erlang/OTP${'|'.repeat(3_000_000)}`,
      '|ruby 3.3.3 (2'.repeat(100_000),
    ]
    const started = performance.now()
    for (const text of hostile) await catalogued(binaries, { x: elf(text) })
    expect(performance.now() - started).toBeLessThan(10_000)
  })

  it('are read without harm from any bytes', async () => {
    const anything = fc.array(
      fc.oneof(
        fc.constantFrom(...PROGRAMS.flatMap(({ texts }) => texts.map(({ needle }) => needle))),
        fc.string({ unit: 'binary' }),
      ),
      { maxLength: 30 },
    )
    await fc.assert(
      fc.asyncProperty(anything, async (parts) => {
        const { diagnostics } = await catalogued(binaries, { x: elf(parts.join('1.2.3')) })
        expect(diagnostics).toEqual([])
      }),
      { numRuns: 50 },
    )
  })
})

/** Programs that may be on the machine, with how they say their version. */
const REAL: readonly (readonly [id: string, path: string, command: readonly string[], version: RegExp])[] = [
  ['node', process.execPath, [process.execPath, '--version'], /v([\d.]+)/],
  ['bash', '/bin/bash', ['bash', '--version'], /version ([\d.]+)/],
  ['perl', '/usr/bin/perl', ['/usr/bin/perl', '-e', 'print $^V'], /v([\d.]+)/],
  ['git', '/usr/bin/git', ['/usr/bin/git', '--version'], /version ([\d.]+)/],
  ['gzip', '/bin/gzip', ['/bin/gzip', '--version'], /gzip ([\d.]+)/],
  ['tar', '/bin/tar', ['/bin/tar', '--version'], /\) ([\d.]+)/],
  ['xz', '/usr/bin/xz', ['/usr/bin/xz', '--version'], /\) ([\d.]+)/],
  ['zstd', '/usr/bin/zstd', ['/usr/bin/zstd', '--version'], /v([\d.]+)/],
  ['jq', '/usr/bin/jq', ['/usr/bin/jq', '--version'], /jq-([\d.]+)/],
  ['wget', '/usr/bin/wget', ['/usr/bin/wget', '--version'], /Wget ([\d.]+)/],
  ['curl', '/usr/bin/curl', ['/usr/bin/curl', '--version'], /curl ([\d.]+)/],
  ['php', '/usr/bin/php', ['/usr/bin/php', '--version'], /PHP ([\d.]+)/],
  ['util-linux', '/usr/bin/getopt', ['/usr/bin/getopt', '--version'], /util-linux ([\d.]+)/],
  ['busybox', '/bin/busybox', ['/bin/busybox'], /v([\d.]+)/],
  ['openssh', '/usr/bin/ssh', ['sh', '-c', '/usr/bin/ssh -V 2>&1'], /OpenSSH_([\dp.]+)/],
  ['gcc', '/usr/bin/gcc', ['/usr/bin/gcc', '-dumpfullversion'], /([\d.]+)/],
  ['python', '/usr/bin/python3', ['/usr/bin/python3', '--version'], /Python (\S+)/],
]

describe('libraries', () => {
  it('that a program is linked to are what it depends on', async () => {
    const linked = (needed: readonly string[], soname: string | undefined, text: string) =>
      Buffer.concat([
        elfOf({ needed, ...(soname && { soname }) }),
        Buffer.from(text.replaceAll('|', '\0'), 'latin1'),
        Buffer.alloc(512),
      ])
    const { components, relations } = await catalogued(binaries, {
      'opt/bin/tool': linked(['libcrypto.so.3', 'libc.so.6'], undefined, '|ClickHouse 23.8.2.7|'),
      'opt/lib/libcrypto.so.3': linked([], 'libcrypto.so.3', '|OpenSSL 3.0.19 27 Jan 2026|'),
    })
    const names = new Map(components.map(({ id, name }) => [id, name]))
    expect(relations.map(({ from, to, kind }) => [names.get(from), kind, names.get(to)])).toEqual([
      ['clickhouse', 'depends-on', 'openssl'],
    ])
  })
})

describe('real programs', () => {
  for (const [id, path, [command = '', ...words], pattern] of REAL) {
    it(`${id} is what it says of itself`, async (context) => {
      if (!existsSync(path)) context.skip(`${path} is not on this machine`)
      const said = pattern.exec(execFileSync(command, words, { encoding: 'utf8' }))?.[1] ?? ''
      expect(await found({ x: readFileSync(realpathSync(path)) })).toContain(purlOf(id, said))
    })
  }
})
