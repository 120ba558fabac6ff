import type { MergedTree } from '../../reading/index.ts'
import { type Command, normalised } from '../entry/command.ts'
import type { EntryFiles } from '../entry/files.ts'
import type { LoadedCode } from '../loaded.ts'

/** Steps from file to file: each reads its layers once more. */
const MOST_ROUNDS = 6
const MOST_FILES = 500
const MODULES = 'node_modules'

/** Options of node whose value is the next word (node --help). */
const WITH_VALUE: ReadonlySet<string> = new Set([
  ...['-C', '--conditions', '--loader', '--experimental-loader', '--env-file', '--title', '--icu-data-dir'],
])
const PRELOADS: ReadonlySet<string> = new Set(['-r', '--require', '--import'])

/** Names that are paths: anything else names a package. */
const IS_PATH = /^(?:\/|\.{1,2}(?:\/|$))/

interface Wanted {
  readonly name: string
  /** Folder of the file that names it. */
  readonly from: string
  readonly way: readonly string[]
}

/** What `node` loads of JavaScript: the files of its own code, by their imports, and the packages that these name. */
export async function loadNode(
  command: Command & { readonly way: readonly string[] },
  tree: Pick<MergedTree, 'resolve'>,
  files: EntryFiles,
): Promise<LoadedCode> {
  const start = startOf(command)
  if (start === undefined) return { files: new Map(), open: 'node is started without a file' }
  const graph = new ModuleGraph(tree, files)
  await graph.follow(start.map((name) => ({ name, from: command.folder, way: command.way })))
  const [script] = graph.files.keys()
  if (script === undefined) return { files: new Map(), open: `${start.at(-1)} was not found` }
  const open = command.env.has('NODE_PATH') ? 'NODE_PATH adds places to look for packages' : graph.open
  return {
    files: graph.files,
    ...(open !== undefined && { open }),
    outside: (path) => outsideOf(path, script, command.folder),
  }
}

/** The script, and what is loaded before it; as paths. */
function startOf({ words }: Command): readonly string[] | undefined {
  const before: string[] = []
  for (let at = 0; at < words.length; at++) {
    const word = words[at] as string
    if (PRELOADS.has(word)) before.push(words[++at] ?? '')
    else if (WITH_VALUE.has(word)) at++
    else if (/^-(?:e|p|pe|-eval|-print|-test|i|-interactive)$|^-$/.test(word)) return undefined
    else if (!word.startsWith('-') || word === '--') {
      const script = word === '--' ? words[at + 1] : word
      return script === undefined
        ? undefined
        : [script.startsWith('/') || script.startsWith('.') ? script : `./${script}`, ...before]
    }
  }
  return undefined
}

/** Packages are looked for in the `node_modules` of the file's folder and of those above it (nodejs.org/api/modules.html, "Loading from node_modules folders"). */
function outsideOf(path: string, script: string, folder: string): string | undefined {
  const at = `/${path}`.indexOf(`/${MODULES}/`)
  if (at < 0) return undefined
  const holder = path.slice(0, Math.max(0, at - 1))
  const own = script.slice(0, Math.max(0, script.lastIndexOf('/')))
  const isAbove = holder === '' || own === holder || own.startsWith(`${holder}/`)
  const isBeside = [folder, own].some((one) => one !== '' && path.startsWith(`${one}/`))
  return isAbove || isBeside ? undefined : `${script} does not look for packages in ${holder}/${MODULES}`
}

class ModuleGraph {
  /** In the order in which they were found: the script first. */
  readonly files = new Map<string, readonly string[]>()
  open: string | undefined
  readonly #tree: Pick<MergedTree, 'resolve'>
  readonly #files: EntryFiles
  #depth: number | undefined

  constructor(tree: Pick<MergedTree, 'resolve'>, files: EntryFiles) {
    this.#tree = tree
    this.#files = files
  }

  async follow(start: readonly Wanted[]): Promise<void> {
    let wanted = start
    for (let round = 0; wanted.length > 0; round++) {
      if (round >= MOST_ROUNDS || this.files.size > MOST_FILES) {
        this.open ??= 'it has more files than are followed'
        return
      }
      wanted = await this.#round(wanted)
    }
  }

  /** Finds these and reads what is the program's own; gives what that names. */
  async #round(wanted: readonly Wanted[]): Promise<readonly Wanted[]> {
    const manifests = new Map<string, Wanted>()
    const own: string[] = []
    for (const one of wanted) {
      const found = this.#find(one)
      if (found === undefined || this.files.has(found)) continue
      this.files.set(found, [...one.way, found])
      this.#depth ??= depthOf(found)
      if (found.endsWith('/package.json') && !IS_PATH.test(one.name)) continue
      if (found.endsWith('package.json')) manifests.set(found, one)
      if (depthOf(found) <= this.#depth) own.push(found)
    }
    const said = await this.#files.all(own)
    const next: Wanted[] = []
    for (const path of own) {
      const file = said.get(path)
      const from = folderOf(path)
      const way = this.files.get(path) ?? []
      if (file?.kind === 'manifest' && manifests.has(path))
        next.push({ name: `./${file.main ?? 'index.js'}`, from, way })
      else if (file?.kind === 'javascript') {
        if (file.imports.dynamic) this.open ??= `${path} loads or starts what is only computed when it runs`
        for (const name of file.imports.names) next.push({ name, from, way })
      } else if (/\.[cm]?[jt]sx?$/.test(path) || file === undefined) this.open ??= `${path} could not be read`
    }
    return next
  }

  /** The file of a relative name, the manifest of a folder, or the manifest of a package. */
  #find({ name, from }: Wanted): string | undefined {
    if (IS_PATH.test(name)) {
      const path = normalised(name, from)
      const endings = [
        '',
        '.js',
        '.mjs',
        '.cjs',
        '.ts',
        '.json',
        '/package.json',
        '/index.js',
        '/index.mjs',
        '/index.cjs',
      ]
      for (const ending of endings) {
        // A folder is none of these: the file in it is.
        const real =
          ending === '' && !/\.\w{1,5}$/.test(path) && this.#isFolder(path)
            ? undefined
            : this.#tree.resolve(path + ending)
        if (real !== undefined) return real
      }
      return undefined
    }
    const [, bare] = /^(@[^/\s]{1,214}\/[^/\s]{1,214}|[^@#./:\s][^/:\s]{0,213})(?:\/|$)/.exec(name) ?? []
    if (bare === undefined) return undefined
    for (let at: string | undefined = from; at !== undefined; at = at === '' ? undefined : folderOf(at)) {
      const real = this.#tree.resolve(`${at === '' ? '' : `${at}/`}${MODULES}/${bare}/package.json`)
      if (real !== undefined) return real
    }
    return undefined
  }

  #isFolder(path: string): boolean {
    return ['package.json', 'index.js', 'index.mjs', 'index.cjs'].some(
      (name) => this.#tree.resolve(`${path}/${name}`) !== undefined,
    )
  }
}

function folderOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')))
}

/** How many packages deep a file lies. */
function depthOf(path: string): number {
  return path.split('/').filter((part) => part === MODULES).length
}
