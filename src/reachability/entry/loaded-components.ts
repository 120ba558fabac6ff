import type { Component } from '../../model/component.ts'
import type { Reachability } from '../../model/reachability.ts'
import type { MergedTree } from '../../reading/index.ts'
import { type Closure, closureOf } from '../elf/closure.ts'
import type { Linkage } from '../elf/linkage.ts'
import type { GoFunctions } from '../go/function-table.ts'
import { mayHold } from '../go/name-set.ts'
import { loadJava } from '../java/load.ts'
import type { LoadedCode } from '../loaded.ts'
import { loadNode } from '../node/load.ts'
import { loadPython } from '../python/load.ts'
import { commandOf, normalised, type StartedWith } from './command.ts'
import type { EntryFiles } from './files.ts'
import { type Followed, followCommand } from './follow.ts'

/** What is known of the image. */
export interface EntryContext {
  readonly startedWith: StartedWith
  readonly components: readonly Component[]
  readonly tree: MergedTree
  /** By real path. */
  readonly linkage: ReadonlyMap<string, Linkage>
  readonly goFunctions: () => ReadonlyMap<string, readonly GoFunctions[]>
  readonly files: EntryFiles
  readonly classPaths: (paths: readonly string[]) => Promise<ReadonlyMap<string, readonly string[]>>
  /** Ids of the OS packages that own these files, by path. */
  readonly owners: (paths: ReadonlySet<string>) => ReadonlyMap<string, { readonly owner: string }>
}

/**
 * Whether the image's entry point loads each installed component, by id: `yes` with the way to it; `no` only where it cannot; `unknown`
 * with what stands in the way of knowing. Empty where nothing is started, or not plain what.
 */
export async function loadedComponents(context: EntryContext): Promise<ReadonlyMap<string, Reachability>> {
  const { tree, linkage, files } = context
  const followed = await followCommand(commandOf(context.startedWith), {
    tree,
    isProgram: (real) => linkage.has(real),
    read: (real) => files.one(real),
  })
  if (followed.started.size === 0) return new Map()
  const code = await codeOf(followed, context)
  const closure = closureOf({ roots: rootsOf(followed, context), linkage, tree, libraryPath: libraryPath(context) })
  const loaded = new Map([...closure.loaded, ...followed.started, ...(code?.files ?? [])])
  const ways = waysOf(loaded, context)
  const open = followed.open ?? openOf(closure, followed, context) ?? code?.open
  const judged = new Map<string, Reachability>()
  for (const component of context.components) {
    if (component.presence !== 'installed' || component.lost !== undefined) continue
    judged.set(component.id, judge(component, { ways, followed, code, open, count: loaded.size }))
  }
  return judged
}

interface Found {
  readonly ways: ReadonlyMap<string, readonly string[]>
  readonly followed: Followed
  readonly code: LoadedCode | undefined
  readonly open: string | undefined
  readonly count: number
}

function judge(component: Component, { ways, followed, code, open, count }: Found): Reachability {
  const way = ways.get(component.id)
  if (way !== undefined) return { state: 'yes', reason: `the entry point loads it: ${shown(way)}`, path: way }
  const path = followed.last?.way ?? []
  const outside = code?.open === undefined && followed.open === undefined ? outsideOf(component, code) : undefined
  if (outside !== undefined) return { state: 'no', reason: outside, path }
  const files = count === 1 ? 'the one file' : `the ${count} files`
  // The C library loads modules for names and character sets itself.
  if (open === undefined && code === undefined && !/^(?:libnss|nss-|libc6$|glibc)/.test(component.name))
    return {
      state: 'no',
      reason: `not among ${files} that ${path.at(-1)} is made of, and it loads and starts nothing else`,
      path,
    }
  const reason = `whether the entry point loads it is not known: ${open ?? 'it is not among what is loaded first'}`
  return { state: 'unknown', reason, path }
}

function outsideOf(component: Component, code: LoadedCode | undefined): string | undefined {
  const ecosystem = component.ecosystem
  if (code?.outside === undefined || component.kind !== 'library' || component.evidence.length === 0) return undefined
  if (ecosystem !== 'npm' && ecosystem !== 'PyPI') return undefined
  const reasons = component.evidence.map(({ path }) => code.outside?.(path))
  return reasons.every((reason) => reason !== undefined) ? reasons[0] : undefined
}

function shown(way: readonly string[]): string {
  return way.length <= 4 ? way.join(' → ') : [...way.slice(0, 2), '…', ...way.slice(-2)].join(' → ')
}

/** What the program that is left running loads of its language; undefined where it is one of machine code alone. */
async function codeOf({ last }: Followed, context: EntryContext): Promise<LoadedCode | undefined> {
  if (last === undefined) return undefined
  const name = last.program.slice(last.program.lastIndexOf('/') + 1)
  const { tree, files, components } = context
  if (/^(?:node|nodejs)$/.test(name)) return await loadNode(last, tree, files)
  if (/^(?:python|pypy)[\d.]*$/.test(name)) {
    const records = evidenceOf(components, 'PyPI').filter((path) =>
      /(?:^|\/)(?:site|dist)-packages\/[^/]+\/[^/]+$/.test(path),
    )
    return await loadPython(last, { records, program: last.program, real: last.real }, tree, files)
  }
  if (name === 'java') {
    const paths = [...new Set(evidenceOf(components, 'Maven').map((path) => path.split('!/', 1)[0] as string))]
    return await loadJava(last, tree, { paths, classPaths: context.classPaths })
  }
  const other = INTERPRETERS.exec(name)?.[0]
  return other === undefined ? undefined : { files: new Map(), open: `what ${other} loads is not followed` }
}

/** Programs that load code of their own language, which is not followed. */
const INTERPRETERS =
  /^(?:perl|ruby|php|lua|guile|tclsh|Rscript|julia|erl|beam|elixir|dotnet|mono|deno|bun|sh|bash|dash|ash|busybox)/

function evidenceOf(components: readonly Component[], ecosystem: string): readonly string[] {
  return components
    .filter((one) => one.ecosystem === ecosystem)
    .flatMap(({ evidence }) => evidence.map(({ path }) => path))
}

function rootsOf(
  { started }: Followed,
  { startedWith, tree, linkage }: EntryContext,
): Parameters<typeof closureOf>[0]['roots'] {
  const preloaded = (commandOf(startedWith).env.get('LD_PRELOAD') ?? '')
    .split(/[ :]/)
    .filter((one) => one.startsWith('/'))
  const libraries = preloaded.flatMap((path) => tree.resolve(normalised(path, '')) ?? [])
  return [
    ...[...started].filter(([path]) => linkage.has(path)).map(([path, way]) => ({ path, way })),
    ...libraries.map((path) => ({ path, way: [path] })),
  ]
}

function libraryPath({ startedWith }: EntryContext): readonly string[] {
  const folders = (commandOf(startedWith).env.get('LD_LIBRARY_PATH') ?? '').split(':').slice(0, 100)
  return folders.filter((folder) => folder.startsWith('/')).map((folder) => normalised(folder, ''))
}

/** Functions of a Go program without which it starts no other program and loads no other code. */
const GO_STARTERS = ['os.StartProcess', 'syscall.forkExec', 'syscall.Exec', 'plugin.Open']

/** Why the programs that were started may load more than their libraries. */
function openOf(closure: Closure, { started, last }: Followed, context: EntryContext): string | undefined {
  if (last === undefined) return 'what is left running is not plain'
  if (closure.open !== undefined) return closure.open
  if (context.tree.resolve('etc/ld.so.preload') !== undefined) return 'etc/ld.so.preload names more libraries'
  for (const path of started.keys()) {
    const object = context.linkage.get(path)
    const functions = context.goFunctions().get(path)
    const starter = GO_STARTERS.find((name) => functions?.some(({ names }) => mayHold(names, name)))
    if (starter !== undefined) return `${path} can load or start other files (${starter})`
    // Of a program without libraries only the table of Go tells what is in it.
    if (functions === undefined && object !== undefined && object.needed.length === 0)
      return `${path} is linked statically`
  }
  return undefined
}

/** The way to each component that is loaded, by id. */
function waysOf(
  loaded: ReadonlyMap<string, readonly string[]>,
  { components, owners }: EntryContext,
): ReadonlyMap<string, readonly string[]> {
  const ways = new Map<string, readonly string[]>()
  const add = (id: string, way: readonly string[]): void => {
    const known = ways.get(id)
    if (known === undefined || way.length < known.length) ways.set(id, way)
  }
  for (const [path, { owner }] of owners(new Set(loaded.keys()))) add(owner, loaded.get(path) ?? [path])
  for (const component of components) {
    if (component.kind !== 'library' || component.lost !== undefined) continue
    for (const { path } of component.evidence) {
      const way = loaded.get(path.split('!/', 1)[0] as string)
      if (way !== undefined) add(component.id, way)
    }
  }
  return ways
}
