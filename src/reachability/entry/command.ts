/** What an image is started with (OCI image-spec, config.md). */
export interface StartedWith {
  readonly entrypoint: readonly string[]
  readonly command: readonly string[]
  readonly env: readonly string[]
  readonly workingDir?: string
}

/** A command in its surroundings. */
export interface Command {
  readonly words: readonly string[]
  readonly env: ReadonlyMap<string, string>
  /** Without a leading slash. */
  readonly folder: string
}

const MAX_WORDS = 10_000
/** The default of Docker and of login shells, where the image says none. */
const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

/** ENTRYPOINT and CMD as one command. */
export function commandOf({ entrypoint, command, env, workingDir }: StartedWith): Command {
  const variables = new Map<string, string>()
  for (const line of env) {
    const equals = line.indexOf('=')
    if (equals > 0) variables.set(line.slice(0, equals), line.slice(equals + 1))
  }
  const words = [...entrypoint, ...command].slice(0, MAX_WORDS)
  return { words, env: variables, folder: normalised(workingDir ?? '', '') }
}

/** A path of the running container as the image has it: without a leading slash, `.` and `..` gone; relative ones from `folder`. */
export function normalised(path: string, folder: string): string {
  const parts: string[] = []
  for (const part of `${path.startsWith('/') ? '' : `${folder}/`}${path}`.split('/')) {
    if (part === '..') parts.pop()
    else if (part !== '' && part !== '.') parts.push(part)
  }
  return parts.join('/')
}

/** Where a program of that name may lie, in the order in which it is looked for (execvp(3)). */
export function programPaths(name: string, { env, folder }: Omit<Command, 'words'>): readonly string[] {
  if (name.includes('/')) return [normalised(name, folder)]
  const folders = (env.get('PATH') ?? PATH).split(':').slice(0, 200)
  return folders.map((one) => normalised(`${one === '' ? '.' : one}/${name}`, folder))
}

/**
 * The command that a program only passes on to, as what it starts as the first process: `tini -- nginx`. Undefined for programs that
 * are none of these.
 */
export function passedOn(program: string, words: readonly string[]): readonly string[] | undefined {
  const options = WRAPPERS.get(program)
  if (options === undefined) return undefined
  let at = 0
  while (at < words.length) {
    const word = words[at] as string
    if (word === '--') return words.slice(at + 1)
    if (program === 'env' && /^\w+=/.test(word)) at++
    else if (!word.startsWith('-')) break
    else at += options.withValue.includes(word) ? 2 : 1
  }
  return words.slice(at + options.operands)
}

interface Wrapper {
  /** Options whose value is the next word. */
  readonly withValue: readonly string[]
  /** Words before the command that are not options. */
  readonly operands: number
}

const WRAPPERS: ReadonlyMap<string, Wrapper> = new Map([
  ['tini', { withValue: ['-p', '-e'], operands: 0 }],
  ['tini-static', { withValue: ['-p', '-e'], operands: 0 }],
  ['docker-init', { withValue: ['-p', '-e'], operands: 0 }],
  ['dumb-init', { withValue: ['-r', '--rewrite'], operands: 0 }],
  ['catatonit', { withValue: [], operands: 0 }],
  ['env', { withValue: ['-u', '--unset', '-C', '--chdir'], operands: 0 }],
  ['nice', { withValue: ['-n'], operands: 0 }],
  ['stdbuf', { withValue: ['-i', '-o', '-e'], operands: 0 }],
  ['gosu', { withValue: [], operands: 1 }],
  ['su-exec', { withValue: [], operands: 1 }],
])
