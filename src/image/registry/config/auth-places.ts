import { join } from 'node:path'
import { type AuthFile, noAuthFile, parseAuthFile } from './auth-file.ts'
import { readConfigFile } from './config-file.ts'
import { once } from './once.ts'

/** Where the files with credentials lie. */
export interface AuthPlaces {
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly home: string
  /** `~/.config`. */
  readonly config: string
  /** `/run`. */
  readonly run: string
  readonly uid: number
}

/** A file, or a variable, that may hold credentials. */
export interface AuthSource {
  /** As it is shown: a path, or a variable's name. */
  readonly name: string
  /** What it holds; undefined when it is not there. Read once. */
  readonly read: () => AuthFile | undefined
}

/**
 * Where credentials are looked for, in order (containers-auth.json(5); github.com/docker/cli, cli/config): podman's
 * files, which `REGISTRY_AUTH_FILE` replaces, then Docker's, whose folder `DOCKER_CONFIG` replaces and before which
 * `DOCKER_AUTH_CONFIG` holds the content itself, then Docker's old file. Each tool reads its own only; who has logged in with either is
 * served.
 */
export function authSources({ environment, home, config, run, uid }: AuthPlaces): readonly AuthSource[] {
  const named = environment.REGISTRY_AUTH_FILE
  const runtime = environment.XDG_RUNTIME_DIR
    ? join(environment.XDG_RUNTIME_DIR, 'containers/auth.json')
    : join(run, `containers/${uid}/auth.json`)
  const podman = named ? [named] : [...new Set([runtime, join(config, 'containers/auth.json')])]
  const docker = environment.DOCKER_CONFIG || join(home, '.docker')
  const inline = environment.DOCKER_AUTH_CONFIG
  return [
    ...podman.map((path) => fileSource(path, { wanted: path === named })),
    ...(inline
      ? [{ name: 'DOCKER_AUTH_CONFIG', read: once(() => withName('DOCKER_AUTH_CONFIG', parseAuthFile(inline))) }]
      : []),
    fileSource(join(docker, 'config.json')),
    fileSource(join(home, '.dockercfg'), { legacy: true }),
  ]
}

function fileSource(path: string, { legacy = false, wanted = false } = {}): AuthSource {
  return {
    name: path,
    read: once(() => {
      const read = readConfigFile(path)
      if (read.text !== undefined) return withName(path, parseAuthFile(read.text, { legacy }))
      if (!read.missing) return noAuthFile([read.problem])
      return wanted ? noAuthFile([`${path} is not there (REGISTRY_AUTH_FILE names it)`]) : undefined
    }),
  }
}

function withName(name: string, file: AuthFile): AuthFile {
  return { ...file, problems: file.problems.map((problem) => `${name}: ${problem}`) }
}
