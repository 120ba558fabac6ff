import type { ChildProcessWithoutNullStreams } from 'node:child_process'
import { Duplex } from 'node:stream'
import { Failure } from '../../lib/failure.ts'
import { addressText, type SshAddress } from './address.ts'

const STDERR_BYTES = 4096

/** The command line that connects to an engine on another machine, as `docker` itself does it (docker/cli, cli/connhelper). */
export function sshWords(address: SshAddress): readonly string[] {
  const { user, host, port, identity, socket, engine } = address
  const remote =
    socket === undefined ? [engine] : [engine, engine === 'docker' ? '--host' : '--url', `unix://${socket}`]
  return [
    '-T',
    ...['-o', 'ConnectTimeout=15', '-o', 'BatchMode=yes'],
    ...(identity === undefined ? [] : ['-i', identity]),
    ...(user === undefined ? [] : ['-l', user]),
    ...(port === undefined ? [] : ['-p', port]),
    ...['--', host, ...remote, 'system', 'dial-stdio'],
  ]
}

/**
 * A connection to an engine on another machine, through `ssh` and without a shell. It ends with a `Failure` `engine-ssh` that has
 * ssh's own last words.
 */
export function connectOverSsh(address: SshAddress, environment: Readonly<Record<string, string | undefined>>): Duplex {
  const { spawn } = process.getBuiltinModule('node:child_process')
  return new SshConnection(
    address,
    spawn('ssh', [...sshWords(address)], { stdio: ['pipe', 'pipe', 'pipe'], env: { ...environment }, shell: false }),
  )
}

/** What the HTTP client expects of a socket, over the pipes of a child process. */
class SshConnection extends Duplex {
  readonly #child: ChildProcessWithoutNullStreams

  constructor(address: SshAddress, child: ChildProcessWithoutNullStreams) {
    super()
    this.#child = child
    let said = ''
    const failed = (why: string): Failure =>
      new Failure('engine-ssh', why, {
        input: addressText(address),
        hints: [`try it by hand, without a password: ssh ${sshWords(address).join(' ')}`],
      })
    child.stderr.on('data', (chunk: Buffer) => {
      said = (said + chunk.toString()).slice(-STDERR_BYTES)
    })
    child.stdout.on('data', (chunk: Buffer) => {
      if (!this.push(chunk)) child.stdout.pause()
    })
    child.stdin.on('error', () => {
      // The exit of the program says why.
    })
    child.on('error', (error) => this.destroy(failed(`cannot start ssh: ${error.message}`)))
    child.on('close', (status) => {
      const last = lastLine(said)
      if (status === 0 || this.readableEnded) this.push(null)
      else this.destroy(failed(last === '' ? `ssh ended with status ${status}` : `ssh: ${last}`))
    })
  }

  override _read(): void {
    this.#child.stdout.resume()
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    // A program that ends without reading says why when it has ended.
    this.#child.stdin.write(chunk, () => done())
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#child.stdin.end(() => done())
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#child.kill()
    done(error)
  }

  setTimeout(): this {
    return this
  }

  setNoDelay(): this {
    return this
  }

  setKeepAlive(): this {
    return this
  }

  ref(): this {
    return this
  }

  unref(): this {
    return this
  }
}

function lastLine(text: string): string {
  const lines = text.split(/[\r\n]+/).map((line) => line.replace(/[^\x20-\x7e]/g, '?').trim())
  return (lines.filter((line) => line !== '').at(-1) ?? '').slice(0, 300)
}
