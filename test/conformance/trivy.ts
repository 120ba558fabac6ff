import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { joinRecords } from '../../src/advisories/feeds/join-records.ts'
import { openForeign } from '../../src/advisories/foreign/open.ts'
import { matchInventory, type OsvRecord } from '../../src/advisories/index.ts'
import { memoryDatabase } from '../../src/advisories/memory.ts'
import { assembleInventory } from '../../src/inventory/index.ts'
import { DEFAULT_LIMITS } from '../../src/lib/limits.ts'
import { parsePackageUrl } from '../../src/lib/package-url/parse.ts'
import type { Component } from '../../src/model/component.ts'
import { inlineRunner, readTree } from '../../src/reading/index.ts'
import { READERS } from '../../src/scan/readers.ts'
import { trivyDatabase } from '../support/trivy-database.ts'
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
    const records = await advisoriesIn(join(folder, 'fixtures/db'))
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

/** The advisory set of the reports, read as the database that it is: bolt. */
async function advisoriesIn(folder: string): Promise<readonly OsvRecord[]> {
  const place = mkdtempSync(join(tmpdir(), 'bulwark-trivy-'))
  try {
    const path = join(place, 'trivy.db')
    writeFileSync(path, trivyDatabase(folder))
    const database = await openForeign(path, place, '2021-01-01T00:00:00Z')
    if (database === undefined) throw new Error("the advisory set makes no database of Trivy's")
    const items = database.ecosystems.flatMap((ecosystem) => [...database.records(ecosystem)])
    database.close()
    const records = items.flatMap((item) => ('record' in item ? [item.record] : []))
    // One weakness in packages of two ecosystems is one record here, and one for each in a database.
    return [...Map.groupBy(records, ({ id }) => id).values()].map(joinRecords)
  } finally {
    rmSync(place, { recursive: true, force: true })
  }
}
