import { join } from 'node:path'
import { isFolder, readConfigFile } from './config-file.ts'
import { type DaemonJson, parseDaemonJson } from './daemon-json.ts'
import { splitPort } from './host.ts'
import { type HostsToml, parseHostsToml } from './hosts-toml.ts'

/** Where containerd's and Docker's files lie. */
interface EnginePlaces {
  readonly etc: string
  /** `~/.config`. */
  readonly config: string
  readonly explain: (line: string) => void
  readonly problem: (line: string) => void
}

/** What containerd's folder of a registry holds. */
export interface HostsFound {
  readonly toml?: HostsToml
  /** The file's path, where there is one. */
  readonly file: string
  /** A folder without `hosts.toml` holds certificates. */
  readonly certificates?: string
}

/** Reads containerd's folder of a registry (`host_port_`, `host:port`, or `_default`), that of a user's containerd before the system's. */
export function readHosts(domain: string, { etc, config, explain, problem }: EnginePlaces): HostsFound {
  const { port } = splitPort(domain)
  const names = port === undefined ? [domain] : [`${domain.slice(0, -port.length - 1)}_${port}_`, domain]
  const roots = [join(config, 'containerd/certs.d'), join(etc, 'containerd/certs.d')].filter(isFolder)
  const candidates = [...names, '_default'].flatMap((name) => roots.map((root) => join(root, name)))
  const folder = candidates.find(isFolder)
  if (folder === undefined) return { file: '' }
  const file = join(folder, 'hosts.toml')
  const read = readConfigFile(file)
  if (read.text === undefined) {
    if (!read.missing) problem(read.problem)
    return { file, certificates: folder }
  }
  const toml = parseHostsToml(read.text, folder)
  for (const line of toml.problems) problem(`${file}: ${line}`)
  if (toml.broken !== undefined) {
    problem(`${file} is not used: ${toml.broken}`)
    return { file, certificates: folder }
  }
  explain(`hosts.toml ${file}: ${toml.hosts.length} hosts before the server`)
  return { toml, file }
}

/** Docker's settings, and the file they are from. */
export interface FoundDaemon extends DaemonJson {
  readonly path: string
}

/** Docker's settings: those of a daemon without root, where there are such, else the system's. */
export function readDaemon({ etc, config, explain, problem }: EnginePlaces): FoundDaemon {
  for (const path of [join(config, 'docker/daemon.json'), join(etc, 'docker/daemon.json')]) {
    const read = readConfigFile(path)
    if (read.text === undefined) {
      if (!read.missing) problem(read.problem)
      continue
    }
    const found = parseDaemonJson(read.text)
    for (const line of found.problems) problem(`${path}: ${line}`)
    explain(`daemon.json ${path}: ${found.mirrors.length} mirrors, ${found.insecure.length} insecure registries`)
    return { ...found, path }
  }
  return { mirrors: [], insecure: [], problems: [], path: '' }
}
