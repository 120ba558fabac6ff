import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { crc32, gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { databasePath, openAdvisories, packAdvisories, updateAdvisories } from '../../src/advisories/index.ts'
import { parseRecord } from '../../src/advisories/record.ts'
import { parseEpss } from '../../src/advisories/sources/epss.ts'
import { parseKev } from '../../src/advisories/sources/kev.ts'
import { parseModifiedList } from '../../src/advisories/sources/modified-list.ts'
import { visitZip } from '../../src/advisories/zip-records.ts'
import { parseSettings } from '../../src/cli/settings-yaml.ts'
import { openLocal, passArchive } from '../../src/image/index.ts'
import { Failure } from '../../src/lib/failure.ts'
import { DEFAULT_LIMITS } from '../../src/lib/limits.ts'
import { decodeIndex, decodePlain, decodeRows, encodeIndex, encodePlain, encodeRows } from '../../src/reading/codec.ts'
import { parseTrivyIgnore, parseTrivyIgnoreYaml } from '../../src/triage/index.ts'
import { osvRecord, zipOf } from '../mirror-server.ts'
import { DEBIAN, debianImage } from '../support/bad-image.ts'
import { dockerArchive, imageConfig, ociArchive, ociFiles, tarball } from '../support/tar-writer.ts'
import { fuzz, type Seed } from './mutation.ts'

const seed = (name: string, content: string | Uint8Array): Seed => ({ name, bytes: Buffer.from(content) })
const textOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString()

/** What is thrown at hostile bytes must be said in our words; anything else is a parser that did not expect them. */
async function failsInOurWords(run: () => Promise<unknown> | unknown): Promise<void> {
  try {
    await run()
  } catch (thrown) {
    if (!(thrown instanceof Failure) || thrown.kind === 'internal') throw thrown
  }
}

describe('mutated documents', () => {
  let scratch = ''
  beforeAll(() => {
    scratch = mkdtempSync(join(tmpdir(), 'bulwark-fuzz-documents-'))
  })
  afterAll(() => rmSync(scratch, { recursive: true, force: true }))

  it('an archive of advisory records', async () => {
    const records = ['TEST-1', 'TEST-2'].map((id) => [`${id}.json`, JSON.stringify(osvRecord(id))] as const)
    const path = join(scratch, 'all.zip')
    await fuzz([seed('a zip', zipOf(records)), seed('an empty zip', zipOf([]))], 0.1, (bytes) =>
      failsInOurWords(() => {
        writeFileSync(path, bytes)
        return visitZip(path, 'fuzzed', (item) => 'bytes' in item && parseRecord(item.bytes, item.name))
      }),
    )
  })

  it('lists and catalogues beside the records', async () => {
    const kev =
      '{"catalogVersion":"1","dateReleased":"2026-01-01T00:00:00Z","vulnerabilities":[{"cveID":"CVE-2026-1","dateAdded":"2026-01-01"}]}'
    const epss = '#model_version:v1,score_date:2026-01-01T00:00:00Z\ncve,epss,percentile\nCVE-2026-1,0.5,0.9\n'
    const seeds = [
      seed('a list', '2026-01-01T00:00:00Z,TEST-1\n2026-01-02T00:00:00Z,TEST-2\n'),
      seed('KEV', kev),
      seed('EPSS', epss),
      seed('EPSS, packed', gzipSync(epss)),
    ]
    await fuzz(seeds, 0.1, async (bytes) => {
      await failsInOurWords(() => parseModifiedList(bytes))
      await failsInOurWords(() => parseKev(bytes, 'fuzzed'))
      await failsInOurWords(() => parseEpss(bytes, 'fuzzed'))
    })
  })

  it('an advisory database, as built and as packed', async () => {
    const from = join(import.meta.dirname, '../../examples/shop/advisories')
    await updateAdvisories({ cacheDir: scratch, from }, { env: {}, now: () => new Date('2026-01-01T00:00:00Z') })
    const pack = join(scratch, 'pack')
    packAdvisories(scratch, pack)
    const seeds = [seed('a database', readFileSync(databasePath(scratch))), seed('a pack', readFileSync(pack))]
    const path = join(scratch, 'fuzzed.db')
    await fuzz(seeds, 0.2, (bytes) =>
      failsInOurWords(() => {
        writeFileSync(path, bytes)
        const database = openAdvisories(path)
        try {
          database.status()
          for (const { recordId } of database.affected('npm', 'lodash')) database.record(recordId)
          for (const { recordId } of database.affected('Debian', 'libwebp')) database.record(recordId)
        } finally {
          database.close()
        }
      }),
    )
  })

  it('settings and exceptions', async () => {
    const seeds = [
      seed('settings', 'severity: [critical, high]\nexit-code: 1\nquiet: true\n'),
      seed('ids', '# why\nCVE-2026-1\nCVE-2026-2 exp:2026-12-31 pkg:npm/a\n'),
      seed(
        'yaml',
        'vulnerabilities:\n  - id: CVE-2026-1\n    paths: ["a/*"]\n    purls: ["pkg:npm/a@1"]\n    expired_at: 2026-12-31\n',
      ),
      seed('aliases', 'a: &a [x, *a]\n<<: *a\n? [k]\n: !!binary AAAA\n'),
    ]
    const known = new Set(['severity', 'exit-code', 'quiet'])
    await fuzz(seeds, 0.15, async (bytes) => {
      await failsInOurWords(() => parseSettings(textOf(bytes), 'fuzzed', known))
      await failsInOurWords(() => parseTrivyIgnore(textOf(bytes), 'fuzzed'))
      await failsInOurWords(() => parseTrivyIgnoreYaml(textOf(bytes), 'fuzzed'))
    })
  })

  it('documents of an image, in an archive that is itself as it should be', async () => {
    const image = debianImage()
    const index = ociFiles([image]).get('index.json') ?? ''
    const manifest = '[{"Config":"c.json","RepoTags":["a:1"],"Layers":["l.tar"]}]'
    const seeds = [seed('manifest.json', manifest), seed('c.json', imageConfig(image)), seed('index.json', index)]
    const path = join(scratch, 'image.tar')
    await fuzz(seeds, 0.15, (bytes, { name }) => {
      const documents = new Map<string, string | Uint8Array>([
        ['manifest.json', manifest],
        ['c.json', imageConfig(image)],
        ['l.tar', tarball(DEBIAN)],
      ])
      if (name === 'index.json') documents.delete('manifest.json')
      documents.set(name, bytes)
      writeFileSync(path, tarball([...documents].map(([entry, body]) => ({ name: entry, body }))))
      return failsInOurWords(() => open(path))
    })
  })

  it('a whole image archive, plain and packed', async () => {
    const image = { ...debianImage(), compression: 'gzip' as const }
    const seeds = [dockerArchive([image]), ociArchive([image])].flatMap((archive) => [
      seed('plain', archive),
      seed('packed', gzipSync(archive)),
    ])
    const path = join(scratch, 'whole.tar')
    await fuzz(seeds, 0.15, (bytes) => {
      writeFileSync(path, bytes)
      return failsInOurWords(() => open(path))
    })
  })

  it('what the store of layers holds, also where its checksum is right', async () => {
    const paths = { entries: new Uint8Array(32), implied: ['a'], whiteouts: ['b'], opaque: [], links: [] }
    const seeds = [
      seed('index', encodeIndex(paths, [])),
      seed('rows', encodeRows([{ path: 'a', mode: 0o644, sizeBytes: 1, facts: [{ a: new Uint8Array(9) }] }], [])),
      seed('plain', encodePlain({ documents: [['a', new Uint8Array(3)]], layers: [], links: [] })),
    ]
    await fuzz(seeds, 0.1, (bytes) => {
      const mended = Buffer.from(bytes)
      if (mended.length >= 16) mended.writeUInt32LE(crc32(mended.subarray(8)), 4)
      for (const one of [bytes, mended]) {
        decodeIndex(one)
        decodePlain(one)
        decodeRows(one)
      }
    })
  })
})

/** Opens an image archive; one that is packed as a whole is passed to its end. */
async function open(path: string): Promise<void> {
  const { signal } = new AbortController()
  const limits = { ...DEFAULT_LIMITS, unpackedBytes: 64 * 1024 ** 2, entries: 100_000, ratioFromBytes: 1024 ** 2 }
  const target = await openLocal(`docker-archive:${path}`, { signal, limits })
  if (target.kind !== 'sequential') return
  const layer = () => ({ chunk() {}, done() {}, failed() {} })
  target.archive.resolve(await passArchive(target.archive, { signal, limits, layer }))
}
