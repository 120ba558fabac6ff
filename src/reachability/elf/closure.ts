import type { MergedTree } from '../../reading/index.ts'
import type { Linkage } from './linkage.ts'

/** Libraries of one image that are followed: programs with the most have some hundred. */
const MOST_OBJECTS = 5000
/** Look-ups of library names in folders. */
const MOST_LOOKUPS = 200_000

/** Where the dynamic linkers of glibc and musl look of their own accord, and where `ld.so.conf` of the distributions leads. */
const FOLDERS: readonly string[] = [
  ...['lib', 'usr/lib', 'usr/local/lib', 'lib64', 'usr/lib64', 'usr/local/lib64'],
  ...['x86_64', 'aarch64', 'i386', 'powerpc64le', 's390x', 'riscv64', 'mips64el'].flatMap((machine) =>
    ['lib', 'usr/lib', 'usr/local/lib'].map(
      (folder) => `${folder}/${machine}-linux-gnu${machine === 'mips64el' ? 'abi64' : ''}`,
    ),
  ),
  ...['lib', 'usr/lib', 'usr/local/lib'].flatMap((folder) => [
    `${folder}/arm-linux-gnueabihf`,
    `${folder}/arm-linux-gnueabi`,
  ]),
]

/** What is loaded of ELF files, and what cannot be told. */
export interface Closure {
  /** Real paths of programs and libraries, each with the way to it, itself included. */
  readonly loaded: ReadonlyMap<string, readonly string[]>
  /** Why more may be loaded than that: a library that is not found, a function that loads others. Undefined when this is all. */
  readonly open?: string
}

export interface ClosureInput {
  /** Programs that are started, and libraries that are preloaded, with the way to each. */
  readonly roots: readonly { readonly path: string; readonly way: readonly string[] }[]
  /** By real path. */
  readonly linkage: ReadonlyMap<string, Linkage>
  readonly tree: Pick<MergedTree, 'resolve'>
  /** Folders of `LD_LIBRARY_PATH`, without a leading slash. */
  readonly libraryPath: readonly string[]
}

interface Pending {
  readonly path: string
  readonly way: readonly string[]
  /** Folders that the objects on the way hand down (DT_RPATH). */
  readonly inherited: readonly string[]
}

/**
 * All libraries that the dynamic linker loads for these programs (ld.so(8), "DESCRIPTION"), each once; circles of libraries end where they
 * began. `ld.so.cache` is not read: its folders are those of the distributions.
 */
export function closureOf({ roots, linkage, tree, libraryPath }: ClosureInput): Closure {
  const loaded = new Map<string, readonly string[]>()
  const pending: Pending[] = roots.map(({ path, way }) => ({ path, way, inherited: [] }))
  let open: string | undefined
  let lookups = 0
  for (let i = 0; i < pending.length; i++) {
    const { path, way, inherited } = pending[i] as Pending
    if (loaded.has(path)) continue
    if (loaded.size >= MOST_OBJECTS) return { loaded, open: 'too many libraries' }
    loaded.set(path, way)
    const object = linkage.get(path)
    if (object === undefined) {
      open ??= `${path} was not read`
      continue
    }
    if (object.loads !== undefined) open ??= `${path} can load or start other files (${object.loads})`
    const origin = path.slice(0, Math.max(0, path.lastIndexOf('/')))
    const own = object.folders.flatMap((folder) => folderOf(folder, origin) ?? [])
    const handedDown = object.inherited ? [...own, ...inherited].slice(0, 256) : inherited
    const folders = object.inherited ? [...handedDown, ...libraryPath] : [...inherited, ...libraryPath, ...own]
    const names = object.interpreter === undefined ? object.needed : [object.interpreter, ...object.needed]
    for (const name of names) {
      if (lookups > MOST_LOOKUPS) return { loaded, open: 'too many libraries' }
      const candidates = name.includes('/')
        ? [withoutSlash(name.startsWith('/') ? name : `${origin}/${name}`)]
        : [...folders, ...FOLDERS].map((folder) => (folder === '' ? name : `${folder}/${name}`))
      let real: string | undefined
      for (const candidate of candidates) {
        lookups++
        real = tree.resolve(candidate)
        if (real !== undefined) break
      }
      if (real === undefined) open ??= `${name}, which ${path} needs, was not found`
      else if (!loaded.has(real)) pending.push({ path: real, way: [...way, real], inherited: handedDown })
    }
  }
  return open === undefined ? { loaded } : { loaded, open }
}

/** A folder of DT_RUNPATH inside the image; undefined for one that only the running system can tell (`$LIB`, relative). */
function folderOf(written: string, origin: string): string | undefined {
  const folder = written.replace(/\$(?:ORIGIN\b|\{ORIGIN\})/g, `/${origin}`)
  if (folder.includes('$') || !folder.startsWith('/')) return undefined
  return withoutSlash(folder)
}

function withoutSlash(path: string): string {
  return path.replace(/^\/{1,4096}/, '')
}
