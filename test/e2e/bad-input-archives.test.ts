import { createHash } from 'node:crypto'
import { gunzipSync, gzipSync, zstdCompressSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { DEBIAN, debianImage } from '../support/bad-image.ts'
import { expectHarmless, expectRefused, sameAnswer, useSandbox } from '../support/sandbox.ts'
import {
  dockerArchive,
  dockerArchiveEntries,
  ociArchive,
  ociFiles,
  ociLayout,
  sha256,
  tarball,
  type WrittenEntry,
} from '../support/tar-writer.ts'

const sandbox = useSandbox()
/** Bytes that do not pack, so that damage has a place. */
const NOISE = Buffer.concat(Array.from({ length: 4000 }, (_, i) => createHash('sha256').update(String(i)).digest()))
const IMAGE = debianImage([{ name: 'srv/noise', body: NOISE }])
const SHARED = IMAGE.layers[0]
const NOISY = IMAGE.layers[1]

/** A good image with the layers that the bad one had: what was stored of them must not show. */
async function expectCacheGood(): Promise<void> {
  const good = sandbox.file('good.tar', dockerArchive([IMAGE]))
  const used = await sandbox.report(good)
  const fresh = await sandbox.report(good, ['--cache-dir', `${sandbox.folder}/fresh`])
  expect(used.report.complete).toBe(true)
  sameAnswer(used.report, fresh.report)
}

/** The entry whose body matters, changed. */
function changed(entries: readonly WrittenEntry[], name: RegExp, change: (body: Buffer) => Buffer): WrittenEntry[] {
  return entries.map((entry) =>
    name.test(String(entry.name)) ? { ...entry, body: change(Buffer.from(entry.body ?? '')) } : entry,
  )
}

const flipped = (body: Buffer, at: number): Buffer => {
  const copy = Buffer.from(body)
  copy[at < 0 ? copy.length + at : at] ^= 0x55
  return copy
}

describe('an archive that ends early', () => {
  const whole = dockerArchive([IMAGE])
  const parts = [
    ['in its first header', 300],
    ['behind its first header', 512],
    ['in a header', 512 * 3 + 100],
    ['in a layer', 512 * 8],
    ['before its manifest', whole.length - 3000],
  ] as const
  it.each(parts)('%s', async (_, length) => {
    const plain = sandbox.file('cut.tar', whole.subarray(0, length))
    expectRefused(await sandbox.scan(plain), 3, 'cut.tar')
    const packed = gzipSync(whole.subarray(0, length))
    expectRefused(await sandbox.scan(sandbox.file('cut-inside.tar.gz', packed)), 3, 'cut-inside.tar.gz')
    await expectCacheGood()
  })

  it.each([
    ['gzip', gzipSync],
    ['zstd', zstdCompressSync],
  ] as const)('inside its %s', async (kind, pack) => {
    const packed = pack(whole)
    for (const part of [0.02, 0.5, 0.99]) {
      const file = sandbox.file('cut.packed', packed.subarray(0, Math.floor(packed.length * part)))
      expectRefused(await sandbox.scan(file), 3, 'cut.packed', new RegExp(`${kind}|tar header|ends`))
    }
    await expectCacheGood()
  })
})

describe('a compressed layer that is damaged', () => {
  const cases: [string, 'gzip' | 'zstd', (body: Buffer) => Buffer, RegExp][] = [
    ['gzip whose header is wrong', 'gzip', (body) => flipped(body, 2), /gzip data is corrupt/],
    [
      'gzip whose data is wrong',
      'gzip',
      (body) => flipped(body, body.length >> 1),
      /gzip data is corrupt|diff ID|blob/,
    ],
    ['gzip whose length is wrong', 'gzip', (body) => flipped(body, -1), /length is wrong/],
    ['gzip that ends early', 'gzip', (body) => body.subarray(0, -2000), /ends before it is complete/],
    ['gzip without its trailer', 'gzip', (body) => body.subarray(0, -8), /ends before it is complete/],
    ['zstd whose frame header is wrong', 'zstd', (body) => flipped(body, 4), /zstd data/],
    ['zstd whose data is wrong', 'zstd', (body) => flipped(body, body.length >> 1), /zstd data|diff ID/],
    ['zstd that ends early', 'zstd', (body) => body.subarray(0, -2000), /ends before it is complete/],
  ]
  it.each(cases)('%s', async (_, compression, damage, says) => {
    const entries = dockerArchiveEntries([{ ...IMAGE, compression }])
    const layers = entries.filter((entry) => String(entry.name).endsWith('layer.tar'))
    const bad = tarball(changed(entries, new RegExp(String(layers[1].name)), damage))
    expectRefused(await sandbox.scan(sandbox.file('damaged.tar', bad)), 3, says, /layer 2 of 2 \(sha256:/)
    const packed = sandbox.file('damaged.tar.gz', gzipSync(bad))
    expectRefused(await sandbox.scan(packed), 3, says, /layer 2 of 2|layer\.tar/)
    await expectCacheGood()
  })

  it('gzip whose checksum is wrong: refused, though the diff ID would fit: no runtime unpacks it', async () => {
    const entries = dockerArchiveEntries([{ ...IMAGE, compression: 'gzip' }])
    const [, second] = entries.filter((entry) => String(entry.name).endsWith('layer.tar'))
    const bad = tarball(changed(entries, new RegExp(String(second.name)), (body) => flipped(body, -8)))
    expectRefused(await sandbox.scan(sandbox.file('damaged.tar', bad)), 3, /checksum is wrong/, /layer 2 of 2/)
    const packed = sandbox.file('damaged.tar.gz', gzipSync(bad))
    expectRefused(await sandbox.scan(packed), 3, /checksum is wrong/, /layer 2 of 2|layer\.tar/)
    const outer = sandbox.file('outer.tar.gz', flipped(gzipSync(dockerArchive([IMAGE])), -8))
    expectRefused(await sandbox.scan(outer), 3, 'outer.tar.gz', /checksum is wrong/)
    await expectCacheGood()
  })

  it('an OCI blob whose digest is right and whose gzip is not', async () => {
    const files = ociFiles([{ ...IMAGE, compression: 'gzip' }])
    const archive = tarball(
      [...files].map(([name, body]) => ({ name, body: gunzips(body, NOISY) ? flipped(body, -8) : body })),
    )
    expectRefused(
      await sandbox.scan(sandbox.file('oci.tar', archive)),
      3,
      /checksum is wrong|blob is sha256/,
      'layer 2',
    )
    await expectCacheGood()
  })
})

function gunzips(body: Buffer, to: Uint8Array): boolean {
  return body[0] === 0x1f && body[1] === 0x8b && gunzipSync(body).equals(to)
}

describe('a digest that is a lie', () => {
  it('of a layer, in a docker archive and in an OCI layout, plain and packed', async () => {
    const lie = `sha256:${'ab'.repeat(32)}`
    const image = { ...IMAGE, diffIds: [sha256(SHARED), lie] }
    const says = [/diff ID is sha256:/, lie, /layer 2|layer 1 \(/] as const
    for (const compression of ['plain', 'gzip', 'zstd'] as const) {
      expectRefused(await sandbox.scan(sandbox.file('l.tar', dockerArchive([{ ...image, compression }]))), 3, ...says)
      expectRefused(await sandbox.scan(sandbox.file('o.tar', ociArchive([{ ...image, compression }]))), 3, ...says)
    }
    expectRefused(await sandbox.scan(sandbox.file('l.tar.gz', gzipSync(dockerArchive([image])))), 3, ...says)
    expectRefused(await sandbox.scan(sandbox.file('l.tar.zst', zstdCompressSync(dockerArchive([image])))), 3, ...says)
    await expectCacheGood()
  })

  const documents = [
    ['of a config', '"rootfs"', 'config'],
    ['of a manifest', '"layers":[', 'manifest'],
  ] as const
  it.each(documents)('%s in an OCI layout', async (_, mark, says) => {
    const files = ociFiles([{ ...IMAGE, compression: 'gzip' }])
    for (const [name, body] of files) {
      if (!name.startsWith('blobs/') || !body.includes(mark)) continue
      files.set(name, Buffer.from(body.toString().replace('{', '{ ')))
    }
    const archive = tarball([...files].map(([name, body]) => ({ name, body })))
    const file = sandbox.file('lie.tar', archive)
    expectRefused(await sandbox.scan(file), 3, 'lie.tar', says, /is sha256:[0-9a-f]{64}, but sha256:/)
    expectRefused(await sandbox.scan(sandbox.file('lie.tar.gz', gzipSync(archive))), 3, 'lie.tar.gz', says)
    await expectCacheGood()
  })

  it('of a config in a docker archive', async () => {
    const entries = changed(dockerArchiveEntries([IMAGE]), /^[0-9a-f]{64}\.json$/, (body) =>
      Buffer.from(body.toString().replace('/bin/sh', '/bin/zz')),
    )
    expectRefused(
      await sandbox.scan(sandbox.file('c.tar', tarball(entries))),
      3,
      'c.tar',
      /config .*\.json.*is sha256:/,
    )
  })

  it('of a blob that lies in a layout as another', async () => {
    const folder = `${sandbox.folder}/layout`
    ociLayout(folder, [{ ...IMAGE, compression: 'gzip' }])
    const blob = sha256(gzipSync(NOISY)).slice(7)
    sandbox.file(`layout/blobs/sha256/${blob}`, gzipSync(tarball(DEBIAN.slice(0, 1))))
    expectRefused(await sandbox.scan(folder), 3, /is sha256:[0-9a-f]{64}, but sha256:/, 'layer 2 of 2')
    await expectCacheGood()
  })
})

describe('a layer that is not there', () => {
  it('blinds the answer, and says which', async () => {
    const entries = dockerArchiveEntries([IMAGE])
    const names = entries.map((entry) => String(entry.name)).filter((name) => name.endsWith('layer.tar'))
    const without = tarball(entries.filter((entry) => entry.name !== names[1]))
    for (const file of [sandbox.file('gap.tar', without), sandbox.file('gap.tar.gz', gzipSync(without))]) {
      const { report, ...ran } = await sandbox.report(file)
      expect(ran.status).toBe(3)
      expect(report.diagnostics.find(({ effect }) => effect === 'blind')?.message).toMatch(/layer 2 of 2 \(sha256:/)
      expectHarmless(ran)
      expect((await sandbox.scan(file, ['--allow-incomplete'])).status).toBe(0)
    }
    await expectCacheGood()
  })
})

describe('what is no archive', () => {
  const cases: [string, string | Uint8Array, RegExp][] = [
    ['an empty file', '', /is empty/],
    ['one byte', 'x', /no reader knows/],
    ['noise', NOISE, /no reader knows|more than/],
    ['gzip of nothing', gzipSync(''), /empty|corrupt/],
    ['gzip of noise', gzipSync(NOISE), /./],
    ['a gzip header alone', Buffer.from([0x1f, 0x8b, 8, 0]), /gzip data is corrupt|ends/],
    ['a zstd header alone', Buffer.from([0x28, 0xb5, 0x2f, 0xfd]), /zstd data is corrupt|ends/],
    ['zero blocks', Buffer.alloc(10240), /no image archive/],
    ['a tar of a root file system', tarball(DEBIAN), /looks like a root file system/],
  ]
  it.each(cases)('%s', async (_, bytes, says) => {
    expectRefused(await sandbox.scan(sandbox.file('odd', bytes)), 3, 'odd', says)
  })
})
