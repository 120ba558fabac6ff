import { chmodSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { doorImage } from '../support/door-image.ts'
import { type RunningEngine, startPodman } from '../support/running-engines.ts'
import { expectRefused, useSandbox } from '../support/sandbox.ts'
import { dockerArchive } from '../support/tar-writer.ts'

const box = useSandbox()
let engine: RunningEngine | string = 'not started'
let id = ''
beforeAll(() => {
  engine = startPodman()
  if (typeof engine === 'string') return
  engine.run('load', '-q', '-i', box.file('door.tar', dockerArchive([doorImage('localhost/door:1')])))
  id = engine.run('images', '-q', '--no-trunc')
})
afterAll(async () => {
  if (typeof engine !== 'string') await engine.close()
})

describe('storage of a real podman', () => {
  it('has images by each of their names, and for their own platform', async (ctx) => {
    if (typeof engine === 'string') return ctx.skip(engine)
    const words = ['--podman-root', engine.root]
    const digest = engine.run('image', 'inspect', '--format', '{{.Digest}}', id)
    const names = ['localhost/door:1', 'door:1', id, id.slice(7, 19), `localhost/door@${digest}`]
    for (const name of names) {
      const { report } = await box.report(`podman:${name}`, words)
      expect(report.components.map((one) => one.name)).toContain('curl')
    }
    const nowhere = await box.scan('podman:localhost/door:2', words)
    expectRefused(nowhere, 3, /no image of this name/)
    expectRefused(await box.scan('podman:door:1', [...words, '--platform', 'linux/s390x']), 3, /linux\/amd64 only/)
  })

  it('says what is damaged, and what the storage no longer has', async (ctx) => {
    if (typeof engine === 'string') return ctx.skip(engine)
    const words = ['--podman-root', engine.root]
    const layers = JSON.parse(readFileSync(join(engine.root, 'overlay-layers/layers.json'), 'utf8')) as { id: string }[]
    const status = join(engine.root, 'overlay', layers[0].id, 'diff/var/lib/dpkg/status')
    const before = readFileSync(status)
    writeFileSync(status, Buffer.from(before).fill(0x58, 0, 1))
    expectRefused(await box.scan('podman:door:1', words), 3, /var\/lib\/dpkg\/status is not what it was: its checksum/)
    rmSync(status)
    box.forget()
    expectRefused(await box.scan('podman:door:1', words), 3, /var\/lib\/dpkg\/status is missing/)
    writeFileSync(status, before)
  })

  it('names the right that is missing', async (ctx) => {
    if (typeof engine === 'string') return ctx.skip(engine)
    for (const open of ['', 'advisories', 'advisories/advisories']) chmodSync(join(box.folder, open), 0o755)
    chmodSync(join(engine.root, '..'), 0o711)
    chmodSync(engine.root, 0o700)
    const as = { uid: 65_534, cwd: '/', env: { BULWARK_CACHE_DIR: '/nonexistent', TMPDIR: '/tmp' } }
    const denied = await box.scan('podman:door:1', ['--podman-root', engine.root], as)
    expect(denied.status, denied.stderr).toBe(3)
    expect(denied.stderr).toMatch(/permission denied: .*read by root, or with CAP_DAC_READ_SEARCH/)
  })
})
