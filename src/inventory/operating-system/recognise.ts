import type { Evidence, LayerReference } from '../../model/evidence.ts'
import type { OperatingSystem } from '../../model/operating-system.ts'
import type { PlacedRow } from '../../reading/index.ts'
import type { ReleaseFact, ReleaseFields } from './facts.ts'
import { idOfName, readOlderRelease } from './older-files.ts'
import type { DistroOverride } from './override.ts'
import { OLDER_RELEASE_FILES } from './readers.ts'
import { isRolling, keysOf } from './release.ts'
import { supportOf } from './support.ts'

/** IDs of os-release that have another name here. */
const SAME: ReadonlyMap<string, string> = new Map([
  ['amazon', 'amzn'],
  ['redhat', 'rhel'],
  ['oracle', 'ol'],
  ['alma', 'almalinux'],
  ['sle_micro', 'sle-micro'],
  ['cbl-mariner', 'mariner'],
])

/** What a system is taken for before release, ecosystem and support are looked up. */
interface Found {
  readonly id: string
  readonly name: string
  readonly product: string
  readonly versionText: string
  readonly version: string
  readonly codename: string
  readonly idLike: readonly string[]
  readonly evidence: readonly Evidence[]
}

type Rows = readonly PlacedRow<ReleaseFact>[]

/**
 * The operating system that the rows of {@link OS_READERS} tell of, undefined when they tell of none. Only copies that
 * survive in the final image count. os-release decides; older files fill in what it leaves out (Debian's point release), then
 * lsb-release, then the older files, then a busybox binary. `override`, from `--distro`, takes the place of ID and version.
 */
export function recogniseOperatingSystem(
  rows: Rows,
  layer: (index: number) => LayerReference | undefined,
  override?: DistroOverride,
): OperatingSystem | undefined {
  const winning = rows.filter((row) => row.wins)
  if (override !== undefined) return complete(overridden(override), [])
  const found = fromOsRelease(winning, layer) ?? fromOlderFiles(winning, layer) ?? fromBusybox(winning, layer)
  return found && complete(found, proServices(winning))
}

function complete(found: Found, pro: readonly string[]): OperatingSystem {
  const { release, ecosystem } = keysOf(found)
  const support = supportOf(found.id, release)
  return {
    id: found.id,
    name: pro.length === 0 ? found.name : `${found.name} with Ubuntu Pro (${pro.join(', ')})`,
    version: isRolling(found.id) ? '' : found.version,
    release,
    ...(found.codename === '' ? {} : { codename: found.codename }),
    idLike: found.idLike,
    ...(ecosystem === undefined ? {} : { ecosystem }),
    ...(support === undefined ? {} : { support }),
    evidence: found.evidence,
  }
}

function fromOsRelease(rows: Rows, layer: (index: number) => LayerReference | undefined): Found | undefined {
  // /etc/os-release is the administrator's, the ones below /usr are the vendor's (os-release(5)).
  const ordered = [...rows].sort((a, b) => Number(b.path.startsWith('etc/')) - Number(a.path.startsWith('etc/')))
  for (const kind of ['os-release', 'lsb-release'] as const) {
    for (const row of ordered) {
      const fact = row.facts[0]
      if (fact?.kind !== kind) continue
      const found = fromFields(fact.fields, rows, evidenceOf(row, layer, 1), layer)
      if (found !== undefined) return found
    }
  }
  return undefined
}

function fromFields(
  fields: ReleaseFields,
  rows: Rows,
  evidence: Evidence,
  layer: (index: number) => LayerReference | undefined,
): Found | undefined {
  const given = /^[a-z0-9._-]+$/.test(fields.id) ? fields.id : ''
  const id = normalId(given, fields) || idOfName(fields.name) || idOfName(fields.prettyName)
  if (id === undefined || id === '') return undefined
  const older = olderRelease(rows, id)
  const stated = fields.versionId || (id === 'alpine' ? /v(\d+\.\d+)/.exec(fields.prettyName)?.[1] : undefined) || ''
  const finer = older !== undefined && (stated === '' || isFiner(older.version, stated)) ? older : undefined
  return {
    id,
    name: fields.prettyName || [fields.name || id, fields.version || stated].join(' ').trim(),
    product: fields.name,
    versionText: fields.version,
    version: finer?.version ?? stated,
    codename: fields.codename || (/\(([\w ]+)\)$/.exec(fields.version)?.[1] ?? ''),
    idLike: fields.idLike.split(/\s+/).filter((like) => like !== ''),
    evidence: finer === undefined ? [evidence] : [evidence, evidenceOf(finer.row, layer, 1)],
  }
}

function normalId(id: string, fields: ReleaseFields): string {
  if (id === 'opensuse' && /leap/i.test(fields.name + fields.cpe)) return 'opensuse-leap'
  if (id === 'opensuse' && /tumbleweed/i.test(fields.name + fields.cpe)) return 'opensuse-tumbleweed'
  return SAME.get(id) ?? id
}

/** Whether one version says more than the other: `12.5` than `12`, but never `13/sid` than `12`. */
function isFiner(finer: string, than: string): boolean {
  return finer.startsWith(`${than}.`) && /^[\d.]+$/.test(finer)
}

/** What the older files say about a system of this ID. */
function olderRelease(rows: Rows, id?: string) {
  for (const path of OLDER_RELEASE_FILES) {
    const row = rows.find((candidate) => candidate.path === path)
    const fact = row?.facts[0]
    if (row === undefined || fact?.kind !== 'release-text') continue
    const release = readOlderRelease(path, fact.lines)
    if (release !== undefined && (id === undefined || release.id === id)) return { ...release, row }
  }
  return undefined
}

function fromOlderFiles(rows: Rows, layer: (index: number) => LayerReference | undefined): Found | undefined {
  const older = olderRelease(rows)
  if (older === undefined) return undefined
  const { id, name, version, row } = older
  const codename = id === 'debian' ? '' : (/\(([\w ]+)\)$/.exec(name)?.[1] ?? '')
  return found({ id, name, version, codename, evidence: [evidenceOf(row, layer, 1)] })
}

function fromBusybox(rows: Rows, layer: (index: number) => LayerReference | undefined): Found | undefined {
  for (const row of rows) {
    const fact = row.facts[0]
    if (fact?.kind !== 'busybox') continue
    const { version } = fact
    return found({ id: 'busybox', name: `BusyBox v${version}`, version, evidence: [evidenceOf(row, layer, 0.5)] })
  }
  return undefined
}

function overridden({ id, version }: DistroOverride): Found {
  const stream = id === 'centos' && version.startsWith('stream')
  return found({
    id,
    name: `${id} ${version}`.trim(),
    product: stream ? 'CentOS Stream' : '',
    version: stream ? version.slice(6) : version,
    evidence: [],
  })
}

function found(some: Partial<Found> & Pick<Found, 'id' | 'name' | 'version' | 'evidence'>): Found {
  return { product: '', versionText: some.version, codename: '', idLike: [], ...some }
}

/** Services of Ubuntu Pro that bring extended maintenance and are enabled. */
function proServices(rows: Rows): readonly string[] {
  const enabled = rows.flatMap((row) => row.facts.flatMap((fact) => (fact.kind === 'ubuntu-pro' ? fact.enabled : [])))
  return [...new Set(enabled.filter((service) => service.startsWith('esm-')))].slice(0, 10)
}

function evidenceOf(
  row: PlacedRow<ReleaseFact>,
  layer: (index: number) => LayerReference | undefined,
  confidence: number,
): Evidence {
  const reference = layer(row.layer)
  return { path: row.path, ...(reference === undefined ? {} : { layer: reference }), confidence }
}
