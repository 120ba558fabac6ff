import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { serveEngine } from '../support/engine-api-server.ts'
import { ALL_FINDINGS, ALPINE_LAYER, useFlagFixtures } from '../support/flag-fixtures.ts'
import { dockerArchive } from '../support/tar-writer.ts'

const fixtures = useFlagFixtures()
const { image } = fixtures

/** Settled when it is so, asked again and again. */
async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 10))
}

interface BatchDocument {
  readonly results: readonly {
    readonly subject: { readonly name: string }
    readonly findings: readonly { kind: string }[]
  }[]
  readonly summary: readonly {
    readonly reference: string
    readonly from?: string
    readonly status: number
    readonly outcome: { readonly kind: string; readonly message?: string }
  }[]
}

describe('many targets in one run', () => {
  it('--images-from scans what a file lists, names a wrong line by its number, and goes on', async () => {
    const other = fixtures.file('other.tar', dockerArchive([{ layers: [ALPINE_LAYER] }]))
    const list = fixtures.file('list.txt', `# ours\n${image}\nno such image\n\n${other}\n${image}.gone\n`)
    const ran = await fixtures.run(['scan', '--no-update', '--format', 'json', '--images-from', list])
    expect(ran.status, ran.stderr).toBe(3)
    const { results, summary }: BatchDocument = JSON.parse(ran.stdout)
    expect(results.map(({ subject }) => subject.name).sort()).toEqual([image, other].sort())
    const found = results.find(({ subject }) => subject.name === image)?.findings ?? []
    expect(found.filter(({ kind }) => kind === 'vulnerability')).toHaveLength(ALL_FINDINGS.length)
    expect(summary).toHaveLength(4)
    const failed = summary.filter(({ outcome }) => outcome.kind === 'failed')
    expect(failed.map(({ from }) => from).sort()).toEqual([`${list}:3`, `${list}:6`])
    expect(failed.find(({ from }) => from === `${list}:3`)?.outcome.message).toContain('line 3 of')
  })

  it('--images-from - reads standard input', async () => {
    const ran = await fixtures.run(['scan', '--no-update', '--images-from', '-'], {
      shell: `printf '%s\\n' '${image}' | "$@"`,
    })
    expect(ran.status, ran.stderr).toBe(0)
    expect(ran.stdout).toMatch(/^1 image, 1 scanned, 0 failed$/m)
    expect(ran.stdout).toMatch(/^CRITICAL +CVE-2099-0001/m)
  })

  it('--all scans what the engines hold; an engine that is named and not there is a failure beside them', async () => {
    const nowhere = join(fixtures.folder, 'nowhere')
    const roots = ['docker', 'podman', 'containerd', 'crio'].flatMap((name) => [`--${name}-root`, nowhere])
    const engine = await serveEngine('app', { layers: [ALPINE_LAYER] })
    const hosts = ['--docker-host', `unix://${engine.socket}`, '--podman-host', `unix://${nowhere}/p`]
    const ran = await fixtures.run(['scan', '--no-update', '-f', 'json', '--all', ...roots, ...hosts])
    await engine.close()
    expect(ran.status, ran.stderr).toBe(3)
    const { results, summary }: BatchDocument = JSON.parse(ran.stdout)
    expect(results.map(({ subject }) => subject.name)).toEqual(['docker:app:latest'])
    const failed = summary.filter(({ outcome }) => outcome.kind === 'failed')
    expect(failed).toMatchObject([{ reference: 'podman:', outcome: { message: 'there is no such socket' } }])
  })

  it('have the worst status of all, findings last', async () => {
    const words = ['scan', '--no-update', '--exit-code', '7', '--no-progress']
    expect((await fixtures.run([...words, image, image])).status).toBe(7)
    const mixed = await fixtures.run([...words, image, `${image}.gone`])
    expect(mixed.status, mixed.stderr).toBe(3)
    expect(mixed.stdout).toMatch(/^2 images, 1 scanned, 1 failed$/m)
    expect(mixed.stdout).toContain('failed')
  })

  it('go on where an interrupt stopped them: what was read is known', async () => {
    const cache = join(fixtures.folder, 'interrupted')
    const words = ['scan', '--no-update', '--allow-incomplete', '--cache-dir', cache, '--parallel', '1']
    const database = join(cache, 'layers.db')
    const ofLayers = ['lib/apk/db/installed', 'opt/tool/node_modules/minimist']
    const read = (): boolean => existsSync(database) && ofLayers.every((path) => readFileSync(database).includes(path))
    const huge = fixtures.hugeImage()
    const stopped = await fixtures.run([...words, image, huge], { interruptWhen: until(read) })
    expect(stopped.status, stopped.stderr).toBe(130)
    const again = await fixtures.run([...words, '--debug', image, `${image}.gone`])
    expect(again.stderr.match(/^debug: cache: layer \d of 2 .* is known/gm)).toHaveLength(2)
  })

  it('are written to a file whole', async () => {
    const output = join(fixtures.folder, 'all.json')
    const ran = await fixtures.run(['scan', '--no-update', '-f', 'json', '-o', output, image, `${image}.gone`])
    expect(ran).toMatchObject({ status: 3, stdout: '' })
    const { default: document } = await import(output, { with: { type: 'json' } })
    expect((document as BatchDocument).summary).toHaveLength(2)
  })
})

describe('a run is explained', () => {
  it('--trace writes a timeline with a lane for each layer', async () => {
    const file = join(fixtures.folder, 'trace.json')
    const fresh = ['--cache-dir', join(fixtures.folder, 'fresh')]
    const ran = await fixtures.run(['scan', '--offline', '--allow-incomplete', ...fresh, '--trace', file, image])
    expect(ran.status, ran.stderr).toBe(0)
    const { default: document } = await import(file, { with: { type: 'json' } })
    const events: { ph: string; name: string; ts: number; dur?: number; args: { name?: string } }[] =
      document.traceEvents
    const lanes = events.filter(({ ph }) => ph === 'M').map(({ args }) => args.name)
    expect(lanes).toEqual(expect.arrayContaining(['bulwark', expect.stringMatching(/^layer 1 of/)]))
    expect(events.filter(({ ph }) => ph === 'X').map(({ name }) => name)).toEqual(
      expect.arrayContaining(['open', 'read', 'read layer', 'assemble']),
    )
    writeFileSync(file, '')
    await fixtures.run(['scan', '--offline', '--trace', file, `${image}.gone`])
    expect((await import(`${file}?`, { with: { type: 'json' } })).default.traceEvents).not.toEqual([])
  })
})
