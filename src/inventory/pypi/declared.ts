import type { PlacedRow } from '../../reading/index.ts'
import { foldersAbove, inFolder, placeOf } from '../folders.ts'
import type { AssembleContext, Assembled } from '../types.ts'
import { askedPackage } from './asked-package.ts'
import type { AskedDistribution, LockedDistribution, Project, PythonFact } from './facts.ts'
import { listedPackages } from './lists.ts'
import { lockedPackages } from './locked.ts'
import { normalisedName } from './normalised-name.ts'

type Row = PlacedRow<PythonFact>

/** A project's manifest with what it asks for. */
interface Manifest {
  readonly row: Row
  readonly folder: string
  readonly project: Project
  readonly asked: readonly AskedDistribution[]
}

const LOCK_NAMES = ['poetry.lock', 'uv.lock', 'pdm.lock', 'pylock.toml', 'Pipfile.lock']

/** What projects lock, what lists of requirements name, and, where there is neither, what manifests ask for. */
export function declaredPackages(rows: readonly Row[], context: AssembleContext): Assembled {
  const manifests = rows.flatMap((row) => manifestIn(row))
  const byFolder = Map.groupBy(manifests, ({ folder }) => folder)
  const locks = rows.flatMap((row) => {
    const locked = row.facts.filter((fact) => fact.kind === 'locked')
    return locked.length === 0 ? [] : [{ row, folder: placeOf(row.path).folder, locked }]
  })
  const parts = locks.map(({ row, folder, locked }) => {
    const asked = (byFolder.get(folder) ?? []).flatMap((manifest) => manifest.asked)
    return lockedPackages(row, locked, asked, context)
  })
  const lists = listedPackages(rows, context)
  const answered = new Set([
    ...locks.flatMap(({ folder, locked }) => locked.map((fact) => placed(folder, fact))),
    ...rows.flatMap((row) => pinnedIn(row)),
  ])
  const unlocked = manifests.filter((manifest) => !isLocked(manifest, answered, context))
  const wanted = unlocked.flatMap(({ row, folder, asked }) =>
    asked
      .filter((fact) => !answered.has(placed(folder, fact)))
      .flatMap((fact) => askedPackage(fact, row, { direct: true }, context) ?? []),
  )
  return {
    components: [...parts.flatMap(({ components }) => components), ...lists.components, ...wanted],
    relations: [...parts.flatMap(({ relations }) => relations), ...lists.relations],
    diagnostics: lists.diagnostics,
  }
}

/** The manifest that a row is of; those that installed packages brought along are nobody's project here. */
function manifestIn(row: Row): Manifest[] {
  const project = row.facts.find((fact) => fact.kind === 'project')
  if (project === undefined || /(?:^|\/)(?:site|dist)-packages\//.test(row.path)) return []
  const asked = row.facts.filter((fact) => fact.kind === 'asked')
  return [{ row, folder: placeOf(row.path).folder, project, asked }]
}

/** What a list of requirements pins, by its folder. */
function pinnedIn(row: Row): string[] {
  const { folder } = placeOf(row.path)
  return row.facts.flatMap((fact) =>
    fact.kind === 'asked' && fact.by === 'list' && !fact.ranged ? [placed(folder, fact)] : [],
  )
}

/** Whether a lockfile lies beside it, or one above it, of a workspace, names its project. */
function isLocked({ folder, project }: Manifest, answered: ReadonlySet<string>, context: AssembleContext): boolean {
  if (LOCK_NAMES.some((name) => context.tree.resolve(inFolder(folder, name)) !== undefined)) return true
  const { name } = project
  return name !== undefined && [...foldersAbove(folder)].some((above) => answered.has(placed(above, { name })))
}

/** A package in a folder, as a key. */
function placed(folder: string, { name }: Pick<LockedDistribution, 'name'>): string {
  return `${folder}\0${normalisedName(name)}`
}
