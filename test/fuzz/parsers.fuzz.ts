import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { serialize } from 'node:v8'
import { deflateRawSync, gzipSync, zstdCompressSync } from 'node:zlib'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { parseRecord } from '../../src/advisories/record.ts'
import { type Encoding, streamLayer, TarReader } from '../../src/image/index.ts'
import { readBolt } from '../../src/lib/bolt/database.ts'
import { Failure } from '../../src/lib/failure.ts'
import { DEFAULT_LIMITS, type Limits } from '../../src/lib/limits.ts'
import type { AnyReader, FileReader, PathCondition, RandomReader } from '../../src/reading/index.ts'
import { loadReaders } from '../../src/reading/load-readers.ts'
import { WORKER_READERS } from '../../src/scan/readers.ts'
import { boltFile } from '../support/bolt-writer.ts'
import { tarOf } from '../support/image-builder.ts'
import { fuzz, type Seed, sharedSeeds } from './mutation.ts'

const LIMITS: Limits = { ...DEFAULT_LIMITS, unpackedBytes: 64 * 1024 ** 2, entries: 100_000, ratioFromBytes: 1024 ** 2 }
const MAX_SEED_BYTES = 512 * 1024

const SMALL_TAR: Seed = {
  name: 'a small tar',
  bytes: tarOf([
    { name: 'etc/' },
    { name: 'etc/os-release', text: 'ID=alpine\nVERSION_ID=3.20.3\n' },
    { name: `${'deep/'.repeat(40)}file`, text: 'x'.repeat(3000) },
    { name: 'link', symlink: '../etc/os-release' },
    { name: 'hard', hardlink: 'etc/os-release' },
  ]),
}

/** What is thrown at hostile bytes must be said in our words; anything else is a parser that did not expect them. */
async function failsInOurWords(run: () => Promise<unknown> | unknown): Promise<void> {
  try {
    await run()
  } catch (thrown) {
    if (!(thrown instanceof Failure) || thrown.kind === 'internal') throw thrown
  }
}

describe('mutated files', () => {
  let scratch = ''
  beforeAll(() => {
    scratch = mkdtempSync(join(tmpdir(), 'bulwark-fuzz-'))
  })
  afterAll(() => rmSync(scratch, { recursive: true, force: true }))

  it('a tar archive, in pieces of any size', async () => {
    const seeds = [SMALL_TAR, ...sharedSeeds(['tar/*.tar'], MAX_SEED_BYTES)]
    await fuzz(seeds, 0.15, (bytes) =>
      failsInOurWords(() => {
        const handler = { entry: () => true, body: () => {}, end: () => {}, problem: () => {} }
        const reader = new TarReader(handler, 'fuzzed', LIMITS)
        for (let from = 0, size = 1; from < bytes.length; from += size, size = (size * 7 + 1) % 4099)
          reader.push(bytes.subarray(from, from + size))
        reader.finish()
      }),
    )
  })

  it.each([
    ['gzip', gzipSync],
    ['zstd', zstdCompressSync],
    ['plain', (bytes: Uint8Array) => bytes],
  ] as const)('a %s layer', async (encoding: Encoding, compress) => {
    const seeds = [SMALL_TAR, ...sharedSeeds(['tar/*.tar'], 64 * 1024)].map(({ name, bytes }) => ({
      name,
      bytes: compress(bytes),
    }))
    const path = join(scratch, `layer-${encoding}`)
    await fuzz(seeds, 0.1, (bytes) =>
      failsInOurWords(async () => {
        writeFileSync(path, bytes)
        const signal = new AbortController().signal
        const locator = { at: 'file', path, offset: 0, length: bytes.length, encoding } as const
        await streamLayer(locator, { name: 'fuzzed', expect: {}, limits: LIMITS, signal, onChunk: () => {} })
      }),
    )
  })

  it.each(WORKER_READERS.map((reader) => [reader.id, reader] as const))('a file that %s reads', async (_, reader) => {
    const seeds = seedsFor(reader)
    const [loaded] = await loadReaders([reader])
    await fuzz(seeds, 0.4 / WORKER_READERS.length, (bytes) => serialize(readWith(loaded, bytes)))
  })

  it('a bolt database', async () => {
    const images = Object.fromEntries(
      Array.from({ length: 60 }, (_, i) => [`example.test/app:${i}`, { target: { digest: `sha256:${i}` } }]),
    )
    const tree = { v1: { default: { images }, moby: { labels: {} } }, large: 'x'.repeat(3000) }
    const seeds = [512, 4096].map((pageBytes) => ({
      name: `made, pages of ${pageBytes}`,
      bytes: boltFile(tree, { pageBytes }),
    }))
    await fuzz([...seeds, ...sharedSeeds(['extractors/**/bolt_state.db'], MAX_SEED_BYTES)], 0.1, (bytes) =>
      failsInOurWords(() => {
        const at = (offset: number, length: number) => bytes.subarray(offset, offset + length)
        readBolt({ sizeBytes: bytes.length, at }, 'fuzzed', (root) => {
          root.bucket('v1', 'default', 'images', 'example.test/app:7')
          for (const { bucket } of root.entries())
            for (const inner of bucket?.entries() ?? []) for (const _ of inner.bucket?.entries() ?? []);
        })
      }),
    )
  })

  it('an advisory record', async () => {
    const seeds = [
      { name: 'a record', bytes: Buffer.from(RECORD) },
      { name: 'packed', bytes: deflateRawSync(Buffer.from(RECORD)) },
      ...sharedSeeds(['schemas/**/*osv*.json'], MAX_SEED_BYTES),
    ]
    await fuzz(seeds, 0.1, (bytes) => parseRecord(bytes))
  })
})

const RECORD = JSON.stringify({
  schema_version: '1.6.0',
  id: 'TEST-1',
  modified: '2026-01-01T00:00:00Z',
  aliases: ['CVE-2026-0001'],
  affected: [
    {
      package: { ecosystem: 'npm', name: 'left-pad' },
      ranges: [{ type: 'SEMVER', events: [{ introduced: '0' }, { fixed: '1.2.3' }] }],
      versions: ['1.0.0'],
    },
  ],
})

/** Reads as a worker would: what a reader throws becomes a diagnostic there. An error that is none would end the worker. */
function readWith(reader: FileReader<unknown> | RandomReader<unknown>, bytes: Uint8Array): unknown {
  const file = { path: pathFor(reader.wants.any[0]), sizeBytes: bytes.length, mode: 0o644 }
  try {
    if ('read' in reader) return reader.read({ ...file, bytes })
    return reader.readRandom({
      ...file,
      at: (offset, length) => bytes.subarray(offset, Math.max(offset, offset + length)),
    })
  } catch (thrown) {
    if (!(thrown instanceof Error)) throw new Error(`${reader.id} threw what is no error: ${String(thrown)}`)
    return thrown.message
  }
}

/** A path that fulfils a condition. */
function pathFor(condition: PathCondition | undefined): string {
  if (condition?.path !== undefined) return condition.path
  const name = condition?.name ?? `file${condition?.suffix ?? ''}`
  return [condition?.under, condition?.inside, name].filter((part) => part !== undefined).join('/')
}

/** Real files of the names that a reader wants; some bytes of each kind where there are none. */
function seedsFor(reader: AnyReader): Seed[] {
  const globs = reader.wants.any.flatMap((condition) => {
    const name = condition.path?.split('/').at(-1) ?? condition.name
    if (name !== undefined) return [`os/**/${name}*`, `extractors/**/${name}*`]
    return condition.suffix ? [`os/**/*${condition.suffix}`, `extractors/**/*${condition.suffix}`] : []
  })
  const real = sharedSeeds([...new Set(globs)], MAX_SEED_BYTES).slice(0, 40)
  const basic = [
    '',
    '{}',
    '{"packages":[{"name":"a","version":"1"}]}',
    'P:zlib\nV:1.3\n\n',
    'Package: a\nVersion: 1\nStatus: install ok installed\n\n',
  ]
  return [...real, ...basic.map((text) => ({ name: `made: ${text.slice(0, 20)}`, bytes: Buffer.from(text) }))]
}
