import { readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { parse } from 'yaml'
import { matchInventory, type OsvRecord } from '../../src/advisories/index.ts'
import { memoryDatabase } from '../../src/advisories/memory.ts'
import { narrowRecord } from '../../src/advisories/record.ts'
import { assembleInventory } from '../../src/inventory/index.ts'
import { DEFAULT_LIMITS } from '../../src/lib/limits.ts'
import { parsePackageUrl } from '../../src/lib/package-url/parse.ts'
import type { Component } from '../../src/model/component.ts'
import { inlineRunner, readTree } from '../../src/reading/index.ts'
import { READERS } from '../../src/scan/readers.ts'
import type { CaseOutcome, ConformanceSuite } from './suite.ts'

interface Args {
  readonly command?: 'fs' | 'rootfs' | 'repo'
  readonly input: string
  readonly skipDirs?: readonly string[]
  readonly skipFiles?: readonly string[]
  readonly includeDevDeps?: string
  readonly listAllPkgs?: string
}

interface RepoCase {
  readonly name: string
  readonly golden: string
  readonly args: Args
}

const GATE = 'VEX documents come with the gate'
const MISTAKES = 'misconfigurations come with Mistakes'

/** Repositories with lockfiles: the same packages and advisories as the reports that another project keeps of them; severities are not compared. */
export const trivy: ConformanceSuite = {
  id: 'trivy',
  gaps: {
    'gomod with local VEX file': GATE,
    'gomod with VEX repository': GATE,
    'pom.xml generating CycloneDX SBOM (with vulnerabilities)':
      'it lists the project as a package of itself, and leaves out what is `provided`; its vulnerabilities are held in the case `pom`',
    'dockerfile*': MISTAKES,
    'tarball helm chart scanning with builtin policies': MISTAKES,
    'helm chart directory scanning*': MISTAKES,
    'terraform config*': MISTAKES,
    'exclude misconfigurations for remote module': MISTAKES,
  },
  async *run(folder) {
    const records = advisoriesIn(join(folder, 'fixtures/db'))
    for (const line of readFileSync(join(folder, 'repo-cases.jsonl'), 'utf8').split('\n')) {
      if (line !== '') yield await runCase(folder, JSON.parse(line) as RepoCase, records)
    }
  },
}

async function runCase(folder: string, one: RepoCase, records: readonly OsvRecord[]): Promise<CaseOutcome> {
  const golden = JSON.parse(readFileSync(join(folder, one.golden), 'utf8')) as Golden
  const scanned = await scan(folder, one.args, records)
  const [expected, actual] = answers(golden, one, scanned).map((answer) => [...new Set(answer)].sort().join(', '))
  return expected === actual ? { name: one.name, passed: true } : { name: one.name, passed: false, expected, actual }
}

interface Scanned {
  readonly components: readonly Component[]
  /** Advisory and component. */
  readonly findings: readonly { readonly names: readonly string[]; readonly component: Component }[]
}

async function scan(folder: string, args: Args, records: readonly OsvRecord[]): Promise<Scanned> {
  const root = join(folder, args.input)
  const below = (path: string) => path.slice(args.input.length + 1)
  const read = await readTree(
    { root, reference: root },
    {
      readers: READERS,
      runner: inlineRunner(READERS),
      limits: DEFAULT_LIMITS,
      signal: new AbortController().signal,
      skipFiles: (args.skipFiles ?? []).map(below),
      skipDirs: (args.skipDirs ?? []).map(below),
      progress: () => {},
    },
  )
  const inventory = await assembleInventory(read, { subject: { kind: 'tree', name: root }, presence: 'both' })
  const components = inventory.components.filter(
    ({ scope }) => scope !== 'development' || args.includeDevDeps === 'true',
  )
  const byId = new Map(components.map((component) => [component.id, component]))
  const { findings } = matchInventory(inventory, memoryDatabase(records), { includeKernelHeaders: false, image: false })
  return {
    components,
    findings: findings.flatMap(({ names, component }) => {
      const found = byId.get(component ?? '')
      return found === undefined ? [] : [{ names, component: found }]
    }),
  }
}

interface Golden {
  readonly Results?: readonly {
    readonly Target: string
    readonly Class: string
    readonly Packages?: readonly { readonly Version?: string; readonly Identifier?: { readonly PURL?: string } }[]
    readonly Vulnerabilities?: readonly {
      readonly VulnerabilityID: string
      readonly PkgIdentifier: { readonly PURL: string }
    }[]
    readonly Misconfigurations?: unknown
  }[]
  readonly components?: readonly { readonly purl?: string }[]
  readonly vulnerabilities?: readonly { readonly id: string }[]
  readonly packages?: readonly { readonly externalRefs?: readonly { readonly referenceLocator: string }[] }[]
}

/** What the report says, and what was found, in the same words. */
function answers(golden: Golden, { args }: RepoCase, { components, findings }: Scanned): [string[], string[]] {
  if (golden.Results === undefined) return documentAnswers(golden, components, findings)
  const results = golden.Results.filter(({ Class }) => Class === 'lang-pkgs')
  if (results.length < golden.Results.length) return [['checks of configuration'], []]
  const expected = results.flatMap(({ Target, Packages, Vulnerabilities }) => [
    ...(Packages ?? [])
      .filter(({ Version }) => Version)
      .map(({ Identifier }) => `${Target}: ${identity(Identifier?.PURL ?? '')}`),
    ...(Vulnerabilities ?? []).map((one) => `${Target}: ${one.VulnerabilityID} ${identity(one.PkgIdentifier.PURL)}`),
  ])
  const targets = new Set(results.map(({ Target }) => Target))
  const targetOf = (component: Component): string | undefined => {
    // What only go.sum tells is reported of the go.mod beside it.
    const paths = component.evidence.map(({ path }) => path.replace(/(^|\/)go\.sum$/, '$1go.mod'))
    return paths.find((path) => targets.has(path))
  }
  const listed = components.flatMap((one) => {
    const target = args.listAllPkgs === 'true' ? targetOf(one) : undefined
    return target === undefined ? [] : [`${target}: ${identity(one.purl)}`]
  })
  const found = findings.map(({ names, component }) => {
    const place = targetOf(component) ?? component.evidence[0]?.path
    return `${place}: ${names[0]} ${identity(component.purl)}`
  })
  return [expected, [...listed, ...found]]
}

/** An SBOM: its packages, and with CycloneDX its vulnerabilities. */
function documentAnswers(
  golden: Golden,
  components: Scanned['components'],
  findings: Scanned['findings'],
): [string[], string[]] {
  const stated = [
    ...(golden.components ?? []).flatMap(({ purl }) => purl ?? []),
    ...(golden.packages ?? []).flatMap(({ externalRefs }) => (externalRefs ?? []).map((one) => one.referenceLocator)),
  ]
  const expected = [
    ...stated.filter((text) => text.startsWith('pkg:')).map(identity),
    ...(golden.vulnerabilities ?? []).map(({ id }) => id),
  ]
  const actual = [
    ...components.map(({ purl }) => identity(purl)),
    ...(golden.vulnerabilities === undefined ? [] : findings.map(({ names }) => names[0] ?? '')),
  ]
  return [expected, actual]
}

/** Type, namespace, name and version of a package URL. */
function identity(purl: string): string {
  const { type, namespace, name, version } = parsePackageUrl(purl)
  return [type, namespace, name]
    .filter((part) => part !== undefined)
    .join('/')
    .concat(`@${version ?? ''}`)
}

const ECOSYSTEMS: ReadonlyMap<string, string> = new Map([
  ['go', 'Go'],
  ['npm', 'npm'],
  ['pip', 'PyPI'],
  ['composer', 'Packagist'],
  ['rubygems', 'RubyGems'],
  ['cargo', 'crates.io'],
  ['maven', 'Maven'],
  ['nuget', 'NuGet'],
  ['conan', 'ConanCenter'],
  ['erlang', 'Hex'],
  ['pub', 'Pub'],
  ['swift', 'SwiftURL'],
  ['cocoapods', 'CocoaPods'],
])

interface Bucket {
  readonly bucket: string
  readonly pairs: readonly {
    readonly bucket?: string
    readonly pairs?: readonly {
      readonly key: string
      readonly value: {
        readonly PatchedVersions?: readonly unknown[]
        readonly VulnerableVersions?: readonly unknown[]
      }
    }[]
  }[]
}

type Affected = { package: { ecosystem: string; name: string }; ranges: { type: string; events: Event[] }[] }
type Event = Readonly<Record<string, string>>

/** The advisory set of the reports as OSV records: one a weakness, with all packages that it names. */
function advisoriesIn(folder: string): readonly OsvRecord[] {
  const affected = new Map<string, Affected[]>()
  for (const file of readdirSync(folder)) {
    for (const { bucket, pairs } of parse(readFileSync(join(folder, basename(file)), 'utf8')) as readonly Bucket[]) {
      const ecosystem = ECOSYSTEMS.get(bucket.split('::')[0] ?? '')
      if (ecosystem === undefined || !bucket.includes('::')) continue
      for (const { bucket: name = '', pairs: advisories = [] } of pairs) {
        for (const { key, value } of advisories) {
          const events = eventsOf(value.VulnerableVersions?.map(String), value.PatchedVersions?.map(String))
          const entry = {
            package: { ecosystem, name },
            ranges: events.map((some) => ({ type: 'ECOSYSTEM', events: some })),
          }
          affected.set(key, [...(affected.get(key) ?? []), entry])
        }
      }
    }
  }
  return [...affected].flatMap(([id, entries]) => {
    const parsed = narrowRecord({ id, modified: '2021-01-01T00:00:00Z', schema_version: '1.6.0', affected: entries })
    if (!('record' in parsed)) throw new Error(`${id} makes no record`)
    return [parsed.record]
  })
}

/** Ranges as events: those that are vulnerable, or, where only repaired ones are stated, all between them. */
function eventsOf(vulnerable: readonly string[] | undefined, patched: readonly string[] = []): Event[][] {
  if (vulnerable !== undefined) return vulnerable.map((range) => boundsOf(range))
  const between: Event[] = [{ introduced: '0' }]
  for (const range of patched) {
    for (const event of boundsOf(range)) {
      if (event.introduced !== undefined) between.push({ fixed: event.introduced })
      else if (event.fixed !== undefined) between.push({ introduced: event.fixed })
    }
  }
  return [between]
}

function boundsOf(range: string): Event[] {
  const interval = /^\[([^,]*),([^)\]]*)([)\]])$/.exec(range.trim())
  const words = interval
    ? [`>= ${interval[1]}`, `${interval[3] === ')' ? '<' : '<='} ${interval[2]}`]
    : range.split(',')
  const events: Event[] = words.flatMap((word): Event[] => {
    const [, sign, version = ''] = /^\s*(<=|>=|<|>|=)?\s*v?(.*?)\s*$/.exec(word) ?? []
    if (sign === '<') return [{ fixed: version }]
    if (sign === '<=') return [{ last_affected: version }]
    return [{ introduced: version }]
  })
  return events.some(({ introduced }) => introduced !== undefined) ? events : [{ introduced: '0' }, ...events]
}
