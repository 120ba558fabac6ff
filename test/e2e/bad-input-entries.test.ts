import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { DEBIAN, DPKG_STATUS, debianImage, imageOfPieces, manyEntries } from '../support/bad-image.ts'
import { expectHarmless, expectRefused, type Ran, type Report, sameAnswer, useSandbox } from '../support/sandbox.ts'
import { dockerArchive, tarball, type WrittenEntry } from '../support/tar-writer.ts'

const sandbox = useSandbox()

/** Scans an image with these entries on top, plain and packed, twice each: the second time from the cache. All answers must be the same. */
async function scanEntries(entries: readonly WrittenEntry[]): Promise<Ran & { readonly report: Report }> {
  const archive = dockerArchive([debianImage(entries)])
  const plain = await sandbox.report(sandbox.file('image.tar', archive))
  const again = await sandbox.report(sandbox.file('image.tar', archive))
  sandbox.forget()
  const packed = await sandbox.report(sandbox.file('image.tar.gz', gzipSync(archive)))
  for (const one of [plain, again, packed]) expectHarmless(one)
  sameAnswer(plain.report, again.report)
  sameAnswer(plain.report, packed.report)
  return plain
}

const names = ({ components }: Report): string[] => components.map(({ name, version }) => `${name} ${version}`).sort()
const NPM = (name: string) => `{"name":"${name}","version":"1.0.0"}`
const status = (version: string) => DPKG_STATUS.replace('1.2.4-0.2', version)

describe('names that lead out of the root', () => {
  it.each([
    ['absolute', '/var/lib/dpkg/status', true],
    ['with .. in front', '../../../var/lib/dpkg/status', true],
    ['with .. inside', 'var/lib/../../../var/lib/dpkg/status', true],
    ['with . and empty parts', './var//lib/./dpkg///status', false],
  ])('%s: taken into the root, as a runtime does, and never outside', async (_, name, said) => {
    const { report } = await scanEntries([{ name, body: status('9.9') }])
    expect(names(report)).toEqual(['libwebp7 9.9'])
    const outside = report.diagnostics.filter(({ code }) => code === 'entry-outside-root')
    expect(outside.map(({ path }) => path)).toEqual(said ? [name] : [])
  })

  it('of the root itself, empty, or with a NUL in a PAX record: left out', async () => {
    const { report } = await scanEntries([
      { name: '..', flag: '5' },
      { name: '/', body: 'x' },
      { name: '', body: 'x' },
      { name: 'x', pax: { path: 'srv/a\0b' }, body: 'x' },
    ])
    expect(names(report)).toEqual(['libwebp7 1.2.4-0.2'])
    expect(report.diagnostics.map(({ code }) => code)).toContain('tar-pax-invalid')
  })
})

describe('links', () => {
  const database = { name: 'var/lib/dpkg/status' }
  it.each([
    ['a file that leads to itself', [{ ...database, flag: '2', linkName: 'status' }]],
    [
      'two that lead to each other',
      [
        { ...database, flag: '2', linkName: 'other' },
        { name: 'var/lib/dpkg/other', flag: '2', linkName: 'status' },
      ],
    ],
    ['one that leads nowhere', [{ ...database, flag: '2', linkName: '/no/such/place' }]],
    ['one that leads out of the root', [{ ...database, flag: '2', linkName: '../../../../../../../etc/shadow' }]],
    ['a hard link to itself', [{ ...database, flag: '1', linkName: 'var/lib/dpkg/status' }]],
    ['a hard link to nowhere', [{ ...database, flag: '1', linkName: 'no/such/file' }]],
    ['a hard link out of the root', [{ ...database, flag: '1', linkName: '../../../../etc/shadow' }]],
  ] as [string, WrittenEntry[]][])('where the package database lies: %s', async (_, entries) => {
    const { report, ...ran } = await scanEntries(entries)
    // The database is hidden by what is no file: either that is said, or the old one still counts where nothing took its place.
    const said = report.diagnostics.some(({ effect }) => effect === 'blind')
    if (said) expect(JSON.stringify(report.diagnostics)).toContain('"var/lib/dpkg/status"')
    expect(said || names(report).length === 1, JSON.stringify(report.diagnostics)).toBe(true)
    expect(ran.status).toBe(said ? 3 : 0)
    expect(JSON.stringify(report)).not.toContain('root:')
  })

  it('that run in a circle on the way to a wanted file', async () => {
    const { report } = await scanEntries([
      { name: 'srv/a', flag: '2', linkName: 'b' },
      { name: 'srv/b', flag: '2', linkName: 'a' },
      { name: 'srv/a/node_modules/x/package.json', body: NPM('x') },
    ])
    expect(report.diagnostics).toContainEqual(expect.objectContaining({ code: 'link-loop', effect: 'partial' }))
  })

  it('whose parent folder is a link to itself, and forty in a row', async () => {
    const row = Array.from({ length: 60 }, (_, i) => ({ name: `l${i}`, flag: '2', linkName: `l${i + 1}` }))
    const { report } = await scanEntries([
      { name: 'loop', flag: '2', linkName: 'loop' },
      ...row,
      { name: 'etc/os-release', flag: '2', linkName: '/l0/os-release' },
    ])
    expect(report.diagnostics.map(({ code }) => code).join()).toMatch(/link/)
  })
})

describe('devices, pipes and sockets', () => {
  it.each([
    ['a character device', '3'],
    ['a block device', '4'],
    ['a pipe', '6'],
    ['a thing of no known kind', 's'],
  ])('%s where the package database lies blinds the answer', async (_, flag) => {
    const { report, ...ran } = await scanEntries([{ name: 'var/lib/dpkg/status', flag }])
    if (flag !== 's') {
      expect(report.diagnostics).toContainEqual(
        expect.objectContaining({ code: 'not-a-file', path: 'var/lib/dpkg/status', effect: 'blind' }),
      )
      expect(ran.status).toBe(3)
    }
  })
})

describe('names that are not UTF-8', () => {
  it('stay apart, and come out of the report as they went in', async () => {
    const folder = (byte: number) =>
      Buffer.concat([Buffer.from('srv/'), Buffer.of(byte), Buffer.from('/node_modules/')])
    const { report } = await scanEntries(
      [0xfe, 0xff].map((byte, i) => ({
        name: Buffer.concat([folder(byte), Buffer.from(`p${i}/package.json`)]),
        body: NPM(`p${i}`),
      })),
    )
    expect(names(report)).toEqual(['libwebp7 1.2.4-0.2', 'p0 1.0.0', 'p1 1.0.0'])
    expect(JSON.stringify(report.components)).toContain('\\udcfe')
  })
})

describe('headers that claim too much', () => {
  const size = 4 * 1024 ** 3
  const base256 = Buffer.from([0x80, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0])
  it.each([
    ['a PAX header of 4 GiB', { name: 'x', flag: 'x', size }],
    ['a global PAX header of 4 GiB', { name: 'x', flag: 'g', size }],
    ['a GNU long name of 4 GiB', { name: 'x', flag: 'L', size, format: 'gnu' as const }],
    ['a GNU long link of 4 GiB in base 256', { name: 'x', flag: 'K', size: base256, format: 'gnu' as const }],
    ['a file of 4 GiB of which nothing is there', { name: 'var/lib/dpkg/status', size }],
    ['a size that is no number', { name: 'x', size: Buffer.from('zzzzzzzzzzzz') }],
    ['a negative size', { name: 'x', size: Buffer.alloc(12, 0xff) }],
    ['a checksum that is wrong', { name: 'x', checksum: 'wrong' as const }],
  ] as [string, WrittenEntry][])('%s', async (_, entry) => {
    const layer = tarball([...DEBIAN, entry])
    const image = { layers: [layer], tags: [] }
    for (const compression of ['plain', 'gzip'] as const) {
      const file = sandbox.file('big.tar', dockerArchive([{ ...image, compression }]))
      expectRefused(await sandbox.scan(file), 3, /layer 1 of 1 \(sha256:/, /byte \d+|ends/)
    }
    // The same in the archive itself.
    const outer = tarball([entry, { name: 'manifest.json', body: '[]' }])
    expectRefused(await sandbox.scan(sandbox.file('outer.tar', outer)), 3, 'outer.tar')
    expectRefused(await sandbox.scan(sandbox.file('outer.tar.gz', gzipSync(outer))), 3, 'outer.tar.gz')
  })

  it('a PAX size of 2^63 is said, and the size of the header counts', async () => {
    const { report } = await scanEntries([{ name: 'srv/x', pax: { size: '9223372036854775808' }, body: 'x' }])
    expect(report.diagnostics).toContainEqual(expect.objectContaining({ code: 'tar-pax-invalid', effect: 'partial' }))
  })

  it('a wanted file that is larger than its reader takes is said, not read', async () => {
    const big = 'x'.repeat(2 * 1024 * 1024)
    const { report } = await scanEntries([{ name: 'etc/os-release', body: `ID=debian\n#${big}` }])
    expect(report.diagnostics).toContainEqual(
      expect.objectContaining({ code: 'file-too-large', path: 'etc/os-release', effect: 'blind' }),
    )
  })
})

describe('a million entries', () => {
  it('are read in bounded memory and time', async () => {
    const pieces = function* () {
      yield tarball(DEBIAN, false)
      yield* manyEntries(1_000_000)
      yield Buffer.alloc(1024)
    }
    const target = sandbox.file('million.tar', await imageOfPieces(pieces(), 'gzip'))
    const ran = await sandbox.report(target)
    expect(names(ran.report)).toEqual(['libwebp7 1.2.4-0.2'])
    expectHarmless(ran, { ms: 60_000, mb: 450 })
  })
})
