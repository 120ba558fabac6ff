import { createHash } from 'node:crypto'
import type { AnyCataloger, Assembled, Cataloger, LazyCataloger } from '../../src/inventory/types.ts'
import { buildPackageUrl, parsePackageUrl } from '../../src/lib/package-url/parse.ts'
import type { Diagnostic } from '../../src/model/diagnostic.ts'
import type { OperatingSystem } from '../../src/model/operating-system.ts'
import type {
  AnyReader,
  FileReader,
  MergedTree,
  PathCondition,
  PlacedRow,
  RandomReader,
  ReadResult,
} from '../../src/reading/index.ts'
import { loadReaders } from '../../src/reading/load-readers.ts'

/** What a run over a handful of files gives: the assembled answer, the readers' diagnostics and the assembly's together. */
export interface Catalogued extends Assembled {
  readonly rows: readonly PlacedRow[]
}

export interface CatalogOptions {
  readonly os?: OperatingSystem
  /** Symbolic links of the tree, by their own path: `{ lib: 'usr/lib' }`; targets are paths from the root. */
  readonly links?: Readonly<Record<string, string>>
}

/** As {@link catalog}, for catalogers and readers whose code is loaded on demand too. */
export async function catalogued(
  cataloger: AnyCataloger | LazyCataloger<never> | Cataloger<never>,
  files: Readonly<Record<string, Uint8Array | string>>,
  options: CatalogOptions = {},
): Promise<Catalogued> {
  const { id, summary, kind, ecosystems, yields, fills } = cataloger
  const readers = await loadReaders(cataloger.readers)
  const assemble = 'assemble' in cataloger ? cataloger.assemble : await (cataloger as LazyCataloger).load()
  const loaded = { id, summary, kind, ecosystems, yields, fills, readers, assemble: assemble as Cataloger['assemble'] }
  return catalog(loaded, files, options)
}

/**
 * Runs one cataloger over files given as path to content (text is UTF-8), as if they were one layer and every copy won. The
 * dispatch is written plainly here, so that a cataloger's tests do not depend on the one that scans use.
 */
export function catalog(
  cataloger: Cataloger<never> | Cataloger,
  files: Readonly<Record<string, Uint8Array | string>>,
  options: CatalogOptions = {},
): Catalogued {
  const diagnostics: Diagnostic[] = []
  const rows = readersRows(cataloger.readers, files, diagnostics)
  const paths = Object.keys(files).sort()
  const assembled = (cataloger as Cataloger).assemble(rows, {
    ...(options.os && { os: options.os }),
    tree: plainTree(paths, options.links ?? {}),
    layer: (index) => (index === 0 ? { diffId: `sha256:${'0'.repeat(64)}`, index } : undefined),
  })
  for (const { purl } of assembled.components) expectRoundTrip(purl)
  return { ...assembled, diagnostics: [...diagnostics, ...assembled.diagnostics], rows }
}

/** Whatever a cataloger's tests are about: what its components go by must be read back as it was written. */
export function expectRoundTrip(purl: string): void {
  const again = buildPackageUrl(parsePackageUrl(purl))
  if (again !== purl) throw new Error(`the package URL ${purl} reads back as ${again}`)
}

/** The rows that readers make of files, as {@link catalog} does it; their diagnostics are added to the list. */
export function readersRows(
  readers: readonly AnyReader[],
  files: Readonly<Record<string, Uint8Array | string>>,
  diagnostics: Diagnostic[] = [],
): PlacedRow[] {
  const rows: PlacedRow[] = []
  const paths = Object.keys(files).sort()
  for (const path of paths) {
    const content = files[path] ?? ''
    const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content
    for (const reader of readers) {
      if (!wanted(reader, path, bytes)) continue
      const result = readWith(reader, path, bytes)
      diagnostics.push(...result.diagnostics.map((diagnostic) => ({ path, ...diagnostic })))
      const digests = Object.fromEntries(
        (reader.wants.digests ?? []).map((algorithm) => [algorithm, createHash(algorithm).update(bytes).digest('hex')]),
      )
      rows.push({
        path,
        mode: 0o644,
        sizeBytes: bytes.length,
        facts: structuredClone(result.facts) as unknown[],
        ...(reader.wants.digests && { digests }),
        reader: reader.id,
        layer: 0,
        wins: true,
      })
    }
  }
  return rows
}

/** The operating system of a test: the ecosystem is as given. */
export function operatingSystem(id: string, release: string, ecosystem?: string): OperatingSystem {
  const version = release.replace(/^v/, '')
  return { id, name: `${id} ${version}`, version, release, idLike: [], evidence: [], ...(ecosystem && { ecosystem }) }
}

function readWith(reader: AnyReader, path: string, bytes: Uint8Array): ReadResult<unknown> {
  const { maxBytes, loss } = reader.wants
  if (bytes.length > maxBytes)
    return {
      facts: [],
      diagnostics: [{ code: 'file-too-large', message: `over ${maxBytes} bytes`, path, effect: loss }],
    }
  const file = { path, sizeBytes: bytes.length, mode: 0o644 }
  try {
    if ('read' in reader) return (reader as FileReader<unknown>).read({ ...file, bytes })
    const at = (offset: number, length: number): Uint8Array => bytes.subarray(offset, offset + length)
    return (reader as RandomReader<unknown>).readRandom({ ...file, at })
  } catch (error) {
    return { facts: [], diagnostics: [{ code: 'reader-failed', message: String(error), path, effect: loss }] }
  }
}

function wanted(reader: AnyReader, path: string, bytes: Uint8Array): boolean {
  const { any, magic } = reader.wants
  if (any.some((condition) => matches(condition, path))) return true
  return magic?.bytes.some((start) => start.every((byte, i) => bytes[i] === byte)) ?? false
}

function matches(condition: PathCondition, path: string): boolean {
  const name = path.slice(path.lastIndexOf('/') + 1)
  if (condition.path !== undefined && condition.path !== path) return false
  if (condition.name !== undefined && condition.name !== name) return false
  if (condition.prefix !== undefined && !name.startsWith(condition.prefix)) return false
  if (condition.suffix !== undefined && !name.endsWith(condition.suffix)) return false
  if (condition.under !== undefined && !path.startsWith(`${condition.under}/`)) return false
  if (condition.inside !== undefined && !`/${path}`.slice(0, -name.length).includes(`/${condition.inside}/`))
    return false
  return true
}

/** A tree of one layer with the given files; a link may stand for any folder of a path. */
function plainTree(paths: readonly string[], links: Readonly<Record<string, string>>): MergedTree {
  const there = new Set<string>()
  for (const path of [...paths, ...Object.values(links)]) {
    const parts = path.split('/')
    for (let i = 1; i <= parts.length; i++) there.add(parts.slice(0, i).join('/'))
  }
  const resolve = (path: string): string | undefined => {
    let at = path
    for (let hops = 0; hops < 40; hops++) {
      const link = Object.keys(links).find((key) => at === key || at.startsWith(`${key}/`))
      if (link === undefined) return there.has(at) ? at : undefined
      at = `${links[link]}${at.slice(link.length)}`
    }
    return undefined
  }
  return { resolve, wins: () => true, since: () => 0 }
}
