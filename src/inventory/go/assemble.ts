import semver from 'semver'
import type { Component, Relation } from '../../model/component.ts'
import type { Digest } from '../../model/digest.ts'
import type { PlacedRow } from '../../reading/index.ts'
import { placeOf } from '../folders.ts'
import { libraryComponent } from '../library-component.ts'
import { packageUrl } from '../package-url.ts'
import { refuseIdentity } from '../recorded-text.ts'
import type { AssembleContext, Assembled } from '../types.ts'
import type { GoBinary, LinkedModule } from './build-information.ts'
import { mainVersion } from './main-version.ts'
import type { GoModule } from './module-file.ts'
import type { GoSums } from './sum-file.ts'
import type { GoVendored } from './vendored.ts'

export type GoFact = GoBinary | GoModule | GoSums | GoVendored

type Package = Parameters<typeof libraryComponent>[0]
type Part = Pick<Assembled, 'components' | 'relations'>

/** A module whose code is a folder, and a toolchain of which only the least version is said, are less sure. */
const UNSURE = 0.5

/** Modules of programs, and of go.mod files with what go.sum beside them adds. */
export function assembleGo(rows: readonly PlacedRow<GoFact>[], context: AssembleContext): Assembled {
  const winning = rows.filter((row) => row.wins)
  const sums = new Map<string, PlacedRow<GoFact>>()
  for (const row of winning) if (row.facts[0]?.kind === 'sums') sums.set(row.path, row)
  const own = workspaceModules(winning)
  const components = new Map<string, Component>()
  const relations: Relation[] = []
  for (const row of winning) {
    for (const fact of row.facts) {
      const part = partOf(fact, row, sums, own, context)
      for (const component of part.components)
        if (!components.has(component.id) && refuseIdentity(component.name, component.version) === undefined)
          components.set(component.id, component)
      relations.push(...part.relations)
    }
  }
  const known = relations.filter(({ from, to }) => from !== to && components.has(from) && components.has(to))
  return { components: [...components.values()], relations: known, diagnostics: [] }
}

function partOf(
  fact: GoFact,
  row: PlacedRow<GoFact>,
  sums: ReadonlyMap<string, PlacedRow<GoFact>>,
  own: ReadonlySet<string>,
  context: AssembleContext,
): Part {
  if (fact.kind === 'binary') return linkedComponents(fact, row, context)
  if (fact.kind === 'module') {
    const beside = sums.get(row.path.replace(/go\.(?:mod|work)$/, 'go.sum'))
    const requires = fact.requires.filter(({ path }) => !own.has(path))
    return { components: requiredComponents({ ...fact, requires }, row, beside, context), relations: [] }
  }
  if (fact.kind === 'vendored') return { components: vendoredComponents(fact, row, context), relations: [] }
  return { components: [], relations: [] }
}

/** Modules of go.mod files in a workspace (https://go.dev/ref/mod#workspaces): what they ask of each other is the project's own code. */
function workspaceModules(rows: readonly PlacedRow<GoFact>[]): ReadonlySet<string> {
  if (!rows.some(({ path }) => placeOf(path).name === 'go.work')) return new Set()
  return new Set(
    rows.flatMap(({ facts }) => facts.flatMap((fact) => (fact.kind === 'module' && fact.path ? [fact.path] : []))),
  )
}

/** What lies in `vendor`: what a build there takes, whatever else is in the module cache. */
function vendoredComponents(fact: GoVendored, row: PlacedRow<GoFact>, context: AssembleContext): Component[] {
  return fact.modules.map(({ path, version, explicit, line }) => {
    const pkg = goPackage(path, version, 'installed')
    return libraryComponent(
      { ...pkg, scope: 'runtime', ...(explicit !== undefined && { direct: explicit }), lines: [line, line] },
      row,
      context,
    )
  })
}

function linkedComponents(fact: GoBinary, row: PlacedRow<GoFact>, context: AssembleContext): Part {
  const architecture = fact.architecture
  const component = (module: LinkedModule, version: string, more: Partial<Package> = {}): Component => {
    const local = module.replacement !== undefined && module.replacement.version === ''
    const used = module.replacement === undefined || local ? { ...module, version } : module.replacement
    const pkg = goPackage(used.path, used.version, 'installed', used.sum)
    return libraryComponent(
      { ...pkg, scope: 'runtime', architecture, ...(local && { confidence: UNSURE }), ...more },
      row,
      context,
    )
  }
  const linked = fact.modules.map((module) => component(module, module.version))
  const standard = stdlibVersion(fact.goVersion)
  if (standard !== undefined)
    linked.push(libraryComponent({ ...stdlib(standard, 'installed'), scope: 'runtime', architecture }, row, context))
  if (fact.main === undefined || fact.main.path === '') return { components: linked, relations: [] }
  const main = component(fact.main, mainVersion(fact.main.version, fact.settings))
  const relations = linked.map(({ id }): Relation => ({ from: main.id, to: id, kind: 'depends-on' }))
  return { components: [main, ...linked], relations }
}

function requiredComponents(
  fact: GoModule,
  row: PlacedRow<GoFact>,
  beside: PlacedRow<GoFact> | undefined,
  context: AssembleContext,
): Component[] {
  const sums = beside?.facts[0]?.kind === 'sums' ? beside.facts[0].modules : []
  const hashes = new Map(sums.map(({ path, version, sum }) => [`${path}@${version}`, sum]))
  const components = fact.requires.map(({ path, version, indirect, line, local }) => {
    const pkg = goPackage(path, version, 'declared', hashes.get(`${path}@${version}`))
    const lines = [line, line] as const
    return libraryComponent({ ...pkg, direct: !indirect, lines, ...(local && { confidence: UNSURE }) }, row, context)
  })
  const standard = stdlibVersion(fact.toolchain ?? (fact.go === undefined ? '' : `go${fact.go}`))
  if (standard !== undefined && standard !== '')
    components.push(libraryComponent({ ...stdlib(standard, 'declared'), confidence: UNSURE }, row, context))
  if (beside === undefined || listsAll(fact)) return components
  const named = new Set(fact.requires.map(({ path }) => path))
  for (const { path, version, sum, line } of newest(sums).values())
    if (!named.has(path)) {
      const pkg = goPackage(path, version, 'declared', sum)
      components.push(libraryComponent({ ...pkg, direct: false, lines: [line, line] }, beside, context))
    }
  return components
}

/** From Go 1.17 on go.mod names every module that is needed, indirectly too (go.dev/ref/mod#graph-pruning). */
function listsAll({ go }: GoModule): boolean {
  const [major = 0, minor = 0] = (go ?? '').split('.').map((part) => Number.parseInt(part, 10) || 0)
  return major > 1 || (major === 1 && minor >= 17)
}

/** go.sum keeps hashes of versions that were passed over; the highest one is chosen. */
function newest(sums: GoSums['modules']): Map<string, GoSums['modules'][number]> {
  const highest = new Map<string, GoSums['modules'][number]>()
  for (const module of sums) {
    const known = highest.get(module.path)
    const [a, b] = [known, module].map((one) => one && semver.parse(one.version, { loose: true }))
    if (known === undefined || (a && b && semver.gt(b, a))) highest.set(module.path, module)
  }
  return highest
}

/** The version as advisories write it, without `v`; the package URL has it as Go does. */
function goPackage(path: string, version: string, presence: Package['presence'], sum?: string): Package {
  const slash = path.lastIndexOf('/')
  const digest = digestOf(sum)
  return {
    purl: packageUrl({
      type: 'golang',
      ...(slash > 0 && { namespace: path.slice(0, slash).toLowerCase() }),
      name: path.slice(slash + 1).toLowerCase(),
      version,
    }),
    name: path,
    version: version.replace(/^v(?=\d)/, ''),
    ecosystem: 'Go',
    presence,
    ...(digest && { hashes: [digest] }),
  }
}

function stdlib(version: string, presence: Package['presence']): Package {
  return {
    purl: packageUrl({ type: 'golang', name: 'stdlib', version }),
    name: 'stdlib',
    version,
    ecosystem: 'Go',
    presence,
  }
}

/** `h1:` is the SHA-256 of the list of the module's files and their digests (golang.org/x/mod/sumdb/dirhash), in base64. */
function digestOf(sum: string | undefined): Digest | undefined {
  if (sum === undefined || !/^h1:[A-Za-z0-9+/]{43}=$/.test(sum)) return undefined
  return `sha256:${Buffer.from(sum.slice(3), 'base64').toString('hex')}`
}

/** `go1.22.3`, `go1.22rc1`, `devel go1.23-abc`, `go1.22.3 X:boringcrypto` as a version: `1.22.3`, `1.22.0-rc.1`, `1.23`. */
function stdlibVersion(text: string): string | undefined {
  const [, numbers, kind, count] = /\bgo(\d{1,4}(?:\.\d{1,4}){0,2})(?:(rc|beta)(\d{1,4}))?/.exec(text) ?? []
  if (numbers === undefined || kind === undefined) return numbers
  return `${numbers.split('.').length < 3 ? `${numbers}.0` : numbers}-${kind}.${count}`
}
