import { Buffer } from 'node:buffer'
import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Digest } from '../../src/model/digest.ts'
import type { LayerEntry } from '../support/image-builder.ts'
import { chunkedLayer, estargzLayer, type LazyLayer, lazyImage } from '../support/lazy-layers.ts'
import { buildDocument, buildImage, digestOf } from '../support/registry-image.ts'
import { pushImage, type RegistryServer, registryMissing, startRegistry } from '../support/registry-server.ts'
import { expectRefused, useSandbox } from '../support/sandbox.ts'
import { sociIndexOf, sociLayer } from '../support/soci-layers.ts'

const sandbox = useSandbox()
const missing = registryMissing()

const STATUS = ['libssl3', 'zlib1g', 'bash']
  .map((name) => `Package: ${name}\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1.2.3-4\n`)
  .join('\n')
const BASE: readonly LayerEntry[] = [
  { name: 'etc/' },
  { name: 'etc/os-release', symlink: '../usr/lib/os-release' },
  { name: 'usr/lib/os-release', text: 'ID=debian\nVERSION_ID="12"\nNAME="Debian GNU/Linux"\n' },
  { name: 'var/lib/dpkg/status', text: STATUS },
  { name: 'var/lib/dpkg/info/bash.list', text: '/bin/bash\n' },
  { name: 'usr/share/filler', text: randomBytes(6 * 1024 ** 2) },
  { name: 'bin/bash', text: '#!', mode: 0o755 },
]
const APP: readonly LayerEntry[] = [
  { name: 'srv/package.json', text: '{"name":"web","version":"2.0.1","license":"MIT"}' },
  { name: 'srv/node_modules/left/package.json', text: '{"name":"left","version":"1.0.0"}' },
  { name: 'srv/node_modules/copy/package.json', hardlink: 'srv/node_modules/left/package.json' },
  { name: 'srv/.wh.old', text: '' },
  { name: 'srv/filler', text: randomBytes(6 * 1024 ** 2) },
]

let server: RegistryServer | undefined
beforeAll(async () => {
  if (missing === undefined) server = await startRegistry()
})
afterAll(() => server?.stop())

/** The answer without what may differ: the target's name, its digest and times. */
function comparable(stdout: string): unknown {
  const { subject, created, ...rest } = JSON.parse(stdout)
  const { name, digest, reference, ...same } = subject
  return JSON.parse(
    JSON.stringify({ subject: same, ...rest }, (key, value) =>
      /^(startedAt|generatedAt|durationMs|timestamp)$/.test(key) ? 0 : value,
    ),
  )
}

const scan = (tag: string, words: readonly string[] = [], repository = 'lazy') =>
  sandbox.run([
    'scan',
    `registry:${server?.host}/${repository}:${tag}`,
    '--advisories',
    sandbox.advisories,
    '-f',
    'json',
    ...words,
  ])

describe.skipIf(missing !== undefined)(
  `layers with a table of contents${missing === undefined ? '' : `: ${missing}`}`,
  () => {
    it.each<[string, (entries: readonly LayerEntry[]) => LazyLayer]>([
      ['estargz', estargzLayer],
      ['zstd-chunked', chunkedLayer],
    ])('%s: what is fetched by range gives the answer that the whole layers give', async (tag, write) => {
      if (server === undefined) throw new Error('no registry')
      const layers = [write(BASE), write(APP)]
      await pushImage(server, 'lazy', tag, lazyImage(layers))
      await pushImage(server, 'lazy', `${tag}-whole`, lazyImage(layers, { annotated: false }))
      const before = (await server.requests()).length
      const lazily = await scan(tag, ['--debug'])
      expect(lazily.status, lazily.stderr).toBe(0)
      for (const { digest } of layers) {
        expect(lazily.stderr).toContain(`layer ${digest}: read by its table of contents`)
        const asked = (await server.requests()).slice(before).filter((line) => line.includes(digest))
        expect(asked.length).toBeGreaterThan(1)
        expect(asked.every((line) => line.endsWith(' 206'))).toBe(true)
      }
      sandbox.forget()
      const whole = await scan(`${tag}-whole`)
      expect(comparable(lazily.stdout)).toEqual(comparable(whole.stdout))
      const { components } = JSON.parse(lazily.stdout) as { components: { name: string }[] }
      const names = components.map(({ name }) => name)
      expect(names).toEqual(expect.arrayContaining(['libssl3', 'zlib1g', 'bash', 'left']))
    })

    it('soci: a plain layer beside whose image lies an index', async () => {
      if (server === undefined) throw new Error('no registry')
      const soci = sociLayer(BASE)
      const index = buildDocument('application/vnd.oci.image.manifest.v1+json', JSON.parse(`${sociIndexOf([soci])}`))
      const blobs = new Map<Digest, Buffer>([
        [soci.ztocDigest, soci.ztoc],
        [digestOf(Buffer.from('{}')), Buffer.from('{}')],
      ])
      await pushImage(server, 'lazy', index.digest, { ...index, blobs })
      const annotations = { 'com.amazon.soci.index-digest': index.digest }
      await pushImage(server, 'lazy', 'soci', lazyImage([soci.layer], { annotations }))
      await pushImage(server, 'lazy', 'soci-whole', lazyImage([soci.layer]))
      const lazily = await scan('soci', ['--debug'])
      expect(lazily.stderr).toContain(`layer ${soci.layer.digest}: read by its table of contents (soci`)
      const asked = (await server.requests()).filter((line) => line.includes(soci.layer.digest))
      expect(asked.filter((line) => line.startsWith('GET')).every((line) => line.endsWith(' 206'))).toBe(true)
      sandbox.forget()
      expect(comparable(lazily.stdout)).toEqual(comparable((await scan('soci-whole')).stdout))
    })

    it('zstd:chunked as skopeo writes it', async ({ skip }) => {
      if (server === undefined) throw new Error('no registry')
      if (spawnSync('skopeo', ['--version']).error) skip('skopeo is not installed')
      // A hole in a wanted file, which skopeo writes as a chunk of zeros.
      const status = Buffer.concat([Buffer.from(STATUS), Buffer.alloc(5000)])
      const base = BASE.map((entry) => (entry.name === 'var/lib/dpkg/status' ? { ...entry, text: status } : entry))
      // In another repository: what the target has already would not be compressed again.
      await pushImage(server, 'from', 'plain', buildImage([base, APP]))
      const host = `docker://${server.host}`
      const words = [
        'copy',
        '--src-tls-verify=false',
        '--dest-tls-verify=false',
        '--dest-compress-format',
        'zstd:chunked',
      ]
      const copied = spawnSync('skopeo', [...words, `${host}/from:plain`, `${host}/lazy:skopeo`], { encoding: 'utf8' })
      expect(copied.status, copied.stderr).toBe(0)
      const lazily = await scan('skopeo', ['--debug'])
      expect(lazily.stderr.match(/read by its table of contents \(zstd-chunked/g)).toHaveLength(2)
      expect(lazily.stderr).not.toContain('read as a whole')
      sandbox.forget()
      expect(comparable(lazily.stdout)).toEqual(comparable((await scan('plain', [], 'from')).stdout))
    })

    it('that are known are not asked for again, and their table is not either', async () => {
      if (server === undefined) throw new Error('no registry')
      await pushImage(server, 'lazy', 'known', lazyImage([estargzLayer(BASE)]))
      const first = await scan('known')
      const before = (await server.requests()).length
      const second = await scan('known')
      expect((await server.requests()).slice(before).filter((line) => line.includes('/blobs/'))).toEqual([])
      expect(comparable(second.stdout)).toEqual(
        JSON.parse(JSON.stringify(comparable(first.stdout)).replaceAll('"known":false', '"known":true')),
      )
    })

    it('whose table does not fit are read as a whole, and --debug says why', async () => {
      if (server === undefined) throw new Error('no registry')
      const stated = `sha256:${'1'.repeat(64)}`
      await pushImage(server, 'lazy', 'unfit', lazyImage([chunkedLayer(BASE, { stated })]))
      const ran = await scan('unfit', ['--debug'])
      expect(ran.status, ran.stderr).toBe(0)
      expect(ran.stderr).toMatch(/its table of contents does not fit \(its digest is sha256:.*\): read as a whole/)
      expect(JSON.parse(ran.stdout).components).not.toHaveLength(0)
    })

    it('whose files are not those that the table proves are refused', async () => {
      if (server === undefined) throw new Error('no registry')
      const digest = `sha256:${'3'.repeat(64)}`
      const layer = estargzLayer(BASE, {
        lie: (toc) => toc.map((entry) => (entry.name.endsWith('status') ? { ...entry, chunkDigest: digest } : entry)),
      })
      await pushImage(server, 'lazy', 'lying', lazyImage([layer]))
      expectRefused(await scan('lying'), 3, 'var/lib/dpkg/status', layer.diffId, digest)
    })
  },
)
