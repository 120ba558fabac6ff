import { HUB } from './host.ts'

/** A key of a pull secret, as the kubelet reads it. */
export interface KeyringKey {
  /** `host[:port][/path]`, without scheme and without `/v1`, `/v2`. */
  readonly text: string
  readonly labels: readonly string[]
  readonly port: string
  readonly path: string
}

/**
 * Reads a key of a Kubernetes pull secret (kubernetes.io/docs/concepts/containers/images, "Interpretation of config.json";
 * kubernetes/pkg/credentialprovider/keyring.go): `*.example.com`, `https://index.docker.io/v1/`, `quay.io/team`.
 */
export function parseKeyringKey(key: string): KeyringKey {
  const bare = key.replace(/^https?:\/\//, '')
  const slash = bare.indexOf('/')
  const authority = (slash < 0 ? bare : bare.slice(0, slash)).toLowerCase()
  const host = authority.slice(authority.lastIndexOf('@') + 1)
  const full = slash < 0 ? '' : bare.slice(slash)
  const path = /^\/v[12]\//.test(`${full}/`) ? full.slice(3) : full
  const port = /:(\d+)$/.exec(host)?.[1] ?? ''
  const name = port === '' ? host : host.slice(0, -port.length - 1)
  const used = path === '/' ? '' : path
  return { text: `${host}${used}`, labels: name.split('.'), port, path: used }
}

/**
 * Whether a key speaks for a repository (`registry/path`), by the kubelet's rules: as many labels, each matching (`*` is any text
 * within one label), the same port, and the key's path a prefix of the repository's.
 */
export function matchesKeyring(key: KeyringKey, name: string): boolean {
  const target = parseKeyringKey(name)
  if (key.port !== target.port || key.labels.length !== target.labels.length) return false
  return target.path.startsWith(key.path) && key.labels.every((label, i) => matchesLabel(label, target.labels[i]))
}

/** Whether a key is Docker Hub's under the name that it had at first; it serves `docker.io` when no other key does. */
export function isHubKey({ text }: KeyringKey, name: string): boolean {
  return text === 'index.docker.io' && name.startsWith(`${HUB}/`)
}

/** Text against a pattern with `*`, without backtracking more than to the last star. */
function matchesLabel(pattern: string, text: string): boolean {
  let p = 0
  let star = -1
  let resume = 0
  for (let t = 0; t < text.length; ) {
    if (pattern[p] === '*') {
      star = p++
      resume = t
    } else if (p < pattern.length && pattern[p] === text[t]) {
      p++
      t++
    } else if (star >= 0) {
      p = star + 1
      t = ++resume
    } else return false
  }
  while (pattern[p] === '*') p++
  return p === pattern.length
}
