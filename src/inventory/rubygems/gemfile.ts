import type { FileBytes, ReadResult } from '../../reading/index.ts'
import { decodeText, linesOf } from '../documents/text.ts'
import type { Gemfile } from './assemble.ts'

const MAX_LINE = 4096
const MAX_GEMS = 20_000
const MAX_DEPTH = 200
/** Groups that a program does not run with (https://bundler.io/guides/groups.html). */
const DEVELOPMENT: ReadonlySet<string> = new Set(['development', 'test'])

/**
 * Which gems a `Gemfile` or `gems.rb` asks for, for running and only for developing or testing (https://bundler.io/man/gemfile.5.html): by the `group`
 * blocks around them and their own option. It is a program: only literal names and groups are read, one statement a line.
 */
export function readGemfile(file: FileBytes): ReadResult<Gemfile> {
  const text = decodeText(file.bytes)
  if (text.includes('\0')) {
    const diagnostic = { code: 'gemfile-unreadable', message: 'the Gemfile is no text', path: file.path } as const
    return { facts: [], diagnostics: [{ ...diagnostic, effect: 'partial' }] }
  }
  const runtime = new Set<string>()
  const development = new Set<string>()
  let isWhole = true
  /** For each open block the groups that it names, none for others. */
  const open: (readonly string[])[] = []
  for (const whole of linesOf(text)) {
    const line = whole.slice(0, MAX_LINE).trim()
    if (line.startsWith('#')) continue
    if (/^(?:gemspec|eval_gemfile|instance_eval)\b/.test(line)) isWhole = false
    const [, name, options = ''] = /^gem[\s(]{1,20}["']([^"']{1,512})["'](.*)$/.exec(line) ?? []
    if (name !== undefined && runtime.size + development.size < MAX_GEMS) {
      const groups = [...open.flat(), ...ownGroups(options)]
      const isDevelopment = groups.length > 0 && groups.every((group) => DEVELOPMENT.has(group))
      ;(isDevelopment ? development : runtime).add(name)
    }
    if (opensBlock(line) && open.length < MAX_DEPTH) open.push(/^group\b/.test(line) ? symbolsIn(line) : [])
    else if (/^end\b/.test(line)) open.pop()
  }
  const only = [...development].filter((name) => !runtime.has(name))
  return { facts: [{ kind: 'gemfile', runtime: [...runtime], development: only, isWhole }], diagnostics: [] }
}

function opensBlock(line: string): boolean {
  if (/^(?:if|unless|case|begin|def|while|until)\b/.test(line)) return !/\bend$/.test(line)
  return /\bdo(?:\s{0,10}\|[^|]{0,200}\|)?(?:\s{0,10}#.*)?$/.test(line)
}

/** `group: :test`, `groups: [:test, :development]`, `:group => :test`. */
function ownGroups(options: string): readonly string[] {
  const said = /\bgroups?(?::|\s{0,10}=>)\s{0,10}(\[[^\]]*\]|:\w+|["']\w+["'])/.exec(options)?.[1]
  return said === undefined ? [] : symbolsIn(said)
}

function symbolsIn(text: string): readonly string[] {
  return [...text.matchAll(/:(\w{1,100})|["'](\w{1,100})["']/g)].map(([, symbol, word]) => symbol ?? word ?? '')
}
