import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import { isAbsolute, join } from 'node:path'
import * as z from 'zod/mini'
import { Failure } from '../../lib/failure.ts'
import { readStored } from '../engine-storage/stored-document.ts'
import { pathExists } from '../open/sniff.ts'
import type { OpenContext } from '../types.ts'
import { type EngineAddress, parseEngineAddress, type TlsFiles } from './address.ts'

/** A place where an engine may listen. */
export interface Endpoint {
  readonly address: EngineAddress
  /** Who says so, for people: `DOCKER_HOST`, `the context prod`, `the usual place`. */
  readonly from: string
  /** Named by the user: that nobody answers there is worth saying. */
  readonly chosen: boolean
}

type Context = Pick<OpenContext, 'environment' | 'engines'>

const MAX_DOCUMENT_BYTES = 1024 * 1024

const configSchema = z.object({ currentContext: z.optional(z.string()) })
const contextSchema = z.object({
  Name: z.string(),
  Endpoints: z.object({
    docker: z.object({ Host: z.optional(z.string()), SkipTLSVerify: z.optional(z.boolean()) }),
  }),
})

/**
 * Where Docker is asked for, in this order: the flag, `DOCKER_HOST`, `DOCKER_CONTEXT`, the current context of Docker's configuration,
 * else its usual sockets (https://docs.docker.com/engine/manage-resources/contexts/).
 * @throws Failure `engine-address-invalid`, `docker-context-invalid`.
 */
export function dockerEndpoints({ environment, engines }: Context): readonly Endpoint[] {
  const home = homeOf(environment)
  const tls = tlsFromEnvironment(environment, home)
  const chosen = (text: string, from: string): readonly Endpoint[] => [
    { address: parseEngineAddress(text, from, { engine: 'docker', ...(tls && { tls }) }), from, chosen: true },
  ]
  if (engines.dockerHost) return chosen(engines.dockerHost, '--docker-host')
  if (environment.DOCKER_HOST) return chosen(environment.DOCKER_HOST, 'DOCKER_HOST')
  const folder = environment.DOCKER_CONFIG || join(home, '.docker')
  const name = environment.DOCKER_CONTEXT || currentContext(join(folder, 'config.json'))
  if (name !== undefined && name !== '' && name !== 'default') return [contextEndpoint(name, folder)]
  const runtime = environment.XDG_RUNTIME_DIR
  const paths = [
    '/var/run/docker.sock',
    ...(runtime && isAbsolute(runtime) ? [join(runtime, 'docker.sock')] : []),
    join(home, '.docker/run/docker.sock'),
    join(home, '.docker/desktop/docker.sock'),
  ]
  return usual(paths)
}

/** Where podman is asked for: the flag, `CONTAINER_HOST` (podman(1)), else its usual sockets, the user's own first. */
export function podmanEndpoints({ environment, engines }: Context): readonly Endpoint[] {
  const identity = environment.CONTAINER_SSHKEY
  const chosen = (text: string, from: string): readonly Endpoint[] => [
    {
      address: parseEngineAddress(text, from, { engine: 'podman', ...(identity && { identity }) }),
      from,
      chosen: true,
    },
  ]
  if (engines.podmanHost) return chosen(engines.podmanHost, '--podman-host')
  if (environment.CONTAINER_HOST) return chosen(environment.CONTAINER_HOST, 'CONTAINER_HOST')
  const runtime = environment.XDG_RUNTIME_DIR
  return usual([
    ...(runtime && isAbsolute(runtime) ? [join(runtime, 'podman/podman.sock')] : []),
    '/run/podman/podman.sock',
  ])
}

/** Those that are there, or that may not be looked at. */
function usual(paths: readonly string[]): readonly Endpoint[] {
  return paths
    .filter((path) => pathExists(path))
    .map((path) => ({ address: { at: 'unix', path }, from: 'the usual place', chosen: false }))
}

function homeOf(environment: Context['environment']): string {
  return environment.HOME || environment.USERPROFILE || homedir()
}

/** `DOCKER_TLS_VERIFY` set to anything verifies, `DOCKER_TLS` alone does not (docker/cli, cli/flags/options.go). */
function tlsFromEnvironment(environment: Context['environment'], home: string): TlsFiles | undefined {
  const verify = (environment.DOCKER_TLS_VERIFY ?? '') !== ''
  if (!verify && (environment.DOCKER_TLS ?? '') === '') return undefined
  return { folder: environment.DOCKER_CERT_PATH || environment.DOCKER_CONFIG || join(home, '.docker'), verify }
}

/** A configuration that is none is none of our business: credentials are looked for there by others, who say so. */
function currentContext(path: string): string | undefined {
  const bytes = readSmall(path)
  if (bytes === undefined) return undefined
  try {
    return configSchema.parse(JSON.parse(bytes)).currentContext
  } catch {
    return undefined
  }
}

function contextEndpoint(name: string, folder: string): Endpoint {
  const hash = createHash('sha256').update(name).digest('hex')
  const path = join(folder, 'contexts/meta', hash, 'meta.json')
  const from = `the docker context ${name.slice(0, 100)}`
  const refuse = (why: string): Failure =>
    new Failure('docker-context-invalid', why, {
      kind: 'usage',
      input: from,
      hints: ['docker context ls shows those that there are; DOCKER_CONTEXT=default chooses none'],
    })
  const bytes = readSmall(path)
  if (bytes === undefined) throw refuse(`there is no ${path}`)
  let host: string | undefined
  let verify = true
  try {
    const { docker } = contextSchema.parse(JSON.parse(bytes)).Endpoints
    host = docker.Host
    verify = docker.SkipTLSVerify !== true
  } catch {
    throw refuse(`${path} is not what it should be`)
  }
  if (!host) throw refuse(`${path} names no host`)
  const tlsFolder = join(folder, 'contexts/tls', hash, 'docker')
  const tls = existsSync(tlsFolder) || !verify ? { folder: tlsFolder, verify } : undefined
  return { address: parseEngineAddress(host, from, { engine: 'docker', ...(tls && { tls }) }), from, chosen: true }
}

function readSmall(path: string): string | undefined {
  try {
    const bytes = readStored(path, MAX_DOCUMENT_BYTES)
    return bytes === undefined ? undefined : new TextDecoder().decode(bytes)
  } catch {
    // Who names it says that it is not there, or not what it should be.
    return undefined
  }
}
