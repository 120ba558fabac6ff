import { createHash } from 'node:crypto'
import type { ContainerChange, ContainerChanges } from '../image/index.ts'
import type { Component } from '../model/component.ts'
import type { Evidence } from '../model/evidence.ts'
import type { Finding } from '../model/finding.ts'
import type { Inventory } from '../model/inventory.ts'
import type { Severity } from '../model/severity.ts'

/** What drift is told from. */
export interface DriftInput {
  /** The image alone. */
  readonly image: Inventory
  /** The container as it is now. */
  readonly now: Inventory
  readonly changes: ContainerChanges['changes']
  /** Whose a file is, by the package databases of the image and of the container: ids of components. */
  readonly owners: {
    readonly image: ReadonlyMap<string, { readonly owner: string }>
    readonly now: ReadonlyMap<string, { readonly owner: string }>
  }
}

/** Where package managers and programs keep what changes while they run: their change says nothing by itself. */
const BUSY =
  /^(var\/(log|cache|tmp|run|spool|lib\/(dpkg|apt|rpm|pacman|dnf|yum|misc))|tmp|run|lib\/apk|usr\/lib\/(apk|sysimage\/rpm)|root\/\.(cache|ash_history|bash_history)|etc\/(ld\.so\.cache|apk\/world|mtab))(\/|$)/

const FIX =
  'rebuild the image with what is needed and make the container anew; a read-only root file system keeps it as it is'

/**
 * What differs between a container and its image, as findings: packages added, removed or of another version, executables that were
 * dropped, special bits that were gained, files of the image that were changed or removed. Files that belong to a package which is a
 * finding itself are told with that package.
 */
export function driftFindings({ image, now, changes, owners }: DriftInput): readonly Finding[] {
  const packages = comparePackages(image, now)
  const told = new Set(packages.flatMap(({ before, after }) => [before?.id, after?.id]))
  const folders = packages.flatMap(({ after }) => (after?.kind === 'library' ? packageFolders(after) : []))
  const counts = new Map<string, number>()
  const files: Finding[] = []
  const layer = now.layers.at(-1)
  const components = new Map([...image.components, ...now.components].map((one) => [one.id, one]))
  for (const change of changes) {
    const owner = owners.now.get(change.path)?.owner ?? owners.image.get(change.path)?.owner
    const ofPackage = owner !== undefined && told.has(owner)
    const inPackage = folders.some((folder) => change.path.startsWith(folder))
    if ((ofPackage || inPackage) && change.gained === undefined) {
      if (owner !== undefined) counts.set(owner, (counts.get(owner) ?? 0) + 1)
      continue
    }
    const finding = fileFinding(change, owner === undefined ? undefined : components.get(owner), layer)
    if (finding !== undefined) files.push(finding)
  }
  return [...packages.map((one) => packageFinding(one, layer, counts)), ...files]
}

/** A package that is another in the container than in the image. */
interface PackageChange {
  readonly before?: Component
  readonly after?: Component
}

/** Packages are the same by what they are called and, for libraries, where they lie; several versions may stand side by side. */
function comparePackages(image: Inventory, now: Inventory): readonly PackageChange[] {
  const before = Map.groupBy(image.components, nameOf)
  const after = Map.groupBy(now.components, nameOf)
  const changes: PackageChange[] = []
  for (const name of new Set([...before.keys(), ...after.keys()])) {
    const old = before.get(name) ?? []
    const fresh = after.get(name) ?? []
    const gone = old.filter((one) => !fresh.some(({ version }) => version === one.version))
    const come = fresh.filter((one) => !old.some(({ version }) => version === one.version))
    for (let i = 0; i < Math.max(gone.length, come.length); i++) {
      changes.push({ ...(gone[i] && { before: gone[i] }), ...(come[i] && { after: come[i] }) })
    }
  }
  return changes
}

function nameOf({ kind, ecosystem, name, architecture, evidence }: Component): string {
  const place = kind === 'os' ? (architecture ?? '') : (evidence[0]?.path ?? '')
  return [kind, kind === 'os' ? '' : ecosystem, name, place].join('\0')
}

/** Folders that hold nothing but this package, as npm has them. */
function packageFolders({ evidence }: Component): readonly string[] {
  return evidence
    .map(({ path }) => path.slice(0, path.lastIndexOf('/') + 1))
    .filter((folder) => /(^|\/)node_modules\/(@[^/]+\/)?[^/]+\/$/.test(folder))
}

function packageFinding(
  { before, after }: PackageChange,
  layer: Evidence['layer'],
  files: ReadonlyMap<string, number>,
): Finding {
  const about = after ?? before
  if (about === undefined) throw new Error('a change of no package')
  const rule = before === undefined ? 'package-added' : after === undefined ? 'package-removed' : 'package-changed'
  const title =
    rule === 'package-added'
      ? `package added: ${about.name} ${about.version}`
      : rule === 'package-removed'
        ? `package removed: ${about.name} ${about.version}`
        : `package changed: ${about.name} ${before?.version} is now ${after?.version}`
  const count = files.get(about.id) ?? 0
  return finding({
    rule,
    about: nameOf(about),
    title,
    description: WHY[rule],
    value: rule === 'package-removed' ? 'low' : 'medium',
    ...(after && { component: after.id }),
    evidence: (after ?? before)?.evidence.map((one) => (after || layer === undefined ? one : { ...one, layer })) ?? [],
    remarks: count === 0 ? [] : [`${count} of its files were written in the container`],
  })
}

type Rule =
  | 'package-added'
  | 'package-removed'
  | 'package-changed'
  | 'executable-added'
  | 'executable-changed'
  | 'file-changed'
  | 'file-removed'
  | 'privileges-gained'

const WHY: Readonly<Record<Rule, string>> = {
  'package-added':
    'It is not in the image: nobody has reviewed or signed it, scans of the image do not see it, and the next start of a new container is without it.',
  'package-removed': 'The image has it: what is tested and scanned is not what runs.',
  'package-changed':
    'The image has another version: what is scanned and signed is not what runs, and a new container has the old version again.',
  'executable-added':
    'It is not in the image. Attackers drop tools, miners and shells into running containers; administrators leave debugging tools behind that help attackers.',
  'executable-changed':
    'Its content is not that of the image: code runs that nobody has built, scanned or signed. Replaced programs are a usual way to stay.',
  'file-changed': 'Its content is not that of the image: what was reviewed is not what is used.',
  'file-removed': 'The image has it, the container does not: what is tested is not what runs.',
  'privileges-gained':
    'Whoever runs it gets the rights of its owner; in the image it does not have that bit. It is a way to become root.',
}

function fileFinding(
  change: ContainerChange,
  owner: Component | undefined,
  layer: Evidence['layer'],
): Finding | undefined {
  const { path, kind, executable, gained } = change
  const rule = ruleOf(change)
  if (rule === undefined) return undefined
  // Without an owner, what is written all the time is no finding; programs and special bits are, wherever they lie.
  if (
    (rule === 'file-changed' || rule === 'file-removed') &&
    (owner === undefined ? BUSY.test(path) : isBusyFile(path))
  )
    return undefined
  const what = executable === 'script' ? 'script' : 'program'
  const titles: Readonly<Record<string, string>> = {
    'executable-added': `${what} added: /${path}`,
    'executable-changed': `${what} changed: /${path}`,
    'file-changed': kind === 'mode' ? `permissions changed: /${path}` : `file changed: /${path}`,
    'file-removed': `file removed: /${path}`,
    'privileges-gained': `${gained} gained: /${path}`,
  }
  const whose = owner === undefined ? [] : [`it belongs to the package ${owner.name} ${owner.version}`]
  return finding({
    rule,
    about: path,
    title: titles[rule],
    description: WHY[rule],
    value: severityOf(rule, owner !== undefined),
    ...(owner && { component: owner.id }),
    evidence: [{ path, ...(layer && { layer }), confidence: 1 }],
    remarks: whose,
  })
}

function ruleOf({ kind, executable, gained }: ContainerChange): Rule | undefined {
  if (gained !== undefined) return 'privileges-gained'
  if (kind === 'removed') return 'file-removed'
  if (kind === 'added') return executable === undefined ? undefined : 'executable-added'
  if (kind === 'mode') return executable === undefined ? undefined : 'file-changed'
  return executable === undefined ? 'file-changed' : 'executable-changed'
}

function severityOf(rule: Rule, owned: boolean): Severity {
  if (rule === 'privileges-gained' || rule === 'executable-added' || rule === 'executable-changed') return 'high'
  return rule === 'file-changed' && owned ? 'medium' : 'low'
}

/** Databases of package managers belong to the packages that own their folders. */
function isBusyFile(path: string): boolean {
  return /^(var\/(log|cache|tmp|run|lib\/(dpkg|rpm|pacman))|lib\/apk\/db|usr\/lib\/(apk\/db|sysimage\/rpm))(\/|$)/.test(
    path,
  )
}

function finding(of: {
  readonly rule: Rule
  readonly about: string
  readonly title: string
  readonly description: string
  readonly value: Severity
  readonly component?: string
  readonly evidence: readonly Evidence[]
  readonly remarks: readonly string[]
}): Finding {
  const { rule, about, title, description, value, component, evidence, remarks } = of
  return {
    id: createHash('sha256').update(`drift\0${rule}\0${about}`).digest('hex').slice(0, 20),
    kind: 'drift',
    title,
    description,
    names: [`drift:${rule}`],
    ...(component !== undefined && { component }),
    evidence,
    severity: { value, source: 'bulwark' },
    severities: [{ value, source: 'bulwark' }],
    fixes: [{ kind: 'change' }],
    remarks: [...remarks, FIX],
    exploit: { maturity: 'none-known' },
    reachable: 'unknown',
    confidence: 1,
    disposition: { state: 'open' },
    advisories: [],
    references: [],
  }
}
