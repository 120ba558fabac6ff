import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect } from 'vitest'
import type { Diagnostic } from '../../src/model/diagnostic.ts'

const ROOT = join(import.meta.dirname, '../..')
const PROGRAM = join(ROOT, 'bulwark')

/** What one run of the program came to. */
export interface Ran {
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
  readonly ms: number
  /** Most memory that the process had resident, in MiB; 0 where the system does not say. */
  readonly peakMb: number
  /** Everything that lies in the temporary and the working folder and was not there before, and half-written files of the cache (but parts of downloads, which are resumed). */
  readonly left: readonly string[]
}

export interface RunOptions {
  /** Added to the environment; undefined takes a variable away. */
  readonly env?: Readonly<Record<string, string | undefined>>
  readonly cwd?: string
  readonly uid?: number
  /** A shell command that runs the program as `"$@"`. */
  readonly shell?: string
  readonly killAfterMs?: number
  /** Settled when the program is to be interrupted. */
  readonly interruptWhen?: Promise<unknown>
}

/** The parts of a JSON report that tests look at. */
export interface Report {
  readonly complete: boolean
  readonly whole: boolean
  readonly diagnostics: readonly Diagnostic[]
  readonly findings: readonly { readonly id: string }[]
  readonly components: readonly { readonly name: string; readonly version: string }[]
}

/** A folder of a test file's own, with temporary folder, working folder and cache in it, in which the real program runs. */
export class Sandbox {
  readonly folder = mkdtempSync(join(tmpdir(), 'bulwark-bad-input-'))
  cache = join(this.folder, 'cache')
  #caches = 0
  readonly cwd = join(this.folder, 'cwd')
  readonly tmp = join(this.folder, 'tmp')
  /** A small real advisory database: Debian and npm, from the bundled example. */
  readonly advisories = join(this.folder, 'advisories', 'advisories', 'advisories.db')

  async prepare(): Promise<void> {
    for (const name of ['cwd', 'tmp', 'home']) mkdirSync(join(this.folder, name))
    const from = join(ROOT, 'examples/shop/advisories')
    const ran = await this.run(['advisories', 'update', '--from', from, '--cache-dir', join(this.folder, 'advisories')])
    if (ran.status !== 0) throw new Error(ran.stderr)
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true })
  }

  /** Goes on with an empty cache. */
  forget(): void {
    this.cache = join(this.folder, `cache-${++this.#caches}`)
  }

  /** Writes a file of the sandbox, and gives its path. */
  file(name: string, bytes: string | Uint8Array): string {
    const path = join(this.folder, name)
    mkdirSync(join(path, '..'), { recursive: true })
    writeFileSync(path, bytes)
    return path
  }

  /** Scans offline, against the small database. */
  scan(target: string, words: readonly string[] = [], options: RunOptions = {}): Promise<Ran> {
    return this.run(['scan', '--advisories', this.advisories, '--offline', ...words, target], options)
  }

  /** Scans for JSON; the run must have come to an answer. */
  async report(target: string, words: readonly string[] = []): Promise<Ran & { readonly report: Report }> {
    const ran = await this.scan(target, ['--format', 'json', ...words])
    expect(ran.stdout, ran.stderr).not.toBe('')
    return { ...ran, report: JSON.parse(ran.stdout) as Report }
  }

  async run(words: readonly string[], options: RunOptions = {}): Promise<Ran> {
    const before = new Set(this.#found())
    const start = performance.now()
    const ended = await runProgram(words, {
      ...options,
      cwd: options.cwd ?? this.cwd,
      env: {
        PATH: process.env.PATH,
        HOME: join(this.folder, 'home'),
        TMPDIR: this.tmp,
        BULWARK_CACHE_DIR: this.cache,
        ...options.env,
      },
    })
    const left = this.#found().filter((path) => !before.has(path))
    return { ...ended, ms: performance.now() - start, left }
  }

  #found(): string[] {
    const files = (folder: string): string[] => {
      if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true) return []
      return readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => `${folder}/${name}`)
    }
    const cached = files(this.cache).filter((path) => /\.tmp|-journal$|-wal$|\/new-|\.lock/.test(path))
    // Where a checkout cannot be written, its bundle is built below the temporary folder, once for each user.
    const temporary = files(this.tmp).filter((path) => !/\/bulwark-\d+(\/|$)/.test(path))
    return [...temporary, ...files(this.cwd), ...cached]
  }
}

/** A sandbox for the tests of a file; each begins with an empty cache. */
export function useSandbox(): Sandbox {
  const sandbox = new Sandbox()
  beforeAll(() => sandbox.prepare())
  beforeEach(() => sandbox.forget())
  afterAll(() => sandbox.remove())
  return sandbox
}

function runProgram(
  words: readonly string[],
  { cwd, env, uid, shell, killAfterMs = 60_000, interruptWhen }: RunOptions,
): Promise<Omit<Ran, 'ms' | 'left'>> {
  return new Promise((resolve, reject) => {
    const [program, args] = shell === undefined ? [PROGRAM, words] : ['/bin/sh', ['-c', shell, 'sh', PROGRAM, ...words]]
    const stdio = ['ignore', 'pipe', 'pipe'] as const
    const child = spawn(program, args, { cwd, env, stdio: [...stdio], ...(uid === undefined ? {} : { uid, gid: uid }) })
    const { stdout, stderr } = child
    if (stdout === null || stderr === null) throw new Error('no pipes')
    const out: Buffer[] = []
    const err: Buffer[] = []
    let peakMb = 0
    stdout.on('data', (chunk: Buffer) => out.push(chunk))
    stderr.on('data', (chunk: Buffer) => err.push(chunk))
    const look = setInterval(() => {
      peakMb = Math.max(peakMb, peakOf(child.pid))
    }, 20)
    const hung = setTimeout(() => child.kill('SIGKILL'), killAfterMs)
    void interruptWhen?.then(() => child.kill('SIGINT'))
    child.once('error', reject)
    child.once('close', (status) => {
      clearInterval(look)
      clearTimeout(hung)
      resolve({ status, stdout: Buffer.concat(out).toString(), stderr: Buffer.concat(err).toString(), peakMb })
    })
  })
}

/** Peak resident memory of a process so far, in MiB (proc(5), VmHWM). */
function peakOf(pid: number | undefined): number {
  try {
    return Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024
  } catch {
    return 0
  }
}

/** What an error must look like: the documented status, text that names the thing, no defect of the program, nothing left behind. */
export function expectRefused(ran: Ran, status: number, ...says: readonly (string | RegExp)[]): void {
  expect.soft(ran.status, ran.stderr).toBe(status)
  expect.soft(ran.stderr).toMatch(/^error: /m)
  expect.soft(ran.stderr).not.toMatch(/defect of bulwark|internal error/)
  for (const said of says) expect.soft(ran.stderr).toMatch(said)
  expect.soft(ran.stdout).toBe('')
  expectHarmless(ran)
}

/** Whatever came of it: nothing left, no hang, memory that is bounded. */
export function expectHarmless(ran: Ran, most: { readonly ms?: number; readonly mb?: number } = {}): void {
  expect.soft(ran.left).toEqual([])
  expect.soft(ran.ms).toBeLessThan(most.ms ?? 20_000)
  expect.soft(ran.peakMb).toBeLessThan(most.mb ?? 300)
}

/** Two answers about one target must be the same, whatever the cache held. */
export function sameAnswer(a: Report, b: Report): void {
  const plain = ({ complete, whole, diagnostics, findings, components }: Report): unknown => ({
    complete,
    whole,
    diagnostics,
    findings,
    components,
  })
  expect(plain(a)).toEqual(plain(b))
}
