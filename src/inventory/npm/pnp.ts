import type { FileBytes, ReadResult } from '../../reading/index.ts'
import { decodeText } from '../documents/text.ts'
import { asObject, type JsonObject, member, parseJsonObject, textMember } from '../json-document.ts'
import { RecordProblems } from '../record-problems.ts'
import { quoted, refuseIdentity } from '../recorded-text.ts'

/** A package that Yarn's Plug'n'Play finds without `node_modules`. */
export interface PluggedPackage {
  readonly kind: 'plugged'
  readonly name: string
  readonly version: string
  /** Folder of the package, from the folder of the file on: `.yarn/cache/a.zip/node_modules/a`. */
  readonly location: string
  /** Facts of this file that it depends on, by position. */
  readonly dependsOn: readonly number[]
}

const MAX_PACKAGES = 200_000
const STATE = /RAW_RUNTIME_STATE\s{0,10}=\s{0,10}'/

/**
 * The packages of a `.pnp.cjs` or `.pnp.data.json` (https://yarnpkg.com/advanced/pnp-spec): `packageRegistryData`, which stands as a text in
 * the first. Workspaces, links and patched copies without a version of their own are none; a package with several sets of peers is one.
 */
export function readPnp(file: FileBytes): ReadResult<PluggedPackage> {
  const parsed = parseJsonObject(stateIn(file))
  const registry = 'problem' in parsed ? undefined : member(parsed.object, 'packageRegistryData')
  if (!Array.isArray(registry)) {
    const message = `a file of Yarn's Plug'n'Play could not be read: ${'problem' in parsed ? parsed.problem : 'it lists no packages'}`
    return { facts: [], diagnostics: [{ code: 'npm-pnp-unreadable', message, path: file.path, effect: 'partial' }] }
  }
  const problems = new RecordProblems('npm-pnp-entry-refused', file.path)
  const facts: PluggedPackage[] = []
  const positions = new Map<string, number>()
  const needs: string[][] = []
  for (const { name, reference, details } of storesOf(registry)) {
    const version = /(?:^|#)npm:([^#:]+)$/.exec(reference)?.[1]
    if (version === undefined || facts.length >= MAX_PACKAGES) continue
    const problem = refuseIdentity(name, version)
    if (problem !== undefined) problems.add(`${quoted(name)} of Yarn's Plug'n'Play ${problem}`)
    if (problem !== undefined) continue
    const key = `${name}\0${version}`
    const position = positions.get(key) ?? facts.length
    if (position === facts.length) {
      const location = (textMember(details, 'packageLocation') ?? '').replace(/^\.\//, '').replace(/\/$/, '')
      facts.push({ kind: 'plugged', name, version, location, dependsOn: [] })
      positions.set(key, position)
      needs.push([])
    }
    needs[position].push(...dependenciesOf(details))
  }
  const linked = facts.map((fact, index) => {
    const targets = needs[index].map((key) => positions.get(key)).filter((target) => target !== undefined)
    return { ...fact, dependsOn: [...new Set(targets)].filter((target) => target !== index) }
  })
  return { facts: linked, diagnostics: problems.diagnostics() }
}

/** The JSON of either form: of the first it is a text of JavaScript in single quotes, over several lines. */
function stateIn(file: FileBytes): Uint8Array {
  if (file.path.endsWith('.json')) return file.bytes
  const text = decodeText(file.bytes)
  const start = STATE.exec(text)
  if (start === null) return Buffer.from('')
  const from = start.index + start[0].length
  // Up to the first quote that is not escaped; what Yarn escapes are line ends, quotes and backslashes.
  const end = /(?<!\\)'/g
  end.lastIndex = from
  const json = text.slice(from, end.exec(text)?.index ?? text.length).replace(/\\(?:\r?\n|(.))/g, '$1')
  return Buffer.from(json)
}

function* storesOf(registry: readonly unknown[]): Generator<{ name: string; reference: string; details: JsonObject }> {
  for (const pair of registry) {
    const [name, stores] = Array.isArray(pair) ? pair : []
    if (typeof name !== 'string' || !Array.isArray(stores)) continue
    for (const store of stores) {
      const [reference, value] = Array.isArray(store) ? store : []
      const details = asObject(value)
      if (typeof reference === 'string' && details !== undefined) yield { name, reference, details }
    }
  }
}

/** `name\0version` of each: `["a", "npm:1.0.0"]`, and `["alias", ["a", "npm:1.0.0"]]` under another name. */
function dependenciesOf(details: JsonObject): string[] {
  const listed = member(details, 'packageDependencies')
  return (Array.isArray(listed) ? listed : []).flatMap((pair) => {
    const [alias, target] = Array.isArray(pair) ? pair : []
    const [name, reference] = Array.isArray(target) ? target : [alias, target]
    const version = typeof reference === 'string' ? /(?:^|#)npm:([^#:]+)$/.exec(reference)?.[1] : undefined
    return typeof name === 'string' && version !== undefined ? [`${name}\0${version}`] : []
  })
}
