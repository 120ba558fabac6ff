import { readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ContainerdEngine } from '../support/containerd-engine.ts'
import { tarOf } from '../support/image-builder.ts'
import { useSandbox } from '../support/sandbox.ts'
import { compress, type ImageOptions, ociArchive, sha256 } from '../support/tar-writer.ts'

const box = useSandbox()
let engine: ContainerdEngine | string = 'not started'
beforeAll(async () => {
  engine = await ContainerdEngine.start()
})
afterAll(async () => {
  if (typeof engine !== 'string') await engine.stop()
})

const NAME = 'example.test/team/app:1.0'

/** An image of Alpine's with these packages; its second layer deletes a file and all that was in a folder. */
function imageOf(...packages: readonly string[]): ImageOptions {
  const installed = packages.map((name) => `P:${name}\nV:1.3-r0\nA:x86_64\n\n`).join('')
  const metadata = 'Metadata-Version: 2.1\nName: gone\nVersion: 1\n\n'
  const base = tarOf([
    { name: 'etc/' },
    { name: 'etc/os-release', text: 'ID=alpine\nVERSION_ID=3.20.3\n' },
    { name: 'lib/' },
    { name: 'lib/apk/' },
    { name: 'lib/apk/db/' },
    { name: 'lib/apk/db/installed', text: installed },
    { name: 'opt/' },
    { name: 'opt/gone.dist-info/' },
    { name: 'opt/gone.dist-info/METADATA', text: metadata },
    { name: 'srv/' },
    { name: 'srv/old.dist-info/' },
    { name: 'srv/old.dist-info/METADATA', text: metadata.replace('gone', 'old') },
  ])
  const own = tarOf([
    { name: 'opt/' },
    { name: 'opt/.wh.gone.dist-info' },
    { name: 'srv/' },
    { name: 'srv/.wh..wh..opq' },
    { name: 'srv/new.dist-info/' },
    { name: 'srv/new.dist-info/METADATA', text: metadata.replace('gone', 'new') },
    { name: 'srv/new.dist-info/METADATA2', hardlink: 'srv/new.dist-info/METADATA' },
  ])
  return { layers: [base, own], compression: 'gzip', tags: [NAME] }
}

/** A report without what may differ from door to door. */
function answerOf(stdout: string): unknown {
  const { subject, startedAt: _, durationMs: ____, ...rest } = JSON.parse(stdout)
  const { name: __, digest: ___, ...what } = subject
  return { ...rest, subject: what }
}

describe('a real containerd', () => {
  it('has an image that is read from its storage, as from its archive', async (ctx) => {
    if (typeof engine === 'string') return ctx.skip(engine)
    const archive = ociArchive([imageOf('zlib', 'musl')])
    engine.import(archive)
    const words = ['--containerd-root', engine.root, '--debug']
    const file = await box.report(box.file('app.tar', archive))
    const forced = await box.report(`containerd:${NAME}`, words)
    expect(answerOf(forced.stdout)).toEqual(answerOf(file.stdout))
    expect(forced.report.components.map(({ name }) => name).sort()).toEqual(['musl', 'new', 'zlib'])
    expect(forced.stderr).toContain(`${NAME} in namespace default of ${engine.root}`)
    box.forget()
    const found = await box.report(NAME, words)
    expect(answerOf(found.stdout)).toEqual(answerOf(file.stdout))
  })

  it('has namespaces, all of which are asked unless one is named', async (ctx) => {
    if (typeof engine === 'string') return ctx.skip(engine)
    engine.import(ociArchive([imageOf('zlib', 'musl')]))
    engine.import(ociArchive([imageOf('busybox')]), 'k8s.io')
    const names = async (env: Record<string, string>): Promise<string> => {
      const words = ['--format', 'json', '--containerd-root', (engine as ContainerdEngine).root]
      const ran = await box.scan(`containerd:${NAME}`, words, { env })
      return ran.stdout === '' ? ran.stderr : ran.stdout
    }
    expect(await names({})).toContain('"musl"')
    expect(await names({ CONTAINERD_NAMESPACE: 'k8s.io' })).toContain('"busybox"')
    expect(await names({ CONTAINERD_NAMESPACE: 'none' })).toContain(`namespace none of ${engine.root} has it`)
  })

  it('may have discarded the blobs of layers that lie unpacked', async (ctx) => {
    if (typeof engine === 'string') return ctx.skip(engine)
    const image = { ...imageOf('zlib', 'openssl'), tags: ['example.test/unpacked:1'] }
    const archive = ociArchive([image])
    try {
      engine.import(archive, 'default', true)
    } catch (error) {
      return ctx.skip(`containerd cannot unpack here: ${(error as Error).message.slice(0, 200)}`)
    }
    const blobs = join(engine.root, 'io.containerd.content.v1.content/blobs/sha256')
    const held = readdirSync(blobs)
    for (const layer of image.layers) {
      const blob = sha256(compress(layer, 'gzip')).slice(7)
      expect(held).toContain(blob)
      rmSync(join(blobs, blob))
    }
    const file = await box.report(box.file('unpacked.tar', archive))
    box.forget()
    const unpacked = await box.report('containerd:example.test/unpacked:1', ['--containerd-root', engine.root])
    expect(answerOf(unpacked.stdout)).toEqual(answerOf(file.stdout))
  })
})
