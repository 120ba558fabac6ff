import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'

const START_MS = 30_000

/** A real containerd with a root, state and socket of its own. */
export class ContainerdEngine {
  readonly #folder: string
  readonly #child: ChildProcess
  readonly root: string

  private constructor(folder: string, child: ChildProcess) {
    this.#folder = folder
    this.#child = child
    this.root = join(folder, 'root')
  }

  /** Starts one; the reason where that cannot be done on this machine. */
  static async start(): Promise<ContainerdEngine | string> {
    for (const program of ['containerd', 'ctr'])
      if (spawnSync(program, ['--version']).error !== undefined) return `there is no ${program} (package containerd)`
    if (process.getuid?.() !== 0) return 'containerd needs root'
    // Paths of sockets are short.
    const folder = mkdtempSync('/tmp/bw-ctd-')
    const config = join(folder, 'config.toml')
    const lines = [
      'version = 2',
      `root = "${folder}/root"`,
      `state = "${folder}/state"`,
      'disabled_plugins = ["io.containerd.grpc.v1.cri", "io.containerd.internal.v1.opt"]',
      '[grpc]',
      `address = "${folder}/s"`,
    ]
    writeFileSync(config, `${lines.join('\n')}\n`)
    const child = spawn('containerd', ['--config', config], { stdio: ['ignore', 'ignore', 'pipe'] })
    let said = ''
    child.stderr.on('data', (chunk: Buffer) => {
      said = `${said}${chunk}`.slice(-2000)
    })
    const engine = new ContainerdEngine(folder, child)
    const until = Date.now() + START_MS
    while (spawnSync('ctr', ['--address', `${folder}/s`, 'version']).status !== 0) {
      if (child.exitCode !== null || Date.now() > until) {
        await engine.stop()
        return `containerd does not start here: ${said.trim().split('\n').at(-1)}`
      }
      await pause(50)
    }
    return engine
  }

  /** Runs `ctr`; what it prints. */
  ctr(words: readonly string[], namespace = 'default'): string {
    const ran = spawnSync('ctr', ['--address', `${this.#folder}/s`, '--namespace', namespace, ...words])
    if (ran.status !== 0) throw new Error(`ctr ${words.join(' ')}: ${ran.stderr}`)
    return String(ran.stdout)
  }

  /** Imports an archive, and unpacks it where `unpack` says so. */
  import(archive: Uint8Array, namespace = 'default', unpack = false): void {
    const path = join(this.#folder, 'archive.tar')
    mkdirSync(this.#folder, { recursive: true })
    writeFileSync(path, archive)
    this.ctr(['images', 'import', ...(unpack ? [] : ['--no-unpack']), path], namespace)
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      const ended = new Promise((resolve) => this.#child.once('exit', resolve))
      this.#child.kill('SIGTERM')
      await ended
    }
    rmSync(this.#folder, { recursive: true, force: true })
  }
}
