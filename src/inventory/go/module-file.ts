import type { FileBytes, ReadResult } from '../../reading/index.ts'
import { decodeText, linesOf } from '../documents/text.ts'

/** What go.mod or go.work asks for, with replacements carried out. */
export interface GoModule {
  readonly kind: 'module'
  readonly path?: string
  /** The `go` line: `1.17`. */
  readonly go?: string
  /** The `toolchain` line: `go1.22.3`. */
  readonly toolchain?: string
  readonly requires: readonly GoRequirement[]
}

/** One module that is asked for. */
export interface GoRequirement {
  readonly path: string
  readonly version: string
  readonly indirect: boolean
  readonly line: number
  /** Its code lies in a folder of the project: the version is not that of the code. */
  readonly local?: boolean
}

interface Replacement {
  readonly path: string
  readonly version?: string
}

const MAX_REQUIREMENTS = 100_000

/** Reads go.mod and go.work (go.dev/ref/mod#go-mod-file-grammar). Lines that are none of theirs are diagnostics. */
export function readGoModule(file: FileBytes): ReadResult<GoModule> {
  const requires: GoRequirement[] = []
  const replacements = new Map<string, Replacement>()
  const excluded = new Set<string>()
  const single = new Map<string, string>()
  let broken: number | undefined
  let block: string | undefined
  for (const [index, text] of linesOf(decodeText(file.bytes)).entries()) {
    const [code = '', comment = ''] = splitComment(text)
    const words = code
      .split(/[ \t]+/)
      .filter((word) => word !== '')
      .map(unquoted)
    if (words.length === 0) continue
    if (block !== undefined && words[0] === ')') {
      block = undefined
      continue
    }
    const verb = block ?? words.shift() ?? ''
    if (block === undefined && words[0] === '(') {
      block = verb
      continue
    }
    const [first = '', second = ''] = words
    if (verb === 'require' && words.length === 2 && requires.length < MAX_REQUIREMENTS)
      requires.push({ path: first, version: second, indirect: /^\s*indirect\b/.test(comment), line: index + 1 })
    else if (verb === 'replace' && words.includes('=>')) addReplacement(words, replacements)
    else if (verb === 'exclude') excluded.add(`${first}@${second}`)
    else if (verb === 'module' || verb === 'go' || verb === 'toolchain') single.set(verb, first)
    else if (verb === 'require' || verb === 'replace' || !/^[a-z]+$/.test(verb)) broken ??= index + 1
  }
  const [path, go, toolchain] = ['module', 'go', 'toolchain'].map((verb) => single.get(verb))
  const kept = requires.filter((one) => !excluded.has(`${one.path}@${one.version}`))
  const fact: GoModule = {
    kind: 'module',
    ...(path && { path }),
    ...(go && { go }),
    ...(toolchain && { toolchain }),
    requires: kept.map((one) => replaced(one, replacements)),
  }
  const message = `line ${broken} is not one of a Go module file`
  const problem = { code: 'go-mod-broken', message, path: file.path, effect: 'partial' as const }
  return { facts: [fact], diagnostics: broken === undefined && block === undefined ? [] : [problem] }
}

function splitComment(line: string): [string, string] {
  const at = line.indexOf('//')
  return at < 0 ? [line, ''] : [line.slice(0, at), line.slice(at + 2)]
}

function unquoted(word: string): string {
  return /^(["`]).*\1$/.test(word) ? word.slice(1, -1) : word
}

/** `old [version] => new [version]`. */
function addReplacement(words: readonly string[], replacements: Map<string, Replacement>): void {
  const arrow = words.indexOf('=>')
  const [old = '', oldVersion = ''] = words.slice(0, arrow)
  const [path = '', version] = words.slice(arrow + 1)
  if (old !== '' && path !== '') replacements.set(`${old}@${oldVersion}`, { path, ...(version && { version }) })
}

/** One version's replacement comes before that of all versions. */
function replaced(one: GoRequirement, replacements: ReadonlyMap<string, Replacement>): GoRequirement {
  const other = replacements.get(`${one.path}@${one.version}`) ?? replacements.get(`${one.path}@`)
  if (other === undefined) return one
  return other.version === undefined ? { ...one, local: true } : { ...one, path: other.path, version: other.version }
}
