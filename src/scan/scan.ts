import {
  compareFindings,
  endOfLifeFinding,
  filterFindings,
  type MatchResult,
  matchInventory,
  vendorNames,
} from '../advisories/index.ts'
import { assembleInventory, assembleWithOwners, fileOwners } from '../inventory/index.ts'
import type { Diagnostic } from '../model/diagnostic.ts'
import type { Finding } from '../model/finding.ts'
import type { Inventory } from '../model/inventory.ts'
import type { ScanResult } from '../model/scan-result.ts'
import { judgeReachability } from '../reachability/index.ts'
import { type AdvisoriesInHand, advisoriesFor } from './advisories-for.ts'
import { loadExceptions } from './exceptions.ts'
import { leaveToOwners, remarkLost } from './owned-findings.ts'
import type { ReadContainer } from './read-container.ts'
import { openAndRead } from './read-target.ts'
import { openSession } from './session.ts'
import type { ScanIo, ScanOptions, ScanSession } from './types.ts'

/** What other scanners look for and this one does not yet: said in every answer. */
const NOT_BUILT = ['secret', 'misconfig', 'license']

/**
 * Scans one target: opens and reads it, puts its inventory together, matches it against the advisories, applies exceptions and
 * filters. @throws Failure when there is no answer; whatever is merely missing from the answer is a diagnostic in it.
 */
export async function scanTarget(options: ScanOptions, io: ScanIo): Promise<ScanResult> {
  const session = openSession(options, io)
  try {
    return await scanIn(session, options, io)
  } finally {
    await session.close()
  }
}

/** As `scanTarget`, with what several scans of one run share. */
export async function scanIn(session: ScanSession, options: ScanOptions, io: ScanIo): Promise<ScanResult> {
  const startedAt = io.now()
  // Wrong exceptions are wrong usage: said before anything is read.
  const exceptions = await loadExceptions(options.ignoreFile, options.cwd)
  const { subject, read, container, startedWith, upTo } = await openAndRead(options, io, session)
  const assembled = io.timeline?.span('assemble')
  const context = { subject, distro: options.distro, presence: options.read }
  const { inventory: final, owners } = await assembleWithOwners(read, context)
  const inventory = options.allLayers && upTo !== undefined ? await withLost(final, read, upTo, context) : final
  assembled?.({ packages: inventory.components.length })
  const inHand = io.timeline?.span('advisories')
  const advisories = await session.inTurn(() => advisoriesFor(inventory, options, io))
  inHand?.()
  try {
    io.progress({ stage: 'match', message: `matching ${inventory.components.length} packages` })
    const matched = matchAll(inventory, advisories, options, io)
    const drift = container === undefined ? [] : await driftOf(container, inventory, options)
    const found = [...matched.findings, ...drift]
    const { affectedCode } = matched
    const reached = await judgeReachability(found, { read, inventory, affectedCode, startedWith, owners })
    const all = remarkLost([...reached].sort(compareFindings), inventory)
    const { database } = advisories
    const settled = leaveToOwners(all, inventory, {
      coverage: matched.coverage,
      vendorNames: (owner) => (database === undefined ? new Set() : vendorNames(owner, database)),
      includeOwned: options.includeOwned,
    })
    const triaged = exceptions.apply(settled.kept, inventory, io.now())
    const { kept, leftOut } = filterFindings(triaged.findings, inventory, options)
    const diagnostics = [
      ...inventory.diagnostics,
      ...advisories.diagnostics,
      ...matched.diagnostics,
      ...exceptions.diagnostics,
      ...triaged.diagnostics,
    ]
    return {
      inventory: ofKinds(inventory, options.pkgTypes),
      findings: kept,
      leftOut: [...settled.leftOut, ...leftOut],
      collapsed: matched.collapsed,
      diagnostics,
      advisories: advisories.used,
      scanners: { ran: container === undefined ? ['vuln'] : ['vuln', 'drift'], notRun: NOT_BUILT },
      complete: diagnostics.every((diagnostic) => diagnostic.effect !== 'blind'),
      whole: diagnostics.every((diagnostic) => diagnostic.effect === 'notice'),
      layers: { total: read.layers.length, known: read.layers.filter((layer) => layer.known).length },
      startedAt: startedAt.toISOString(),
      durationMs: io.now().getTime() - startedAt.getTime(),
    }
  } finally {
    advisories.database?.close()
  }
}

/** The inventory with what a later layer removed or replaced. */
async function withLost(
  ...of: Parameters<typeof import('./lost-components.ts').withLostComponents>
): Promise<Inventory> {
  const { withLostComponents } = await import('./lost-components.ts')
  return await withLostComponents(...of)
}

/** What differs between a container and its image. */
async function driftOf(
  { container, now, image, changes }: ReadContainer,
  inventory: Inventory,
  { distro, read: presence }: ScanOptions,
): Promise<readonly Finding[]> {
  const { driftFindings } = await import('./drift.ts')
  const subject = { kind: 'image', name: container.name } as const
  const context = { subject, distro, presence }
  const paths = new Set(changes.changes.map(({ path }) => path))
  const owners = { image: await fileOwners(image, context, paths), now: await fileOwners(now, context, paths) }
  const before = await assembleInventory(image, context)
  return driftFindings({ image: before, now: inventory, changes: changes.changes, owners })
}

/** All that is known against the inventory, in working order: matched advisories, and a system past its end of life. */
function matchAll(
  inventory: Inventory,
  advisories: AdvisoriesInHand,
  options: ScanOptions,
  io: ScanIo,
): Pick<MatchResult, 'findings' | 'diagnostics' | 'collapsed' | 'coverage' | 'affectedCode'> {
  const { database } = advisories
  const matched =
    database === undefined
      ? { findings: [], diagnostics: noDatabase(inventory), collapsed: [], coverage: [], affectedCode: new Map() }
      : matchInventory(inventory, database, {
          includeKernelHeaders: options.includeKernelHeaders,
          ...(options.matchPolicy === undefined ? {} : { policy: options.matchPolicy }),
          ...(options.severitySources === undefined ? {} : { severitySources: options.severitySources }),
          image: inventory.subject.kind === 'image' || inventory.subject.kind === 'container',
        })
  const ended = endOfLifeFinding(inventory, io.now())
  const findings: readonly Finding[] =
    ended === undefined ? matched.findings : [...matched.findings, ended].sort(compareFindings)
  return { ...matched, findings }
}

/** Without a database nothing is known about any package; without packages nothing needs to be. */
function noDatabase(inventory: Inventory): readonly Diagnostic[] {
  if (inventory.components.length === 0) return []
  const ecosystems = [...new Set(inventory.components.map((component) => component.ecosystem))].sort()
  const message = `there is no advisory database: nothing is known about ${ecosystems.slice(0, 5).join(', ')} (bulwark advisories update)`
  return [{ code: 'advisories-missing', message, effect: 'blind' }]
}

function ofKinds(inventory: Inventory, kinds: readonly ('os' | 'library')[]): Inventory {
  const components = inventory.components.filter((component) => kinds.includes(component.kind))
  if (components.length === inventory.components.length) return inventory
  const ids = new Set(components.map((component) => component.id))
  const relations = inventory.relations.filter((relation) => ids.has(relation.from) && ids.has(relation.to))
  return { ...inventory, components, relations }
}
