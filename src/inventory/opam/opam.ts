import type { FileBytes, ReadResult } from '../../reading/index.ts'
import { decodeText } from '../documents/text.ts'
import { licencesOf } from '../licences.ts'
import { packageUrl } from '../package-url.ts'
import { RANGE_CONFIDENCE } from '../range-confidence.ts'
import { shownText } from '../recorded-text.ts'
import { type StatedPackage, StatedPackages } from '../stated-packages.ts'
import { isSign, type OpamToken, opamFields } from './opam-file.ts'

type Fields = ReadonlyMap<string, readonly OpamToken[]>

/** What a filter says of a dependency that is not needed to run the package. */
const DEVELOPMENT: ReadonlySet<string> = new Set([
  'with-test',
  'with-doc',
  'with-dev-setup',
  'with-dev',
  'build',
  'dev',
])

/**
 * An installed package: its opam file in a switch, `.opam-switch/packages/<name>.<version>/opam`
 * (https://opam.ocaml.org/doc/Manual.html#opam-root). What it needs are names of others in the switch.
 */
export function readInstalledOpam(file: FileBytes): ReadResult<StatedPackage> {
  const stated = new StatedPackages('opam-unreadable', file.path)
  const folder = file.path.split('/').at(-2) ?? ''
  const dot = folder.indexOf('.')
  const [name, version] = [folder.slice(0, Math.max(0, dot)), folder.slice(dot + 1)]
  const fields = opamFields(decodeText(file.bytes))
  if (fields === undefined) stated.problem('the opam file could not be read: only its name and version are known')
  const stating = fields ?? new Map<string, readonly OpamToken[]>()
  stated.add({
    ...opamPackage(name, version),
    ...described(stating),
    key: name,
    presence: 'installed',
    needs: dependsOf(stating)
      .filter(({ scope }) => scope === 'runtime')
      .map((one) => one.name),
  })
  return stated.result()
}

/**
 * What an opam file of a project asks for: in `*.opam.locked` the versions that opam chose (https://opam.ocaml.org/doc/man/opam-lock.html), in
 * `*.opam` the least ones that are allowed. Dependencies without a version are no packages that could be looked up.
 */
export function readOpamDepends(file: FileBytes): ReadResult<StatedPackage> {
  const stated = new StatedPackages('opam-unreadable', file.path)
  const fields = opamFields(decodeText(file.bytes))
  if (fields === undefined) return stated.problem('the opam file could not be read').result()
  const isLock = file.path.endsWith('.locked')
  for (const { name, version, exact, scope, line } of dependsOf(fields)) {
    if (version === undefined) continue
    stated.add({
      ...opamPackage(name, version),
      scope,
      lines: [line, line],
      // A lockfile names what its packages need too.
      ...(!isLock && { direct: true }),
      ...(!exact && { confidence: RANGE_CONFIDENCE }),
    })
  }
  return stated.result()
}

interface Dependency {
  readonly name: string
  readonly version?: string
  readonly exact: boolean
  readonly scope: 'runtime' | 'development'
  readonly line: number
}

/** Texts outside of filters are names; the filter behind one says versions and what it is for. */
function dependsOf(fields: Fields): Dependency[] {
  const tokens = fields.get('depends') ?? []
  const found: Dependency[] = []
  for (let at = 0; at < tokens.length; at++) {
    const token = tokens[at]
    if (token?.kind !== 'text') continue
    const filter: OpamToken[] = []
    if (isSign(tokens[at + 1], '{'))
      for (at += 2; at < tokens.length && !isSign(tokens[at], '}'); at++) filter.push(tokens[at] as OpamToken)
    found.push({ name: token.text, line: token.line, ...filtered(filter) })
  }
  return found
}

function filtered(filter: readonly OpamToken[]): Pick<Dependency, 'version' | 'exact' | 'scope'> {
  const bounds = filter.flatMap((token, index) => {
    const next = filter[index + 1]
    const isBound = token.kind === 'sign' && next?.kind === 'text' && ['=', '>=', '>'].includes(token.text)
    return isBound ? [{ sign: token.text, version: next.text }] : []
  })
  const isDevelopment = filter.some(
    (token, index) => token.kind === 'name' && DEVELOPMENT.has(token.text) && !isSign(filter[index - 1], '!'),
  )
  return {
    ...(bounds[0] && { version: bounds[0].version }),
    exact: bounds[0]?.sign === '=',
    scope: isDevelopment ? 'development' : 'runtime',
  }
}

function described(fields: Fields): Pick<StatedPackage, 'licences' | 'supplier' | 'hashes'> {
  const licences = textsOf(fields, 'license').flatMap((text) => licencesOf(shownText(text)))
  const [supplier] = textsOf(fields, 'maintainer')
  const sha256 = textsOf(fields, 'url.checksum').flatMap((sum) => /^sha256=([0-9a-f]{64})$/.exec(sum)?.[1] ?? [])
  return {
    licences: [...new Set(licences)],
    ...(supplier && { supplier: shownText(supplier) }),
    hashes: sha256.map((hex) => `sha256:${hex}` as const),
  }
}

function textsOf(fields: Fields, name: string): string[] {
  return (fields.get(name) ?? []).filter(({ kind }) => kind === 'text').map(({ text }) => text)
}

function opamPackage(name: string, version: string): StatedPackage {
  return { purl: packageUrl({ type: 'opam', name, version }), name, version, ecosystem: 'opam', presence: 'declared' }
}
