import { spawn, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { type RegistryServer, registryMissing, startRegistry } from '../test/support/registry-server.ts'
import { tarball } from '../test/support/tar-writer.ts'
import { type BenchLine, type Benchmark, interleaved, Unmeasurable } from './benchmark.ts'
import { bulwark } from './bulwark.ts'
import { concurrency } from './concurrency.ts'
import { debianImage } from './debian-image.ts'
import { entries } from './entries.ts'
import { lazy } from './lazy.ts'
import { withTopLayer } from './top-layer.ts'

const ROUNDS = 5
const SHARING = 20

/** Images where they lie: in a registry and in podman's storage, known and unknown, alone and many at once. */
export const sources: Benchmark = {
  id: 'sources',
  async run(report) {
    for (const program of ['podman', 'skopeo']) {
      if (spawnSync(program, ['--version']).error) throw new Unmeasurable(`${program} is not installed`)
    }
    const missing = registryMissing()
    if (missing !== undefined) throw new Unmeasurable(missing)
    if (process.getuid?.() !== 0) throw new Unmeasurable("podman's storage needs root")
    const scratch = mkdtempSync(join(tmpdir(), 'bulwark-sources-'))
    const server = await startRegistry()
    try {
      await bulwark(['--version'])
      await fromRegistry(server, scratch, report)
      await fromPodman(scratch, report)
      await sharing(server, scratch, report)
    } finally {
      await server.stop()
      spawnSync('podman', [...podmanStorage(scratch, 'engine'), 'rmi', '--all', '--force'])
      rmSync(scratch, { recursive: true, force: true })
    }
    for (const part of [lazy, concurrency, entries]) await part.run(report)
  },
}

/** The words of a scan that prints nothing and keeps what it learns in `cache`. */
function words(targets: readonly string[], cache: string): string[] {
  return ['scan', ...targets, '--no-update', '--allow-incomplete', '--quiet', '--format', 'json', '--cache-dir', cache]
}

async function fromRegistry(
  { host }: RegistryServer,
  scratch: string,
  report: (line: BenchLine) => void,
): Promise<void> {
  const six = await debianImage(6, 'gzip')
  const eleven = await debianImage(11, 'gzip')
  await push(six.folder, `${host}/debian:six`)
  await push(eleven.folder, `${host}/debian:eleven`)
  const known = words([`registry:${host}/debian:six`], join(scratch, 'known'))
  await bulwark(known)
  const [emptyMs, knownMs] = await interleaved(11, [
    () => void spawnSync(process.execPath, ['-e', '0']),
    () => bulwark(known),
  ])
  report({ name: 'sources-known-registry', measured: knownMs / emptyMs, unit: 'x', limit: 5, at: 'most' })
  let turn = 0
  const cold = () => bulwark(words([`registry:${host}/debian:eleven`], join(scratch, `cold-${++turn}`)))
  const pull = (): Promise<void> => {
    const storage = podmanStorage(scratch, `pull-${++turn}`)
    return must('podman', [...storage, 'pull', '--quiet', '--tls-verify=false', `${host}/debian:eleven`])
  }
  const unpack = async (): Promise<void> => {
    for (const layer of eleven.layers) await must('gzip', ['-dc', '--', layer])
  }
  const [coldMs, pullMs, unpackMs] = await interleaved(3, [cold, pull, unpack])
  report({ name: 'sources-cold-to-pull', measured: coldMs / pullMs, unit: 'x', limit: 0.7, at: 'most' })
  report({ name: 'sources-cold-to-gzip', measured: coldMs / unpackMs, unit: 'x', limit: 0.55, at: 'most' })
}

async function fromPodman(scratch: string, report: (line: BenchLine) => void): Promise<void> {
  const storage = podmanStorage(scratch, 'engine')
  const { folder } = await debianImage(6, 'gzip')
  await must('podman', [...storage, 'pull', '--quiet', `oci:${folder}`])
  const id = spawnSync('podman', [...storage, 'images', '--quiet', '--no-trunc'], { encoding: 'utf8' }).stdout.trim()
  await must('podman', [...storage, 'tag', id, 'localhost/debian:six'])
  let turn = 0
  const root = ['--podman-root', join(scratch, 'engine')]
  const [scanMs, saveMs] = await interleaved(ROUNDS, [
    () => bulwark([...words(['podman:localhost/debian:six'], join(scratch, `podman-${++turn}`)), ...root]),
    () => must('sh', ['-c', `podman ${storage.join(' ')} save localhost/debian:six | cat >/dev/null`]),
  ])
  report({ name: 'sources-podman-to-save', measured: scanMs / saveMs, unit: 'x', limit: 0.25, at: 'most' })
}

/** Twenty images with one base, each with a small layer of its own. */
async function sharing({ host }: RegistryServer, scratch: string, report: (line: BenchLine) => void): Promise<void> {
  const base = await debianImage(6, 'gzip')
  const names: string[] = []
  for (let i = 0; i < SHARING; i++) {
    const own = tarball([
      { name: `srv/${i}/node_modules/own/package.json`, body: `{"name":"own","version":"1.0.${i}"}` },
    ])
    const folder = join(scratch, `shared-${i}`)
    withTopLayer(base.folder, folder, gzipSync(own), own)
    await push(folder, `${host}/shared:${i}`)
    names.push(`registry:${host}/shared:${i}`)
  }
  const list = join(scratch, 'list.txt')
  writeFileSync(list, names.join('\n'))
  let turn = 0
  const [oneMs, allMs] = await interleaved(3, [
    () => bulwark(words([names[0]], join(scratch, `one-${++turn}`))),
    () => bulwark(words(['--images-from', list], join(scratch, `all-${++turn}`))),
  ])
  report({ name: 'sources-twenty-to-one', measured: allMs / oneMs, unit: 'x', limit: 2.5, at: 'most' })
}

function podmanStorage(scratch: string, name: string): string[] {
  mkdirSync(join(scratch, name), { recursive: true })
  return ['--root', join(scratch, name), '--runroot', join(scratch, `${name}-run`), '--storage-driver', 'overlay']
}

function push(folder: string, name: string): Promise<void> {
  return must('skopeo', ['copy', '--quiet', '--dest-tls-verify=false', `oci:${folder}`, `docker://${name}`])
}

/** Runs a program to its end. Not in step with this process: the registry that it talks to writes its log into a pipe of ours. */
function must(program: string, given: readonly string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, given, { stdio: ['ignore', 'ignore', 'pipe'] })
    let said = ''
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      said += text
    })
    child.once('error', reject)
    child.once('close', (status) => {
      if (status === 0) resolve()
      else reject(new Error(`${program} ${given.join(' ')}: ${said.trim()}`))
    })
  })
}
