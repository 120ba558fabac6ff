import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createConnection } from 'node:net'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'

const START_MS = 30_000

/** An engine of its own, with storage of its own, that runs containers. */
export interface RunningEngine {
  /** Where its storage is. */
  readonly root: string
  /** The socket of its API, once it serves it. */
  readonly socket: string
  /** Runs its command. */
  run(...words: readonly string[]): string
  /** Serves its API. */
  serve(): Promise<void>
  close(): Promise<void>
}

/** podman with runc, as it runs without systemd; the reason where it cannot. */
export function startPodman(driver = 'overlay'): RunningEngine | string {
  const missing = missingOf(['podman', 'runc'])
  if (missing !== undefined) return missing
  const folder = mkdtempSync('/tmp/bw-pod-')
  const config = join(folder, 'containers.conf')
  const lines = [
    '[engine]',
    'cgroup_manager="cgroupfs"',
    'events_logger="file"',
    '[containers]',
    'default_ulimits=["nofile=20000:20000","nproc=30000:30000"]',
  ]
  writeFileSync(config, `${lines.join('\n')}\n`)
  const env = { ...process.env, CONTAINERS_CONF: config }
  const root = join(folder, 'root')
  const common = ['--root', root, '--runroot', join(folder, 'run'), '--storage-driver', driver, '--runtime', 'runc']
  const socket = join(folder, 's')
  const run = (...words: readonly string[]): string => command('podman', [...common, ...words], env)
  let service: ChildProcess | undefined
  return {
    root,
    socket,
    run,
    async serve() {
      service = spawn('podman', [...common, 'system', 'service', '-t', '0', `unix://${socket}`], {
        env,
        stdio: 'ignore',
      })
      await listening(socket)
    },
    async close() {
      await end(service)
      for (const id of run('ps', '-aq').split('\n')) if (id !== '') run('rm', '-f', '-t', '0', id)
      if (driver === 'overlay') spawnSync('umount', ['-l', join(root, 'overlay')])
      rmSync(folder, { recursive: true, force: true, maxRetries: 10 })
    },
  }
}

/** dockerd without a network; the reason where it cannot run. */
export async function startDocker(): Promise<RunningEngine | string> {
  const missing = missingOf(['dockerd', 'docker', 'runc', 'containerd'])
  if (missing !== undefined) return missing
  const folder = mkdtempSync('/tmp/bw-dock-')
  const root = join(folder, 'data')
  const socket = join(folder, 's')
  const words = [
    ...['--data-root', root, '--exec-root', join(folder, 'exec'), '-p', join(folder, 'pid'), '-H', `unix://${socket}`],
    ...['--iptables=false', '--ip6tables=false', '--bridge=none', '--storage-driver', 'overlay2'],
  ]
  const daemon = spawn('dockerd', words, { stdio: ['ignore', 'ignore', 'pipe'] })
  let said = ''
  daemon.stderr?.on('data', (chunk: Buffer) => {
    said = `${said}${chunk}`.slice(-1000)
  })
  const run = (...of: readonly string[]): string => command('docker', ['-H', `unix://${socket}`, ...of], process.env)
  const close = async (): Promise<void> => {
    for (const id of attempt(() => run('ps', '-aq'))?.split('\n') ?? [])
      if (id !== '') attempt(() => run('rm', '-f', id))
    await end(daemon)
    rmSync(folder, { recursive: true, force: true, maxRetries: 10 })
  }
  try {
    await listening(socket, daemon)
    attempt(() => run('version'))
  } catch {
    await close()
    return `dockerd does not run here: ${said.split('\n').at(-2) ?? said}`
  }
  return { root, socket, run, serve: async () => {}, close }
}

function missingOf(programs: readonly string[]): string | undefined {
  if (process.getuid?.() !== 0) return 'engines need root here'
  const gone = programs.find((program) => spawnSync(program, ['--version']).error !== undefined)
  if (gone !== undefined) return `there is no ${gone}`
  return existsSync('/bin/busybox') ? undefined : 'there is no /bin/busybox (package busybox-static)'
}

function command(program: string, words: readonly string[], env: NodeJS.ProcessEnv): string {
  return execFileSync(program, words, {
    env,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: 60_000,
  }).trim()
}

function attempt<Result>(action: () => Result): Result | undefined {
  try {
    return action()
  } catch {
    return undefined
  }
}

async function listening(socket: string, child?: ChildProcess): Promise<void> {
  const until = performance.now() + START_MS
  while (performance.now() < until && child?.exitCode == null) {
    const answers = await new Promise<boolean>((resolve) => {
      const connection = createConnection(socket, () => {
        connection.destroy()
        resolve(true)
      }).on('error', () => resolve(false))
    })
    if (answers) return
    await pause(50)
  }
  throw new Error(`nobody listens at ${socket}`)
}

async function end(child: ChildProcess | undefined): Promise<void> {
  if (child === undefined || child.exitCode !== null) return
  const ended = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGTERM')
  const late = setTimeout(() => child.kill('SIGKILL'), 20_000)
  await ended
  clearTimeout(late)
}
