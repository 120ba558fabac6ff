/** The last thing that a shell script or `-c` text does, as far as that is plain. */
export interface ShellFacts {
  /** Words of its last command; `"$@"` stands for the script's own arguments. Undefined where it is not plain what is run last. */
  readonly last?: readonly string[]
  /** It runs other programs before. */
  readonly runsOthers: boolean
}

/** The word for the script's own arguments. */
export const ARGUMENTS = '"$@"'

const MAX_LINES = 20_000
const MAX_WORDS = 1000

/** Commands of the shell itself, which start no program: those that entry scripts prepare their arguments with. */
const BUILT_IN =
  /^(?:set|shift|export|unset|if|elif|then|else|fi|case|esac|for|while|until|do|done|in|function|local|readonly|declare|return|echo|printf|:|true|false|test|\[|\[\[|umask|ulimit|trap|exit|cd|read|\{|\}|!|;;|\)|\w+\(\)|[\w*|"' -]+\))$/
/** A value that is set: `NAME=value`. */
const ASSIGNMENT = /^[A-Za-z_]\w{0,200}=/

/** What the text runs at its end (POSIX shell command language, simple commands only). `env` are variables that are known. */
export function shellFacts(text: string, env: ReadonlyMap<string, string> = new Map()): ShellFacts {
  const lines = joinedLines(text)
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'))
  if (lines.length === 0 || lines.length > MAX_LINES) return { runsOthers: true }
  const commands = lines.flatMap(commandsOf)
  const last = commands.at(-1) ?? ''
  const words = wordsOf(last, env)
  const runsOthers = commands.slice(0, -1).some((command) => !isBuiltIn(command))
  if (words === undefined) return { runsOthers: true }
  const from = words.findIndex((word) => !ASSIGNMENT.test(word))
  const run = from < 0 ? [] : words.slice(words[from] === 'exec' ? from + 1 : from)
  if (run.length === 0 || BUILT_IN.test(run[0] as string)) return { runsOthers: true }
  return { last: run, runsOthers }
}

/** The commands of a line, one after the other: what `&&` and `;` divide outside quotes. */
function commandsOf(line: string): readonly string[] {
  const commands: string[] = []
  let from = 0
  let quote = ''
  for (let i = 0; i < line.length; i++) {
    const char = line[i] as string
    if (char === '\\') i++
    else if (quote !== '') quote = char === quote ? '' : quote
    else if (char === '"' || char === "'") quote = char
    else if ((char === '&' && line[i + 1] === '&') || (char === ';' && line[i + 1] !== ';' && line[i - 1] !== ';')) {
      commands.push(line.slice(from, i).trim())
      if (char === '&') i++
      from = i + 1
    }
  }
  return [...commands, line.slice(from).trim()].filter((command) => command !== '')
}

function joinedLines(text: string): readonly string[] {
  return text
    .replaceAll('\\\r\n', ' ')
    .replaceAll('\\\n', ' ')
    .split(/\r?\n/, MAX_LINES + 1)
}

/** Whether a command stays inside the shell: nothing is started, by itself or in what is put in its place. */
function isBuiltIn(command: string): boolean {
  if (command.includes('$(') || command.includes('`')) return /^[^`]*\$\(command -v [^()`]*\)[^(`]*$/.test(command)
  const words = command.split(/\s+/, 4)
  let at = 0
  // What follows these is a command of its own.
  while (/^(?:if|elif|while|until|then|else|do|!)$/.test(words[at] ?? '')) at++
  const first = words[at] ?? ''
  return first === '' || BUILT_IN.test(first) || ASSIGNMENT.test(first) || first === 'exec'
}

/**
 * The words of a plain command. Undefined where the shell would do more than split it: pipes, substitutions, variables that are not
 * known, patterns.
 */
function wordsOf(command: string, env: ReadonlyMap<string, string> = new Map()): readonly string[] | undefined {
  const words: string[] = []
  let word: string | undefined
  let quote = ''
  for (let i = 0; i < command.length; i++) {
    const char = command[i] as string
    if (char === '$' && quote !== "'") {
      const name = /^\$(?:(@|\*)|\{@\}|\{([A-Za-z_]\w{0,200})\}|([A-Za-z_]\w{0,200}))/.exec(command.slice(i, i + 220))
      if (name === null) return undefined
      const variable = name[2] ?? name[3]
      const value = variable === undefined ? ARGUMENTS : env.get(variable)
      if (value === undefined || (quote === '' && /\s/.test(value))) return undefined
      word = (word ?? '') + value
      i += name[0].length - 1
    } else if (quote !== '') {
      if (char === quote) quote = ''
      else if (char === '\\' && quote === '"' && i + 1 < command.length) word += command[++i] as string
      else word += char
    } else if (char === '"' || char === "'") {
      quote = char
      word ??= ''
    } else if (/\s/.test(char)) {
      if (word !== undefined && words.push(word) > MAX_WORDS) return undefined
      word = undefined
    } else if (char === '#' && word === undefined) break
    else if ('|&;<>()`*?[]~'.includes(char)) return undefined
    else word = (word ?? '') + (char === '\\' ? (command[++i] ?? '') : char)
  }
  if (quote !== '') return undefined
  return word === undefined ? words : [...words, word]
}
