import { packageUrl } from '../package-url.ts'
import type { StatedPackage } from '../stated-packages.ts'

/** Names that version managers have for what others call otherwise. */
const SAME: ReadonlyMap<string, string> = new Map([
  ['nodejs', 'node'],
  ['golang', 'go'],
])

/** Registries that mise installs from (https://mise.jdx.dev/dev-tools/backends/), with purl type and OSV's ecosystem. */
const BACKENDS: ReadonlyMap<string, readonly [type: string, ecosystem: string]> = new Map([
  ['npm', ['npm', 'npm']],
  ['pipx', ['pypi', 'PyPI']],
  ['cargo', ['cargo', 'crates.io']],
  ['gem', ['gem', 'RubyGems']],
  ['go', ['golang', 'Go']],
])

/** How sure a version is of which only the first numbers are said: the newest that fits is used, which nobody can know here. */
const PREFIX_CONFIDENCE = 0.3

/**
 * The tool of that name in that version; undefined where no version is said (`latest`, `lts/*`, `system`, `path:…`, `ref:…`).
 * `presence` as in components.
 */
export function toolPackage(
  said: string,
  version: string,
  presence: StatedPackage['presence'],
  lines?: readonly [number, number],
): StatedPackage | undefined {
  const plain = version.replace(/^v(?=\d)/, '')
  const number = /^(?:[a-z]+-)*\d/.test(plain) ? plain : undefined
  if (number === undefined || plain.length > 128) return undefined
  const colon = said.indexOf(':')
  const backend = colon < 0 ? undefined : BACKENDS.get(said.slice(0, colon))
  const rest = said.slice(colon + 1).replace(/\[.*$/, '')
  const whole = backend === undefined ? (SAME.get(rest) ?? rest) : rest
  const slash = whole.lastIndexOf('/')
  const isWhole = presence === 'installed' || backend !== undefined || /\d+\.\d+\.\d+/.test(plain)
  return {
    purl: packageUrl({
      type: backend?.[0] ?? 'generic',
      namespace: whole.slice(0, Math.max(0, slash)),
      name: whole.slice(slash + 1),
      version: backend?.[0] === 'golang' ? `v${number}` : number,
    }),
    name: backend === undefined ? whole.slice(slash + 1) : whole,
    version: number,
    ecosystem: backend?.[1] ?? 'generic',
    presence,
    ...(presence === 'declared' && { direct: true }),
    ...(lines && { lines }),
    ...(!isWhole && { confidence: PREFIX_CONFIDENCE }),
  }
}
