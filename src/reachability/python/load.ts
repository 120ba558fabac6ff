import type { MergedTree } from '../../reading/index.ts'
import { type Command, normalised } from '../entry/command.ts'
import type { EntryFiles } from '../entry/files.ts'
import type { LoadedCode } from '../loaded.ts'

const MOST_ROUNDS = 6
const MOST_FILES = 500
const MOST_RECORDS = 500

/** Options of python whose value is the next word (docs.python.org/3/using/cmdline.html). */
const WITH_VALUE: ReadonlySet<string> = new Set(['-W', '-X', '--check-hash-based-pycs'])
/** `package.module:object`, as servers are told what to serve. */
const SERVED = /^([A-Za-z_][\w.]{0,200}):[\w.()]{1,200}$/

interface Wanted {
  readonly name: string
  readonly from: string
  readonly way: readonly string[]
}

/** What is known of the installed packages: the paths of their `METADATA`, and the interpreter that is started. */
export interface PythonPlaces {
  readonly records: readonly string[]
  /** As it was named, and where it really lies. */
  readonly program: string
  readonly real: string
}

/**
 * What `python` loads: the files of the program's own code, by their imports, and of packages the record of each that has an imported
 * module at its top.
 */
export async function loadPython(
  command: Wanting,
  places: PythonPlaces,
  tree: Pick<MergedTree, 'resolve'>,
  files: EntryFiles,
): Promise<LoadedCode> {
  const start = startOf(command)
  if (start === undefined) return { files: new Map(), open: 'python is started without a file' }
  const roots = [start.root, command.folder, ...pathsOf(command.env.get('PYTHONPATH'))]
  const packages = [...new Set(places.records.map((path) => folderOf(folderOf(path))))].slice(0, 200)
  const graph = new ModuleGraph(tree, files, roots, packages)
  await graph.follow(start, command)
  await graph.addRecords(places.records)
  const moved = ['PYTHONPATH', 'PYTHONHOME'].find((name) => command.env.has(name))
  const open = moved === undefined ? graph.open : `${moved} changes where packages are looked for`
  const isVirtual = tree.resolve(`${folderOf(folderOf(places.program))}/pyvenv.cfg`) !== undefined
  const home = folderOf(folderOf(isVirtual ? places.program : places.real))
  return {
    files: graph.files,
    ...(open !== undefined && { open }),
    outside: (path) =>
      searches(path, home, isVirtual)
        ? undefined
        : `${places.program} does not look for packages in ${folderOf(folderOf(path))}`,
  }
}

type Wanting = Command & { readonly way: readonly string[] }

interface Start {
  readonly script?: string
  readonly wanted: readonly string[]
  /** The folder that stands first among those in which modules are looked for. */
  readonly root: string
}

function startOf({ words, folder }: Command): Start | undefined {
  for (let at = 0; at < words.length; at++) {
    const word = words[at] as string
    const rest = words.slice(at + 1)
    const served = rest.flatMap((one) => SERVED.exec(one)?.[1] ?? [])
    if (word === '-m')
      return rest[0] === undefined ? undefined : { wanted: [rest[0], `${rest[0]}.__main__`, ...served], root: folder }
    if (word === '-c' || word === '-') return undefined
    if (WITH_VALUE.has(word)) at++
    else if (!word.startsWith('-')) {
      const script = normalised(word, folder)
      return { script, wanted: served, root: folderOf(script) }
    }
  }
  return undefined
}

function pathsOf(list: string | undefined): readonly string[] {
  return (list ?? '')
    .split(':')
    .filter((one) => one.startsWith('/'))
    .slice(0, 50)
    .map((one) => normalised(one, ''))
}

/**
 * Whether the interpreter of that home may look for packages there by itself (docs.python.org/3/library/site.html; those of distributions
 * look in `usr/local`, too, and a virtual environment may look where its interpreter does).
 */
function searches(path: string, home: string, isVirtual: boolean): boolean {
  const place = folderOf(folderOf(path))
  if (!/(?:^|\/)(?:site|dist)-packages$/.test(place) || place.includes('.local/')) return true
  if (home === '' || place.startsWith(`${home}/`)) return true
  return isVirtual && place.startsWith('usr/')
}

class ModuleGraph {
  readonly files = new Map<string, readonly string[]>()
  open: string | undefined
  readonly #tree: Pick<MergedTree, 'resolve'>
  readonly #files: EntryFiles
  readonly #roots: readonly string[]
  readonly #packages: readonly string[]
  /** Modules at the top of packages, with the way to them. */
  readonly #imported = new Map<string, readonly string[]>()

  constructor(
    tree: Pick<MergedTree, 'resolve'>,
    files: EntryFiles,
    roots: readonly string[],
    packages: readonly string[],
  ) {
    this.#tree = tree
    this.#files = files
    this.#roots = [...new Set(roots)]
    this.#packages = packages
  }

  async follow({ script, wanted }: Start, { folder, way }: Wanting): Promise<void> {
    const real = script === undefined ? undefined : this.#tree.resolve(script)
    if (real !== undefined) this.files.set(real, [...way, real])
    else if (script !== undefined) this.open = `${script} was not found`
    let own = wanted.flatMap((name) => this.#find({ name, from: folder, way }))
    if (real !== undefined) own = [real, ...own]
    for (let round = 0; own.length > 0; round++) {
      if (round >= MOST_ROUNDS || this.files.size > MOST_FILES) {
        this.open ??= 'it has more files than are followed'
        return
      }
      const said = await this.#files.all(own)
      const next: string[] = []
      for (const path of own) {
        const file = said.get(path)
        if (file?.kind !== 'python') {
          this.open ??= `${path} could not be read`
          continue
        }
        if (file.imports.dynamic) this.open ??= `${path} loads or starts what is only computed when it runs`
        const way = this.files.get(path) ?? []
        for (const name of file.imports.names) next.push(...this.#find({ name, from: folderOf(path), way }))
      }
      own = next
    }
  }

  /** New files of the program's own that a name leads to; one of a package is noted by its first segment. */
  #find({ name, from, way }: Wanted): readonly string[] {
    const dots = /^\.*/.exec(name)?.[0].length ?? 0
    const parts = name
      .slice(dots)
      .split('.')
      .filter((part) => part !== '')
    let relative = from
    for (let up = 1; up < dots; up++) relative = folderOf(relative)
    const found: string[] = []
    for (const root of dots > 0 ? [relative] : this.#roots) {
      for (let count = dots > 0 ? 0 : 1; count <= parts.length; count++) {
        const base = [root, ...parts.slice(0, count)].filter((part) => part !== '').join('/')
        for (const path of [`${base}.py`, `${base}/__init__.py`]) {
          const real = this.#tree.resolve(path)
          if (real === undefined || this.files.has(real)) continue
          this.files.set(real, [...way, real])
          found.push(real)
        }
      }
      if (found.length > 0) return found
    }
    const [top] = parts
    if (dots === 0 && top !== undefined && !this.#imported.has(top)) this.#imported.set(top, way)
    return found
  }

  /** Packages one of whose modules is imported, by what they recorded when they were installed. */
  async addRecords(records: readonly string[]): Promise<void> {
    const there = [...this.#imported].filter(([top]) =>
      this.#packages.some((folder) =>
        [`${folder}/${top}`, `${folder}/${top}.py`].some((path) => this.#tree.resolve(path) !== undefined),
      ),
    )
    if (there.length === 0) return
    const wanted = new Map(there)
    for (const folder of this.#packages) {
      for (const [top, way] of wanted) {
        for (const path of [`${folder}/${top}.py`, `${folder}/${top}/__init__.py`]) {
          const real = this.#tree.resolve(path)
          if (real !== undefined) this.files.set(real, [...way, real])
        }
      }
    }
    const paths = new Map<string, string>()
    for (const record of records.slice(0, MOST_RECORDS)) {
      const real = record.endsWith('/METADATA') ? this.#tree.resolve(`${folderOf(record)}/RECORD`) : undefined
      if (real !== undefined) paths.set(real, record)
    }
    const said = await this.#files.all([...paths.keys()])
    for (const [real, record] of paths) {
      const file = said.get(real)
      const top = file?.kind === 'names' ? file.names.find((name) => wanted.has(name)) : undefined
      if (top !== undefined)
        this.files.set(record, [...(wanted.get(top) ?? []), `${folderOf(folderOf(record))}/${top}`])
    }
  }
}

function folderOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')))
}
