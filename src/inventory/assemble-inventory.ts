import type { Diagnostic } from '../model/diagnostic.ts'
import type { LayerReference } from '../model/evidence.ts'
import type { Inventory, Subject } from '../model/inventory.ts'
import type { PlacedRow, ReadTarget } from '../reading/index.ts'
import { byName, mergedById, standingRelations, uniqueDiagnostics } from './inventory-order.ts'
import { joinDeclared } from './joined.ts'
import {
  OS_READERS,
  parseDistroOverride,
  type ReleaseFact,
  recogniseOperatingSystem,
} from './operating-system/index.ts'
import { settleOwnership } from './ownership.ts'
import { countedComponents, type Presence } from './presence.ts'
import type { AnyCataloger, AssembleContext, Assembled, Cataloger, Claim } from './types.ts'
import { emptyDatabases, missingDatabase, unreadManagers } from './unknown-packages.ts'

/** What the door knows that the files do not say. */
export interface InventoryContext {
  readonly subject: Subject
  /** `NAME:VERSION` in place of what the release files say; a Failure of kind `usage` where it is malformed. */
  readonly distro?: string
  /** Which of a language's packages count; `auto` when undefined. */
  readonly presence?: Presence
}

/** An inventory, and whose files are by the file lists of the operating system's packages. */
export interface InventoryWithOwners {
  readonly inventory: Inventory
  readonly owners: (paths: ReadonlySet<string>) => ReadonlyMap<string, Claim>
}

interface Catalogued {
  readonly cataloger: AnyCataloger
  readonly rows: readonly PlacedRow[]
  readonly assembled: Assembled
}

/** The inventory of a target that was read: see `assembleWithOwners` of index.ts. */
export async function assembleWith(
  catalogers: readonly AnyCataloger[],
  read: ReadTarget,
  context: InventoryContext,
): Promise<InventoryWithOwners> {
  const layers = read.layers.map(
    ({ diffId, index, createdBy }): LayerReference => ({ diffId, index, ...(createdBy && { createdBy }) }),
  )
  const byIndex = new Map(layers.map((layer) => [layer.index, layer]))
  const layer = (index: number) => byIndex.get(index)
  const releases = OS_READERS.flatMap((reader) => read.rows.get(reader.id) ?? []) as PlacedRow<ReleaseFact>[]
  const found = recogniseOperatingSystem(releases, layer)
  const os = context.distro ? recogniseOperatingSystem(releases, layer, parseDistroOverride(context.distro)) : found
  const parts = await Promise.all(
    catalogers.map((cataloger) => catalogue(cataloger, read, { ...(os && { os }), tree: read.tree, layer })),
  )
  const counted = countedComponents(
    parts,
    context.presence ?? 'auto',
    context.subject.kind === 'tree' && found === undefined ? 'sources' : context.subject.kind,
  )
  const joined = joinDeclared(
    mergedById(counted.components),
    parts.flatMap(({ assembled }) => assembled.relations),
  )
  const owned = settleOwnership(
    joined.components,
    parts.filter(({ cataloger }) => cataloger.kind === 'library').flatMap(({ rows }) => rows),
    parts.flatMap(({ assembled }) => assembled.claims ?? []),
  )
  const second = secondSights(parts)
  const components = owned.components.filter(({ id, ownedBy }) => ownedBy === undefined || !second.has(id)).sort(byName)
  const relations = standingRelations(joined.relations, components)
  const diagnostics = uniqueDiagnostics([
    ...read.diagnostics,
    ...parts.flatMap(({ assembled }) => assembled.diagnostics),
    ...emptyDatabases(parts, read.diagnostics),
    ...missingDatabase(parts, found, read.diagnostics),
    ...unreadManagers(read.tree),
    ...counted.diagnostics,
    ...owned.diagnostics,
  ])
  const inventory = { subject: context.subject, ...(os && { os }), layers, components, relations, diagnostics }
  const owners = (paths: ReadonlySet<string>): ReadonlyMap<string, Claim> =>
    new Map(parts.flatMap(({ assembled }) => [...(assembled.claims?.(paths) ?? [])]))
  return { inventory, owners }
}

/** Whose these files are: see `fileOwners` of index.ts. */
export async function ownersWith(
  catalogers: readonly AnyCataloger[],
  read: ReadTarget,
  context: InventoryContext,
  paths: ReadonlySet<string>,
): Promise<ReadonlyMap<string, Claim>> {
  const layers = new Map(read.layers.map(({ diffId, index }) => [index, { diffId, index }]))
  const layer = (index: number) => layers.get(index)
  const releases = OS_READERS.flatMap((reader) => read.rows.get(reader.id) ?? []) as PlacedRow<ReleaseFact>[]
  const distro = context.distro === undefined ? undefined : parseDistroOverride(context.distro)
  const os = recogniseOperatingSystem(releases, layer, distro)
  const owners = new Map<string, Claim>()
  for (const cataloger of catalogers) {
    if (cataloger.kind !== 'os') continue
    const { assembled } = await catalogue(cataloger, read, { ...(os && { os }), tree: read.tree, layer })
    for (const [path, claim] of assembled.claims?.(paths) ?? []) owners.set(path, claim)
  }
  return owners
}

async function catalogue(cataloger: AnyCataloger, read: ReadTarget, context: AssembleContext): Promise<Catalogued> {
  const rows = cataloger.readers.flatMap((reader) => read.rows.get(reader.id) ?? [])
  try {
    return { cataloger, rows, assembled: await assembled(cataloger, rows, context) }
  } catch (error) {
    // A defect of ours must not cost the rest of the answer, nor pass for an empty one.
    const message = `${cataloger.summary}: could not be put together (${error instanceof Error ? error.message : String(error)})`
    const diagnostic: Diagnostic = { code: 'cataloger-failed', message, effect: 'blind' }
    return { cataloger, rows, assembled: { components: [], relations: [], diagnostics: [diagnostic] } }
  }
}

async function assembled(
  cataloger: AnyCataloger,
  rows: readonly PlacedRow[],
  context: AssembleContext,
): Promise<Assembled> {
  if ('assemble' in cataloger) return cataloger.assemble(rows, context)
  if (rows.length === 0) return NOTHING
  const assemble: Cataloger['assemble'] = await cataloger.load()
  return assemble(rows, context)
}

/** Components that, where an OS package owns their file, are that package seen once more. */
function secondSights(parts: readonly Catalogued[]): ReadonlySet<string> {
  const yielding = parts.filter(({ cataloger }) => cataloger.yieldsToOwner === true)
  return new Set(yielding.flatMap(({ assembled }) => assembled.components.map(({ id }) => id)))
}

const NOTHING: Assembled = { components: [], relations: [], diagnostics: [] }
