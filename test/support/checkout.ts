import { spawn } from 'node:child_process'
import { chmodSync, cpSync, existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'

const ROOT = join(import.meta.dirname, '../..')

/** What a program that was started gave back. */
export interface Ended {
  readonly status: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

export interface StartOptions {
  readonly cwd?: string
  /** The whole environment, where not that of this process. */
  readonly env?: NodeJS.ProcessEnv
  readonly uid?: number
}

/** Starts a program and resolves when it has ended, whatever its status. */
export function start(program: string, words: readonly string[], options: StartOptions = {}): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const { uid } = options
    const child = spawn(program, words, {
      cwd: options.cwd,
      env: options.env ?? process.env,
      stdio: ['ignore', 'pipe', 'pipe'],
      ...(uid === undefined ? {} : { uid, gid: uid }),
    })
    let stdout = ''
    let stderr = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text
    })
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text
    })
    child.once('error', reject)
    child.once('close', (status, signal) => resolve({ status, signal, stdout, stderr }))
  })
}

/**
 * Copies what a clone of this project would hold, as it lies here, without what was installed or built. With `main`, that is
 * the whole program: for tests of what stands around it.
 */
export function copyCheckout(to: string, main?: string): void {
  mkdirSync(to, { recursive: true })
  const names = [
    'bulwark',
    'package.json',
    'package-lock.json',
    '.npmrc',
    'tsconfig.json',
    'src',
    'tools',
    'docs',
    'examples',
  ]
  for (const name of [...names, 'README.md', 'LICENSE', 'CHANGELOG.md'])
    if (existsSync(join(ROOT, name))) cpSync(join(ROOT, name), join(to, name), { recursive: true })
  if (main === undefined) return
  rmSync(join(to, 'src'), { recursive: true })
  mkdirSync(join(to, 'src/cli'), { recursive: true })
  writeFileSync(join(to, 'src/cli/main.ts'), main)
}

/** A folder for PATH whose `npm` writes a line into a file each time it is run, and then runs the real one. */
export class CountedNpm {
  readonly folder: string
  readonly #log: string

  constructor(folder: string) {
    this.folder = folder
    this.#log = join(folder, 'runs')
    mkdirSync(folder, { recursive: true })
    writeFileSync(this.#log, '')
    symlinkSync(process.execPath, join(folder, 'node'))
    writeFileSync(join(folder, 'npm'), `#!/bin/sh\necho run >>'${this.#log}'\nexec '${realNpm()}' "$@"\n`)
    chmodSync(join(folder, 'npm'), 0o755)
  }

  get runs(): number {
    return readFileSync(this.#log, 'utf8').length / 'run\n'.length
  }
}

/** The npm of this machine. */
export function realNpm(): string {
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    const npm = join(folder, 'npm')
    if (!folder.includes('node_modules') && existsSync(npm)) return npm
  }
  throw new Error('this machine has no npm on its PATH')
}
