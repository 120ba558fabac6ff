import { readFileSync } from 'node:fs'
import type { Agent, IncomingMessage, RequestOptions } from 'node:http'
import { join } from 'node:path'
import type * as z from 'zod/mini'
import { asFailure, Failure } from '../../lib/failure.ts'
import type { OpenContext } from '../types.ts'
import { addressText, type EngineAddress, type TlsFiles } from './address.ts'
import type { Endpoint } from './endpoints.ts'
import { connectionFailure } from './failures.ts'
import { connectOverSsh } from './ssh.ts'

/** How long an engine is waited for, in milliseconds. */
export interface Patience {
  /** Until it answers a question. */
  readonly answerMs: number
  /** Until the first byte of an export comes: Docker writes all of it to its own disk first. */
  readonly exportMs: number
  /** Between two pieces of a body. */
  readonly idleMs: number
}

export const PATIENCE: Patience = { answerMs: 15_000, exportMs: 600_000, idleMs: 60_000 }

/** Asks an engine over its API: GET and HEAD only, nothing is ever changed there. */
export interface EngineClient {
  readonly endpoint: Endpoint
  /** The JSON document there, undefined for 404. @throws Failure naming the engine's address. */
  json<Schema extends z.ZodMiniType>(path: string, schema: Schema): Promise<z.infer<Schema> | undefined>
  /** The body there as it comes. @throws Failure for any status but 200. */
  stream(path: string, signal: AbortSignal): AsyncGenerator<Uint8Array<ArrayBuffer>, void, undefined>
}

type Context = Pick<OpenContext, 'signal' | 'limits' | 'environment' | 'shared'>

/** A client for what listens at `endpoint`; its connections are shared by the whole run. */
export function engineClient(endpoint: Endpoint, context: Context, patience: Patience = PATIENCE): EngineClient {
  const { address } = endpoint
  const name = addressText(address)
  const ask = (path: string, waitMs: number, signal: AbortSignal): Promise<IncomingMessage> =>
    request(address, path, { ...context, signal }, waitMs)
  return {
    endpoint,
    async json(path, schema) {
      const response = await ask(path, patience.answerMs, context.signal)
      const bytes = await collect(response, name, context, patience.idleMs)
      if (response.statusCode === 404) {
        requireJson(bytes, response, name)
        return undefined
      }
      requireSuccess(response, bytes, name)
      const parsed = schema.safeParse(requireJson(bytes, response, name))
      if (parsed.success) return parsed.data
      const { path: where, message } = parsed.error.issues[0]
      throw invalid(
        name,
        `its answer is not what it should be${where.length > 0 ? ` at ${where.join('.')}` : ''}: ${message}`,
      )
    },
    async *stream(path, signal) {
      const response = await ask(path, patience.exportMs, signal)
      if (response.statusCode !== 200)
        requireSuccess(response, await collect(response, name, context, patience.idleMs), name)
      yield* pieces(response, name, { signal, waitMs: patience.idleMs })
    },
  }
}

/** Sends one request and waits for the head of the answer. */
function request(address: EngineAddress, path: string, context: Context, waitMs: number): Promise<IncomingMessage> {
  const name = addressText(address)
  const { signal } = context
  return new Promise((resolve, reject) => {
    const fail = (error: unknown): void => {
      clearTimeout(timer)
      reject(signal.aborted ? asFailure(signal.reason, name) : connectionFailure(error, address))
    }
    let timer: NodeJS.Timeout | undefined
    try {
      signal.throwIfAborted()
      const base = address.at === 'tcp' ? address.base : ''
      const sent = moduleOf(address).request({
        ...reach(address, context),
        path: `${base}${path}`,
        method: 'GET',
        signal,
      })
      timer = setTimeout(() => sent.destroy(silent(name, waitMs)), waitMs)
      sent.on('response', (response) => {
        clearTimeout(timer)
        resolve(response)
      })
      sent.on('error', (error: NodeJS.ErrnoException) => {
        // A connection that was kept and that the engine has closed meanwhile: a fresh one says how it is.
        if (!sent.reusedSocket || error.code !== 'ECONNRESET') return fail(error)
        clearTimeout(timer)
        request(address, path, context, waitMs).then(resolve, reject)
      })
      sent.end()
    } catch (error) {
      fail(error)
    }
  })
}

function moduleOf(address: EngineAddress): Pick<typeof import('node:http'), 'request'> {
  return process.getBuiltinModule(address.at === 'tcp' && address.tls !== undefined ? 'node:https' : 'node:http')
}

function reach(address: EngineAddress, { shared, environment }: Context): RequestOptions {
  const agent = shared.once(
    `engine-connections ${addressText(address)}`,
    () => connections(address, environment),
    (made) => made.destroy(),
  )
  // Docker takes any host name; Go's server wants one to be there.
  const headers = {
    host: address.at === 'tcp' ? address.host : 'engine',
    accept: 'application/json, application/x-tar',
  }
  if (address.at === 'unix') return { agent, headers, socketPath: address.path }
  if (address.at === 'ssh') return { agent, headers }
  return { agent, headers, host: address.host, port: address.port }
}

function connections(address: EngineAddress, environment: Context['environment']): Agent {
  const settings = { keepAlive: true, maxSockets: 8 }
  if (address.at === 'tcp' && address.tls !== undefined) {
    const { Agent } = process.getBuiltinModule('node:https')
    return new Agent({ ...settings, ...certificates(address.tls) })
  }
  const { Agent } = process.getBuiltinModule('node:http')
  const agent = new Agent(settings)
  if (address.at === 'ssh') agent.createConnection = () => connectOverSsh(address, environment)
  return agent
}

/** `ca.pem`, `cert.pem` and `key.pem`; a client certificate is optional. @throws Failure `engine-certificates`. */
function certificates({ folder, verify }: TlsFiles): Record<string, unknown> {
  const read = (file: string): Buffer | undefined => {
    try {
      return readFileSync(join(folder, file))
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
      throw new Failure('engine-certificates', `cannot read it: ${(error as Error).message}`, {
        input: join(folder, file),
      })
    }
  }
  const [ca, cert, key] = [read('ca.pem'), read('cert.pem'), read('key.pem')]
  return { ...(ca && { ca }), ...(cert && key && { cert, key }), rejectUnauthorized: verify }
}

/** The body's pieces; a sender that stops is given up. Only waiting counts, not what is done with a piece. */
async function* pieces(
  response: IncomingMessage,
  name: string,
  { signal, waitMs }: { readonly signal: AbortSignal; readonly waitMs: number },
): AsyncGenerator<Uint8Array<ArrayBuffer>, void, undefined> {
  const iterator = response[Symbol.asyncIterator]() as AsyncIterator<Uint8Array<ArrayBuffer>>
  try {
    for (;;) {
      const timer = setTimeout(() => response.destroy(silent(name, waitMs)), waitMs)
      let piece: IteratorResult<Uint8Array<ArrayBuffer>>
      try {
        piece = await iterator.next()
      } finally {
        clearTimeout(timer)
      }
      if (piece.done === true) return
      yield piece.value
    }
  } catch (error) {
    if (signal.aborted) throw asFailure(signal.reason, name)
    if (error instanceof Failure) throw error
    throw new Failure('engine-broke-off', `it broke off: ${(error as Error).message}`, {
      input: name,
      hints: ["the engine's own log says why"],
      cause: error,
    })
  } finally {
    response.destroy()
  }
}

async function collect(
  response: IncomingMessage,
  name: string,
  { signal, limits }: Context,
  waitMs: number,
): Promise<Uint8Array> {
  const parts: Uint8Array[] = []
  let length = 0
  for await (const piece of pieces(response, name, { signal, waitMs })) {
    length += piece.length
    if (length > limits.documentBytes)
      throw invalid(name, `its answer has more than the ${limits.documentBytes} bytes that a document may have`)
    parts.push(piece)
  }
  return Buffer.concat(parts)
}

function requireSuccess(response: IncomingMessage, bytes: Uint8Array, name: string): void {
  const status = response.statusCode ?? 0
  if (status === 200) return
  const said = engineWords(bytes)
  const why = `it answers ${status}${said === '' ? '' : `: ${said}`}`
  if (status === 401 || status === 403) {
    const hints = ['something before the engine (a proxy, an authorization plugin) does not let you read images']
    throw new Failure('engine-forbidden', why, { input: name, hints })
  }
  if (status < 400) throw invalid(name, why)
  throw new Failure('engine-error', why, { input: name, hints: ["the engine's own log says more"] })
}

/** What an engine says of an error: `{"message": …}`, podman also `{"cause": …}`. */
function engineWords(bytes: Uint8Array): string {
  try {
    const { message } = JSON.parse(new TextDecoder().decode(bytes)) as { message?: unknown }
    if (typeof message === 'string') return message.replace(/[^\x20-\x7e]+/g, ' ').slice(0, 300)
  } catch {
    // No JSON: there is nothing worth repeating.
  }
  return ''
}

function requireJson(bytes: Uint8Array, response: IncomingMessage, name: string): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch {
    const type = (response.headers['content-type'] ?? 'nothing').replace(/[^\x20-\x7e]+/g, ' ').slice(0, 100)
    throw invalid(name, `its answer is no JSON but ${type}`)
  }
}

function invalid(name: string, why: string): Failure {
  return new Failure('engine-answer-invalid', why, {
    input: name,
    hints: ['is it really an engine that listens there?'],
  })
}

function silent(name: string, ms: number): Failure {
  return new Failure('engine-timeout', `it has not answered for ${ms / 1000} seconds`, {
    kind: 'timeout',
    input: name,
    hints: ['see whether the engine itself is well: docker version, podman version'],
  })
}
