import { Buffer } from 'node:buffer'
import type { ChildProcess } from 'node:child_process'
import { parseJson, quoted, textOf } from './value.ts'

/** What a helper program said: a secret, that it has none, or what went wrong, in one line without anything that it printed. */
export type HelperAnswer =
  | { readonly username: string; readonly secret: string }
  | { readonly username?: undefined; readonly problem?: string }

export interface HelperOptions {
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly signal: AbortSignal
  /** It is ended after this time. */
  readonly limitMs: number
}

const NAME = /^[a-z0-9._-]{1,100}$/
const MOST_OUTPUT = 256 * 1024
/** What helpers print when they have nothing (github.com/docker/docker-credential-helpers, credentials/error.go). */
const NOT_FOUND = /credentials not found in native keychain/

/**
 * Asks `docker-credential-NAME get` for a registry's credentials (github.com/docker/docker-credential-helpers): the registry goes to
 * its standard input, a JSON object with `Username` and `Secret` comes back. No shell is involved. A helper that hangs is ended with
 * everything that it started. Rejects only when the signal is aborted.
 */
export async function askHelper(name: string, server: string, options: HelperOptions): Promise<HelperAnswer> {
  if (!NAME.test(name)) return { problem: `${quoted(name)} is no name of a credential helper` }
  const program = `docker-credential-${name}`
  const ran = await runHelper(program, server, options)
  if (ran.problem !== undefined) return { problem: `${program} ${ran.problem}` }
  if (ran.status !== 0)
    return NOT_FOUND.test(ran.output) ? {} : { problem: `${program} ended with status ${ran.status} for ${server}` }
  const parsed = parseJson(ran.output)
  if (parsed.problem !== undefined)
    return { problem: `${program} answered for ${server} with something that is no JSON object` }
  const username = parsed.table.get('Username')
  const secret = textOf(parsed.table.get('Secret'))
  if (typeof username === 'string' && secret !== undefined) return { username, secret }
  return { problem: `${program} answered for ${server} without Username and Secret` }
}

interface Ran {
  readonly status: number | string
  readonly output: string
  readonly problem?: string
}

function runHelper(program: string, server: string, { environment, signal, limitMs }: HelperOptions): Promise<Ran> {
  signal.throwIfAborted()
  const { spawn } = process.getBuiltinModule('node:child_process')
  return new Promise((resolve, reject) => {
    // In a group of its own, so that what it started can be ended with it.
    const child = spawn(program, ['get'], {
      env: { ...environment },
      stdio: ['pipe', 'pipe', 'ignore'],
      detached: true,
    })
    const parts: Buffer[] = []
    let length = 0
    const finish = (settle: () => void): void => {
      clearTimeout(timer)
      signal.removeEventListener('abort', abort)
      child.stdout?.destroy()
      child.stdin?.destroy()
      settle()
    }
    const stop = (problem: string): void => {
      endGroup(child)
      finish(() => resolve({ status: 'ended', output: '', problem }))
    }
    const abort = (): void => {
      endGroup(child)
      finish(() => reject(signal.reason))
    }
    const timer = setTimeout(() => stop(`did not answer within ${limitMs / 1000} s and was ended`), limitMs)
    signal.addEventListener('abort', abort, { once: true })
    child.stdout?.on('data', (part: Buffer) => {
      length += part.length
      if (length > MOST_OUTPUT) stop(`printed more than ${MOST_OUTPUT} bytes and was ended`)
      else parts.push(part)
    })
    child.once('error', (error: NodeJS.ErrnoException) =>
      finish(() => resolve({ status: 'error', output: '', problem: whyNotStarted(error) })),
    )
    child.once('close', (code, killed) =>
      finish(() => resolve({ status: code ?? killed ?? 'unknown', output: Buffer.concat(parts).toString('utf8') })),
    )
    // A helper may end without reading what it is given.
    child.stdin?.on('error', () => {})
    child.stdin?.end(server)
  })
}

function whyNotStarted({ code }: NodeJS.ErrnoException): string {
  if (code === 'ENOENT') return 'is not found on the PATH'
  if (code === 'EACCES') return 'cannot be started: the right to execute it is missing'
  return `cannot be started: ${code ?? 'unknown error'}`
}

function endGroup({ pid }: ChildProcess): void {
  if (pid === undefined) return
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    // It has ended by itself.
  }
}
