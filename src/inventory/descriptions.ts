import type { PathCondition, Wants } from '../reading/index.ts'
import type { AnyCataloger, Filled } from './types.ts'

/** What a cataloger reads and says, for lists and documentation. */
export interface CatalogerDescription {
  readonly id: string
  readonly summary: string
  readonly kind: 'os' | 'library'
  readonly ecosystems: readonly string[]
  readonly yields: AnyCataloger['yields']
  /** Which files it takes, as patterns: `requirements*.txt`, `var/lib/dpkg/status`; `(by content)` where their first bytes decide. */
  readonly files: readonly string[]
  readonly fills: readonly Filled[]
}

/** Describes catalogers from themselves, in their order. */
export function describeCatalogers(catalogers: readonly AnyCataloger[]): readonly CatalogerDescription[] {
  return catalogers.map(({ id, summary, kind, ecosystems, yields, fills, readers }) => {
    const files = [...new Set(readers.flatMap(({ wants }) => filesOf(wants)))]
    return { id, summary, kind, ecosystems, yields, files, fills }
  })
}

function filesOf({ any, magic, executable }: Wants): string[] {
  const byContent = magic === undefined ? [] : [executable ? 'executable files (by content)' : 'files (by content)']
  return [...any.map(patternOf), ...byContent]
}

function patternOf({ path, name, prefix = '', suffix = '', under, inside }: PathCondition): string {
  if (path !== undefined) return path
  const last = name ?? `${prefix}*${suffix}`
  const folders = [under, inside === undefined ? undefined : `**/${inside}`].filter((part) => part !== undefined)
  return folders.length === 0 ? last : [...folders, last].join('/**/').replaceAll('/**/**/', '/**/')
}

const YIELDS: Readonly<Record<AnyCataloger['yields'], string>> = {
  installed: 'installed',
  declared: 'declared',
  both: 'installed and declared',
}

/** The page of the documentation that lists every ecosystem; the same catalogers give the same bytes. */
export function ecosystemsPage(catalogers: readonly AnyCataloger[]): string {
  const described = describeCatalogers(catalogers)
  const system = described.filter(({ kind }) => kind === 'os')
  const libraries = described.filter(({ kind }) => kind === 'library')
  return `# What is found

\`bulwark catalogers list\` prints this for the version at hand. The page is made from the catalogers themselves (\`node tools/ecosystems.ts\`), and a test holds it to them.

*Installed* packages lie in the target; *declared* ones are named by a lockfile or manifest. In images and root file systems the installed ones count, in source folders the declared ones; \`--read installed|declared|both\` overrides. Beside name, version, package URL and the file where it was seen, a cataloger fills in what its column says, as far as the file says it.

## Packages of operating systems

${table(system)}

## Packages of languages, and everything else

${table(libraries)}

## What can go wrong

- A file that is broken, too large or hostile is named under "Not examined" with the reason; the packages of all other files are still there.
- A package without advisories anywhere is listed, and its ecosystem named as not examined: its silence does not read as clean.
- A version that only a range names (\`^1.2\`, without a lockfile) counts at its lowest, with little confidence: \`--min-confidence 0.5\` leaves it out.
`
}

function table(described: readonly CatalogerDescription[]): string {
  const head = '| cataloger | reads | packages | ecosystem | fills in |\n|---|---|---|---|---|'
  const rows = described.map(({ id, summary, yields, files, ecosystems, fills }) => {
    const title = summary.split(':')[0]
    const cells = [`\`${id}\`: ${title}`, files.map((file) => `\`${file}\``).join(', '), YIELDS[yields]]
    return `| ${[...cells, ecosystems.join(', '), fills.join(', ')].map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
  })
  return [head, ...rows].join('\n')
}
