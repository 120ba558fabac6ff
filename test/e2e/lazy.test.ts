import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { LayerEntry } from '../support/image-builder.ts'
import { chunkedLayer, estargzLayer, type LazyLayer, lazyImage } from '../support/lazy-layers.ts'
import { pushImage, type RegistryServer, registryMissing, startRegistry } from '../support/registry-server.ts'
import { expectRefused, useSandbox } from '../support/sandbox.ts'

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

const scan = (tag: string, words: readonly string[] = []) =>
  sandbox.run([
    'scan',
    `registry:${server?.host}/lazy:${tag}`,
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
