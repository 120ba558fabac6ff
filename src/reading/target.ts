import { asFailure } from '../lib/failure.ts'
import type { Diagnostic } from '../model/diagnostic.ts'
import type { LayerRead } from './layer-read.ts'
import { fromFacts } from './layer-read.ts'
import { findLinkedBodies, type LinkedBody } from './links.ts'
import { MergedLayers } from './merged-layers.ts'
import { mergedTree } from './merged-tree.ts'
import { PlacedRows } from './placed-rows.ts'
import { compileSkipping } from './skipping.ts'
import type { AnyReader, LayerFacts, LayerJob, PlacedRow, ReadOptions, ReadTarget, Row } from './types.ts'

/** All layers of a target, oldest first, ready to be put together. A tree or a file is one layer that `layers` does not list. */
export interface GatheredLayers {
  readonly layers: ReadTarget['layers']
  /** Undefined where a layer could not be read. */
  readonly reads: readonly (LayerRead | undefined)[]
  readonly diagnostics: readonly Diagnostic[]
  /** Reads bodies of one layer that only the merge found; undefined when the layer's bytes are not here. */
  readAlso(
    layer: number,
    also: NonNullable<LayerJob['also']>,
    readers: readonly AnyReader[],
  ): Promise<LayerFacts | undefined>
  /** Whether some files of a layer can be read again without downloading or unpacking much more than those; none when not given. */
  canReadMore?(layer: number): boolean
}

type Options = Pick<ReadOptions, 'readers' | 'skipFiles' | 'skipDirs'>

/** Merges the layers, has read what links lead to, and places every row. */
export async function assembleTarget(gathered: GatheredLayers, options: Options): Promise<ReadTarget> {
  const { layers, reads } = gathered
  const merged = new MergedLayers(reads.map((read) => read?.index))
  const linked = findLinkedBodies(
    merged,
    reads.map((read) => read?.index),
    options.readers,
  )
  const skipping = compileSkipping(options.skipFiles, options.skipDirs)
  const also = await readLinked(
    gathered,
    linked.bodies.filter(({ as }) => !skipping.file(as)),
  )
  const rows = new PlacedRows({ readers: options.readers, reads, merged, skipping, also: also.rows })
  const at = (index: number): Diagnostic['layer'] =>
    layers[index] === undefined ? undefined : { index, diffId: layers[index].diffId }
  const ofLayers = reads.flatMap((read, index) =>
    (read?.diagnostics ?? []).map((said) => ({ ...said, layer: at(index) })),
  )
  const diagnostics = [
    ...gathered.diagnostics,
    ...[...ofLayers, ...linked.diagnostics].filter(({ path }) => path === undefined || !skipping.file(path)),
    ...rows.diagnostics(at),
    ...also.diagnostics.map(({ layer, said }) => ({ ...said, layer: at(layer) })),
  ]
  const tree = mergedTree(merged, options.readers, (reader) => rows.get(reader) ?? [])
  const readMore: ReadTarget['readMore'] = (paths, reader) =>
    readByPath(gathered, merged, { paths: paths.filter((path) => !skipping.file(path)), reader })
  return { layers, rows, tree, diagnostics, readMore }
}

/** As `ReadTarget.readMore`. */
async function readByPath(
  gathered: GatheredLayers,
  merged: MergedLayers,
  { paths, reader }: { readonly paths: readonly string[]; readonly reader: AnyReader },
): Promise<readonly PlacedRow[]> {
  const top = merged.count - 1
  const wanted = new Map<string, LinkedBody>()
  for (const path of paths) {
    const real = merged.resolve(path, top)
    const body = real === undefined ? undefined : merged.body(real, top)
    if (real === undefined || body === undefined || gathered.canReadMore?.(body.layer) !== true) continue
    const entry = merged.view(body.layer)?.namesOf(body.path)[0] ?? body.path
    wanted.set(real, { layer: body.layer, path: entry, as: real, readers: [reader], wins: true })
  }
  const byLayer = Map.groupBy(wanted.values(), ({ layer }) => layer)
  const parts = await Promise.all([...byLayer.values()].map((bodies) => readAsFarAsHere(gathered, bodies)))
  return parts.flat()
}

/** Rows of these bodies; none where the layer, which was read before, cannot be had again: that is no reason to fail. */
async function readAsFarAsHere(gathered: GatheredLayers, bodies: readonly LinkedBody[]): Promise<readonly PlacedRow[]> {
  try {
    return (await readLinked(gathered, bodies)).rows
  } catch (error) {
    const { kind } = asFailure(error)
    if (kind === 'unreadable') return []
    throw error
  }
}

interface AlsoRead {
  readonly rows: readonly PlacedRow[]
  readonly diagnostics: readonly { readonly layer: number; readonly said: Diagnostic }[]
}

/** One second pass for each layer that holds such bodies. */
async function readLinked(gathered: GatheredLayers, bodies: readonly LinkedBody[]): Promise<AlsoRead> {
  const byLayer = Map.groupBy(bodies, ({ layer }) => layer)
  const parts = await Promise.all([...byLayer].map(([layer, wanted]) => readLinkedOf(gathered, layer, wanted)))
  return { rows: parts.flatMap(({ rows }) => rows), diagnostics: parts.flatMap(({ diagnostics }) => diagnostics) }
}

async function readLinkedOf(gathered: GatheredLayers, layer: number, wanted: readonly LinkedBody[]): Promise<AlsoRead> {
  const readers = [...new Set(wanted.flatMap((body) => body.readers))]
  const facts = await gathered.readAlso(
    layer,
    wanted.map(({ path, as }) => ({ path, as })),
    readers,
  )
  if (facts === undefined) return { rows: [], diagnostics: wanted.filter(({ wins }) => wins).flatMap(notHere) }
  const read = fromFacts(facts)
  const rows: PlacedRow[] = []
  const diagnostics: AlsoRead['diagnostics'][number][] = []
  for (const { as, wins, readers: takers } of wanted) {
    for (const { id } of takers) {
      const found = read.rows.get(id)
      const isAs = (row: Row): boolean => row.path === as
      rows.push(...(found?.rows() ?? []).filter(isAs).map((row) => ({ ...row, reader: id, layer, wins })))
      const said = wins ? (found?.diagnostics ?? []) : []
      diagnostics.push(
        ...said.filter(({ path }) => path === as || path?.startsWith(`${as}!/`)).map((one) => ({ layer, said: one })),
      )
    }
  }
  return { rows, diagnostics }
}

function notHere({ layer, as, readers }: LinkedBody): AlsoRead['diagnostics'] {
  const message = 'a link leads to a file of a layer whose bytes are not here'
  const effect = readers.some(({ wants }) => wants.loss === 'blind') ? 'blind' : 'partial'
  return [{ layer, said: { code: 'linked-file-absent', message, path: as, effect } }]
}
