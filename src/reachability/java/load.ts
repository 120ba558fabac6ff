import type { MergedTree } from '../../reading/index.ts'
import { type Command, normalised } from '../entry/command.ts'
import type { LoadedCode } from '../loaded.ts'

const MOST_ARCHIVES = 5000
const MOST_ROUNDS = 6

/** Options of java whose value is the next word (docs.oracle.com/en/java/javase/21/docs/specs/man/java.html). */
const WITH_VALUE: ReadonlySet<string> = new Set([
  ...['--add-modules', '--add-opens', '--add-exports', '--add-reads', '--patch-module', '--limit-modules'],
  ...['--upgrade-module-path', '-m', '--module', '--enable-native-access'],
])

/** What is known of the archives of the image. */
export interface JavaArchives {
  /** Paths of all archives with packages in them. */
  readonly paths: readonly string[]
  /** The `Class-Path` of the manifests of these archives, by real path. */
  readonly classPaths: (paths: readonly string[]) => Promise<ReadonlyMap<string, readonly string[]>>
}

/** The archives on the class path that `java` is started with: `-jar`, `-cp`, agents, `CLASSPATH`, and what their manifests name. */
export async function loadJava(
  command: Command & { readonly way: readonly string[] },
  tree: Pick<MergedTree, 'resolve'>,
  archives: JavaArchives,
): Promise<LoadedCode> {
  const files = new Map<string, readonly string[]>()
  let wanted = startOf(command).map((path) => ({ path: normalised(path, command.folder), way: command.way }))
  for (let round = 0; wanted.length > 0 && round < MOST_ROUNDS; round++) {
    const fresh: string[] = []
    for (const { path, way } of wanted.flatMap((one) => expanded(one, archives.paths))) {
      const real = tree.resolve(path)
      if (real === undefined || files.has(real) || files.size >= MOST_ARCHIVES) continue
      files.set(real, [...way, real])
      if (/\.\w{1,5}$/.test(real)) fresh.push(real)
    }
    const stated = await archives.classPaths(fresh)
    wanted = [...stated].flatMap(([archive, names]) =>
      names.flatMap((name) => {
        const path = relativePath(name)
        const folder = archive.slice(0, Math.max(0, archive.lastIndexOf('/')))
        return path === undefined ? [] : [{ path: normalised(path, folder), way: files.get(archive) ?? [] }]
      }),
    )
  }
  return { files, open: 'class loaders of the program are not followed' }
}

function startOf({ words, env }: Command): readonly string[] {
  const paths: string[] = []
  let classPath: readonly string[] | undefined
  for (let at = 0; at < words.length; at++) {
    const word = words[at] as string
    if (word === '-jar') return [...paths, words[at + 1] ?? '']
    if (/^(?:-cp|-classpath|--class-path|-p|--module-path)$/.test(word))
      classPath = [...(classPath ?? []), ...(words[++at] ?? '').split(':')]
    else if (word.startsWith('--class-path=')) classPath = word.slice('--class-path='.length).split(':')
    else if (word.startsWith('-javaagent:')) paths.push(word.slice('-javaagent:'.length).split('=', 1)[0] as string)
    else if (WITH_VALUE.has(word)) at++
    else if (!word.startsWith('-')) break
  }
  return [...paths, ...(classPath ?? (env.get('CLASSPATH') ?? '').split(':'))].filter((path) => path !== '')
}

/** `lib/*` is every archive that lies in that folder itself. */
function expanded(
  one: { readonly path: string; readonly way: readonly string[] },
  archives: readonly string[],
): readonly { readonly path: string; readonly way: readonly string[] }[] {
  if (!one.path.endsWith('*')) return [one]
  const folder = one.path.slice(0, -1)
  const inside = archives.filter((path) => path.startsWith(folder) && !path.slice(folder.length).includes('/'))
  return inside.map((path) => ({ path, way: one.way }))
}

/** A relative URL of a manifest as a path; undefined for one that leads elsewhere. */
function relativePath(name: string): string | undefined {
  try {
    const path = decodeURIComponent(name.startsWith('file:') ? name.slice('file:'.length) : name)
    return /^[a-z]+:/i.test(path) ? undefined : path
  } catch {
    return undefined
  }
}
