import type { MergedTree } from '../../reading/index.ts'
import { type Command, normalised, passedOn, programPaths } from './command.ts'
import { type EntryFile, isShell } from './read-file.ts'
import { ARGUMENTS, type ShellFacts, shellFacts } from './shell.ts'

/** Programs and scripts that the entry point goes through one after the other: more are a circle. */
const MOST_STEPS = 16

/** What the entry point comes to. */
export interface Followed {
  /** Real paths of what is started, wrappers and scripts included, each with the way to it. */
  readonly started: ReadonlyMap<string, readonly string[]>
  /** The program that is left running, with its arguments; undefined where that is not plain. */
  readonly last?: Command & { readonly program: string; readonly real: string; readonly way: readonly string[] }
  /** Why other programs may be started, too; undefined when that is all. */
  readonly open?: string
}

/** What following needs of the image. */
export interface Files {
  readonly tree: Pick<MergedTree, 'resolve'>
  /** Whether the file at this real path is a program of machine code. */
  readonly isProgram: (real: string) => boolean
  /** What the file at this real path says; undefined where it cannot be had. */
  readonly read: (real: string) => Promise<EntryFile | undefined>
}

/** Follows a command to the program that is left running: through wrappers, shell scripts that end in `exec`, and shebangs. */
export async function followCommand(command: Command, files: Files): Promise<Followed> {
  const started = new Map<string, readonly string[]>()
  let now = command
  let way: readonly string[] = []
  let open: string | undefined
  for (let step = 0; step < MOST_STEPS; step++) {
    const [program, ...rest] = now.words
    if (program === undefined) return { started, open: 'it names no command' }
    const path = programPaths(program, now).find((one) => files.tree.resolve(one) !== undefined)
    const real = path === undefined ? undefined : files.tree.resolve(path)
    if (path === undefined || real === undefined) return { started, open: `${program} is not in the image` }
    way = [...way, real]
    started.set(real, way)
    const name = path.slice(path.lastIndexOf('/') + 1)
    const next = await nextOf({ ...now, words: rest }, { name, path, real }, files)
    if (next.open !== undefined) open ??= next.open
    if (next.words === undefined)
      return { started, last: { ...now, words: rest, program: path, real, way }, ...(open !== undefined && { open }) }
    if (next.words === 'unknown') return { started, open: open ?? `what ${real} starts is not plain` }
    if (next.script !== undefined && !started.has(next.script)) {
      way = [...way, next.script]
      started.set(next.script, way)
    }
    now = { ...now, words: next.words }
  }
  return { started, open: 'it goes through too many programs' }
}

interface Next {
  /** The command that takes its place; undefined when this is the last. */
  readonly words?: readonly string[] | 'unknown'
  /** A script that was gone through on the way. */
  readonly script?: string
  readonly open?: string
}

async function nextOf(
  args: Command,
  { name, path, real }: { readonly name: string; readonly path: string; readonly real: string },
  files: Files,
): Promise<Next> {
  const passed = passedOn(name, args.words)
  if (passed !== undefined) return { words: passed }
  if (isShell(name)) return await shellNext(args, files)
  if (NPM.has(name)) return await npmNext(args, files)
  if (files.isProgram(real)) return {}
  const file = await files.read(real)
  if (file === undefined) return { words: 'unknown', open: `${real} could not be read` }
  const interpreter = 'interpreter' in file ? file.interpreter : undefined
  // Without a first line that says so, the shell that started it runs it (execvp(3)).
  if (interpreter === undefined)
    return file.kind === 'shell' ? ofScript(file.shell, args.words, real) : { words: 'unknown' }
  return { words: [...interpreter, `/${path}`, ...args.words] }
}

/** `sh -c TEXT` and `sh SCRIPT`. */
async function shellNext({ words, env, folder }: Command, files: Files): Promise<Next> {
  let at = 0
  let isText = false
  while (words[at]?.startsWith('-')) {
    const option = words[at++] as string
    if (option === '--') break
    if (/^-[a-z]*c$/.test(option)) isText = true
  }
  const first = words[at]
  if (first === undefined) return {}
  if (isText) return ofScript(shellFacts(first, env), words.slice(at + 2), 'the command')
  const real = files.tree.resolve(normalised(first, folder))
  const file = real === undefined ? undefined : await files.read(real)
  if (real === undefined || file?.kind !== 'shell') return { words: 'unknown' }
  return { ...ofScript(file.shell, words.slice(at + 1), real), script: real }
}

function ofScript(shell: ShellFacts, args: readonly string[], name: string): Next {
  const open = shell.runsOthers ? { open: `${name} starts other programs` } : {}
  const words = shell.last?.flatMap((word) => (word === ARGUMENTS ? args : [word]))
  if (words === undefined || words.length === 0 || words.some((word) => word.includes(ARGUMENTS)))
    return { words: 'unknown', ...open }
  return { words, ...open }
}

const NPM: ReadonlySet<string> = new Set(['npm', 'yarn', 'pnpm'])

/** `npm start`: what the package.json of the working directory calls so. The package manager is loaded as well, and waits. */
async function npmNext({ words, env, folder }: Command, files: Files): Promise<Next> {
  const task = words[0] === 'run' || words[0] === 'run-script' ? words[1] : words[0]
  const real =
    task === 'start' ? files.tree.resolve(folder === '' ? 'package.json' : `${folder}/package.json`) : undefined
  const file = real === undefined ? undefined : await files.read(real)
  const open = 'a package manager runs it'
  if (file?.kind !== 'manifest' || file.start === undefined) return { words: 'unknown', open }
  return { ...ofScript(shellFacts(file.start, env), words.slice(task === words[0] ? 1 : 2), real ?? ''), open }
}
