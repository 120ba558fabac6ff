import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { debianImage } from '../support/bad-image.ts'
import { expectHarmless, expectRefused, useSandbox } from '../support/sandbox.ts'
import { dockerArchiveEntries, ociFiles, sha256, tarball, writeFiles } from '../support/tar-writer.ts'

const sandbox = useSandbox()
const IMAGE = debianImage()
const DEEP = '['.repeat(100_000)
const DEEP_CLOSED = `${DEEP}${']'.repeat(100_000)}`
const INDEX = 'application/vnd.oci.image.index.v1+json'

/** The archive as it is, and packed. */
function bothWays(archive: Buffer): string[] {
  return [sandbox.file('image.tar', archive), sandbox.file('image.tar.gz', gzipSync(archive))]
}

describe('a manifest.json', () => {
  const config = String(
    dockerArchiveEntries([IMAGE]).find(({ name }) => /^[0-9a-f]{64}\.json$/.test(String(name)))?.name,
  )
  const layer = String(dockerArchiveEntries([IMAGE]).find(({ name }) => String(name).endsWith('layer.tar'))?.name)
  const one = (more: object) => JSON.stringify([{ Config: config, RepoTags: ['a:1'], Layers: [layer], ...more }])
  it.each([
    ['that is no JSON', '{', /manifest\.json is not valid JSON/],
    ['that is not UTF-8', Buffer.from([0x5b, 0xff, 0x5d]), /manifest\.json is not valid JSON/],
    ['of depth 100,000, not closed', DEEP, /manifest\.json is not valid JSON/],
    ['of depth 100,000', DEEP_CLOSED, /manifest\.json is not/],
    ['that is an object', '{}', /manifest\.json is not what it should be/],
    ['that is null', 'null', /manifest\.json/],
    ['without an image', '[]', /names no image/],
    ['whose layers are no list', one({ Layers: 'x' }), /at 0\.Layers/],
    ['whose layers are numbers', one({ Layers: [1] }), /at 0\.Layers\.0/],
    ['whose config is a number', one({ Config: 1 }), /at 0\.Config/],
    ['whose tags are an object', one({ RepoTags: {} }), /at 0\.RepoTags/],
    ['whose config is not there', one({ Config: 'no.json' }), /does not hold the image's config no\.json/],
    ['whose config leads out', one({ Config: '../../../../etc/passwd' }), /does not hold the image's config/],
    ['with too many layers', one({ Layers: Array(5000).fill(layer) }), /at 0\.Layers/],
    ['with fewer layers than diff IDs', one({ Layers: [] }), /names 0 layers, the config 1 diff IDs/],
    ['with prototype keys instead of its own', '[{"__proto__":{"Config":"x","Layers":[]}}]', /at 0\.Config/],
  ] as [string, string | Buffer, RegExp][])('%s', async (_, body, says) => {
    const entries = dockerArchiveEntries([IMAGE]).map((entry) =>
      entry.name === 'manifest.json' ? { ...entry, body } : entry,
    )
    for (const file of bothWays(tarball(entries))) expectRefused(await sandbox.scan(file), 3, 'image.tar', says)
  })

  it.each(['../../../../../../etc/passwd', '/etc/passwd', 'no/such/layer.tar'])(
    'whose layer is %s: nothing outside is read, the answer is blind',
    async (name) => {
      const entries = dockerArchiveEntries([IMAGE]).map((entry) =>
        entry.name === 'manifest.json' ? { ...entry, body: one({ Layers: [name] }) } : entry,
      )
      for (const file of bothWays(tarball(entries))) {
        const { report, ...ran } = await sandbox.report(file)
        expect(ran.status).toBe(3)
        expect(report.diagnostics).toContainEqual(
          expect.objectContaining({ effect: 'blind', message: expect.stringContaining(name) }),
        )
        expectHarmless(ran)
      }
    },
  )
})

describe('a config', () => {
  it.each([
    ['that is no JSON', '{', /config|json/],
    ['of depth 100,000', `{"rootfs":${DEEP_CLOSED}}`, /is not/],
    ['without rootfs', '{}', /at rootfs/],
    ['whose diff IDs are no digests', '{"rootfs":{"diff_ids":["sha256:xyz"]}}', /at rootfs\.diff_ids\.0/],
    ['whose diff ID is a path', '{"rootfs":{"diff_ids":["../../x"]}}', /at rootfs\.diff_ids\.0/],
    ['whose history is a number', '{"rootfs":{"diff_ids":[]},"history":1}', /at history/],
    ['whose environment is an object', '{"rootfs":{},"config":{"Env":{}}}', /at config\.Env/],
  ] as [string, string, RegExp][])('%s', async (_, body, says) => {
    const entries = [
      ...dockerArchiveEntries([IMAGE]).filter(({ name }) => name !== 'manifest.json'),
      { name: 'config.json', body },
      { name: 'manifest.json', body: '[{"Config":"config.json","Layers":[]}]' },
    ]
    for (const file of bothWays(tarball(entries))) expectRefused(await sandbox.scan(file), 3, 'image.tar', says)
  })

  it('with labels named as parts of a prototype changes nothing', async () => {
    const files = dockerArchiveEntries([IMAGE])
    const config = JSON.parse(String(files.find(({ name }) => /^[0-9a-f]{64}\.json$/.test(String(name)))?.body))
    const text = JSON.stringify(config).replace('"config":{', '"config":{"Labels":{"__proto__":"x","constructor":"y"},')
    const layer = String(files.find(({ name }) => String(name).endsWith('layer.tar'))?.name)
    const entries = [
      ...files.filter(({ name }) => name === layer),
      { name: 'c.json', body: text },
      { name: 'manifest.json', body: JSON.stringify([{ Config: 'c.json', Layers: [layer] }]) },
    ]
    const { report } = await sandbox.report(sandbox.file('labels.tar', tarball(entries)))
    expect(report.components).toHaveLength(1)
  })
})

describe('an OCI index', () => {
  const files = () => ociFiles([{ ...IMAGE, tags: [] }])
  const manifest = JSON.parse(String(files().get('index.json'))).manifests[0]

  /** A layout whose index names these, with further blobs, as a folder and as archives. */
  function layouts(manifests: readonly unknown[], blobs: readonly Buffer[] = []): string[] {
    const all = files()
    all.set('index.json', Buffer.from(JSON.stringify({ schemaVersion: 2, manifests })))
    for (const blob of blobs) all.set(`blobs/sha256/${sha256(blob).slice(7)}`, blob)
    const folder = `${sandbox.folder}/layout-${Math.random()}`
    writeFiles(folder, all)
    return [folder, ...bothWays(tarball([...all].map(([name, body]) => ({ name, body }))))]
  }

  it('without the platform that is wanted names those that there are', async () => {
    const other = { ...manifest, platform: { os: 'linux', architecture: 's390x' } }
    for (const target of layouts([other])) {
      const ran = await sandbox.scan(target, ['--platform', 'linux/arm64'])
      expectRefused(ran, 3, /has no image for linux\/arm64; there is: linux\/s390x/, /--platform linux\/s390x/)
    }
    const two = [
      { ...other, platform: { os: 'windows', architecture: 'mips' } },
      { ...other, digest: `sha256:${'1'.repeat(64)}` },
    ]
    for (const target of layouts(two))
      expectRefused(await sandbox.scan(target), 3, /has no image for linux\/(amd|arm)64/)
  })

  it('that leads back to itself ends, and says what is wrong', async () => {
    // An index cannot name its own digest honestly: the circle is a lie, and its blob is not what it says.
    const digest = `sha256:${'7'.repeat(64)}`
    const circle = { mediaType: INDEX, digest, size: 100 }
    const all = files()
    all.set('index.json', Buffer.from(JSON.stringify({ manifests: [circle] })))
    all.set(`blobs/sha256/${'7'.repeat(64)}`, Buffer.from(JSON.stringify({ manifests: [circle] })))
    const archive = tarball([...all].map(([name, body]) => ({ name, body })))
    for (const file of bothWays(archive)) expectRefused(await sandbox.scan(file), 3, digest)
  })

  it('that is nested too deep, and one with very many nested ones', async () => {
    const blobs: Buffer[] = []
    let inner = { mediaType: manifest.mediaType, digest: manifest.digest, size: manifest.size }
    for (let depth = 0; depth < 20; depth++) {
      const blob = Buffer.from(JSON.stringify({ manifests: [inner] }))
      blobs.push(blob)
      inner = { mediaType: INDEX, digest: sha256(blob), size: blob.length }
    }
    for (const target of layouts([inner], blobs)) expectRefused(await sandbox.scan(target), 3, /nested deeper than 8/)
  })

  it.each([
    ['that is no JSON', '{"manifests":[', /index\.json is not valid JSON/],
    ['whose manifests are an object', '{"manifests":{}}', /at manifests/],
    ['whose digest is a path', '{"manifests":[{"digest":"sha256:../../../x","size":1}]}', /at manifests\.0\.digest/],
    ['of depth 100,000', `{"manifests":${DEEP_CLOSED}}`, /index\.json is not/],
    ['that names nothing', '{"manifests":[]}', /names no image/],
    ['whose platform is text', `{"manifests":[{"digest":"${manifest.digest}","size":1,"platform":"x"}]}`, /platform/],
  ] as [string, string, RegExp][])('%s', async (_, body, says) => {
    const all = files().set('index.json', Buffer.from(body))
    const archive = tarball([...all].map(([name, bytes]) => ({ name, body: bytes })))
    for (const file of bothWays(archive)) expectRefused(await sandbox.scan(file), 3, 'image.tar', says)
  })

  it('whose manifest is not there, or is no manifest', async () => {
    for (const target of layouts([{ ...manifest, digest: `sha256:${'2'.repeat(64)}` }]))
      expectRefused(await sandbox.scan(target), 3, `manifest sha256:${'2'.repeat(64)} is not there`)
    const blob = Buffer.from('{"layers":7,"config":[]}')
    for (const target of layouts([{ ...manifest, digest: sha256(blob) }], [blob]))
      expectRefused(await sandbox.scan(target), 3, sha256(blob), /is not what it should be/)
  })
})
