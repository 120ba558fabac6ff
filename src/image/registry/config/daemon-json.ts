import { parseAddress, type RegistryAddress } from './host.ts'
import { parseJson, quoted, textsOf } from './value.ts'

/** What Docker's daemon is told of registries. */
export interface DaemonJson {
  /** Mirrors of Docker Hub, in order. */
  readonly mirrors: readonly RegistryAddress[]
  /** Registries without TLS or with certificates that are not checked: `host[:port]` or a block of addresses. */
  readonly insecure: readonly string[]
  /** One line each, without the file's name. */
  readonly problems: readonly string[]
}

/** Parses Docker's `daemon.json` (docs.docker.com/reference/cli/dockerd): `registry-mirrors` and `insecure-registries`. */
export function parseDaemonJson(text: string): DaemonJson {
  const parsed = parseJson(text)
  if (parsed.problem !== undefined) return { mirrors: [], insecure: [], problems: [parsed.problem] }
  const problems: string[] = []
  const list = (name: string): readonly string[] => {
    const value = parsed.table.get(name)
    const found = textsOf(value)
    if (value !== undefined && found === undefined) problems.push(`"${name}" is no list of texts`)
    return found ?? []
  }
  const mirrors = list('registry-mirrors').flatMap((text, i) => {
    const address = parseAddress(text)
    // The address is not quoted: it may hold a password.
    if (address === undefined) problems.push(`registry mirror ${i + 1} is no http or https address`)
    return address === undefined ? [] : [address]
  })
  const insecure = list('insecure-registries').filter((entry) => {
    const fine = /^[^\s@]+$/.test(entry) && entry !== '*'
    if (!fine) problems.push(`the insecure registry ${quoted(entry.replace(/^.*@/, ''))} is neither a host nor a block`)
    return fine
  })
  return { mirrors, insecure, problems }
}
