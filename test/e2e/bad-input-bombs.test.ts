import { gzipSync, zstdCompressSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { DEBIAN, debianImage, imageOfPieces } from '../support/bad-image.ts'
import { expectHarmless, expectRefused, useSandbox } from '../support/sandbox.ts'
import { dockerArchive, tarball, tarEntry } from '../support/tar-writer.ts'

const sandbox = useSandbox()
const MIB = 1024 ** 2

/** A layer with one file of zeros. */
function* zeros(bytes: number): Generator<Uint8Array> {
  yield tarball(DEBIAN, false)
  yield tarEntry({ name: 'srv/zeros', size: bytes })
  const piece = Buffer.alloc(4 * MIB)
  for (let done = 0; done < bytes; done += piece.length) yield piece.subarray(0, Math.min(piece.length, bytes - done))
  yield Buffer.alloc(1024)
}

describe('a layer that unpacks to too much', () => {
  it.each(['gzip', 'zstd'] as const)('%s: by the absolute limit, as configured', async (compression) => {
    const file = sandbox.file('bomb.tar', await imageOfPieces(zeros(200 * MIB), compression))
    const limit = ['--max-unpacked', '100MiB', '--max-ratio', '1000000']
    expectRefused(await sandbox.scan(file, limit), 3, /layer 1 of 1 \(sha256:/, /more than the 104857600 bytes allowed/)
    const packed = sandbox.file('bomb.tar.gz', gzipSync(await imageOfPieces(zeros(200 * MIB), compression)))
    expectRefused(await sandbox.scan(packed, limit), 3, /bomb\.tar\.gz|layer 1 of 1/, /more than the 104857600 bytes/)
    const ran = await sandbox.scan(file, ['--max-unpacked', '1GiB', '--max-ratio', '1000000'])
    expect(ran.status, ran.stderr).toBe(0)
    expectHarmless(ran)
  })

  it.each(['gzip', 'zstd'] as const)('%s: by the ratio, as configured', async (compression) => {
    const file = sandbox.file('bomb.tar', await imageOfPieces(zeros(200 * MIB), compression))
    const says = [/layer 1 of 1 \(sha256:/, /over the ratio of \d+ allowed/] as const
    expectRefused(await sandbox.scan(file, ['--max-ratio', '100']), 3, ...says)
    const ran = await sandbox.scan(file, ['--max-ratio', '1000000'])
    expect(ran.status, ran.stderr).toBe(0)
    expectHarmless(ran)
  })

  it('zstd by the ratio that holds when none is given', async () => {
    const file = sandbox.file('bomb.tar', await imageOfPieces(zeros(200 * MIB), 'zstd'))
    expectRefused(await sandbox.scan(file), 3, /over the ratio of 1000 allowed/)
  })
})

describe('an archive that unpacks to too much', () => {
  it.each([
    ['gzip', gzipSync],
    ['zstd', zstdCompressSync],
  ] as const)('%s', async (_, pack) => {
    const pieces = [...zeros(200 * MIB)]
    const file = sandbox.file('outer.packed', pack(Buffer.concat(pieces)))
    expectRefused(await sandbox.scan(file, ['--max-ratio', '50']), 3, 'outer.packed', /over the ratio of 50 allowed/)
    expectRefused(
      await sandbox.scan(file, ['--max-ratio', '1000000', '--max-unpacked', '64MiB']),
      3,
      'outer.packed',
      /more than the 67108864 bytes/,
    )
  })

  it('gzip in gzip, where neither is over the ratio alone but both together are', async () => {
    const file = sandbox.file('nested.tar.gz', gzipSync(await imageOfPieces(zeros(300 * MIB), 'gzip')))
    const ran = await sandbox.scan(file, ['--max-ratio', '500'])
    expectRefused(ran, 3, /nested\.tar\.gz|layer 1 of 1/, /over the ratio of 500/)
    expect((await sandbox.scan(file, ['--max-ratio', '1000000'])).status).toBe(0)
  })
})

describe('sparse entries', () => {
  it('whose holes are larger than what may unpack', async () => {
    const sparse = {
      name: 'var/lib/dpkg/status',
      pax: {
        'GNU.sparse.major': '1',
        'GNU.sparse.minor': '0',
        'GNU.sparse.name': 'var/lib/dpkg/status',
        'GNU.sparse.realsize': String(4 * 1024 ** 4),
      },
      body: '0\n'.padEnd(512, '\0'),
    }
    const file = sandbox.file('sparse.tar', dockerArchive([debianImage([sparse])]))
    const ran = await sandbox.scan(file)
    expect(ran.status).toBe(3)
    expect(ran.stdout + ran.stderr).toMatch(/var\/lib\/dpkg\/status|layer 2 of 2/)
    expectHarmless(ran)
  })
})

describe('documents that are too long', () => {
  it('are refused by their size, in an archive and in a packed one', async () => {
    const archive = tarball([{ name: 'manifest.json', body: `[${' '.repeat(9 * MIB)}]` }])
    const says = /manifest\.json/
    expectRefused(await sandbox.scan(sandbox.file('long.tar', archive)), 3, 'long.tar', says)
    expectRefused(await sandbox.scan(sandbox.file('long.tar.gz', gzipSync(archive))), 3, 'long.tar.gz', says)
  })
})

describe('limits that make no sense', () => {
  it.each([
    ['--max-ratio', '0'],
    ['--max-ratio', 'many'],
    ['--max-unpacked', '-1'],
    ['--max-unpacked', '1e400'],
  ])('%s %s is wrong usage', async (flag, value) => {
    expectRefused(await sandbox.scan('x.tar', [`${flag}=${value}`]), 2, flag)
  })
})
