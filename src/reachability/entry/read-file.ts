import type { FileBytes, ReadResult } from '../../reading/index.ts'
import { importsOf, type ScriptImports } from '../node/imports.ts'
import { type PythonImports, pythonImportsOf } from '../python/imports.ts'
import { type ShellFacts, shellFacts } from './shell.ts'

/** What a file on the way from the entry point says of the next one. */
export type EntryFile =
  | { readonly kind: 'shell'; readonly interpreter?: readonly string[]; readonly shell: ShellFacts }
  | { readonly kind: 'javascript'; readonly interpreter?: readonly string[]; readonly imports: ScriptImports }
  | { readonly kind: 'python'; readonly interpreter?: readonly string[]; readonly imports: PythonImports }
  | { readonly kind: 'manifest'; readonly main?: string; readonly start?: string }
  | { readonly kind: 'names'; readonly names: readonly string[] }
  | { readonly kind: 'other'; readonly interpreter?: readonly string[] }

const MAX_NAMES = 5000

/** What the file says, by its name and its first line; of anything else `other`. */
export function readEntryFile({ path, bytes }: FileBytes): ReadResult<EntryFile> {
  return { facts: [factOf(path, Buffer.from(bytes).toString('utf8'))], diagnostics: [] }
}

function factOf(path: string, text: string): EntryFile {
  const name = path.slice(path.lastIndexOf('/') + 1)
  if (name === 'package.json') return manifestOf(text)
  if (name === 'RECORD') return { kind: 'names', names: recordedNames(text) }
  const interpreter = shebangOf(text)
  const with_ = interpreter === undefined ? {} : { interpreter }
  const program = interpreterName(interpreter)
  if (isShell(program) || (program === '' && name.endsWith('.sh')))
    return { kind: 'shell', ...with_, shell: shellFacts(text) }
  if (/^python[\d.]*$/.test(program) || (program === '' && /\.pyw?$/.test(name)))
    return { kind: 'python', ...with_, imports: pythonImportsOf(text) }
  if (/^(?:node|nodejs|bun|deno)$/.test(program) || (program === '' && /\.(?:[cm]?[jt]sx?)$/.test(name)))
    return { kind: 'javascript', ...with_, imports: importsOf(text) }
  return { kind: 'other', ...with_ }
}

/** Whether a program of that name is a shell. */
export function isShell(name: string): boolean {
  return /^(?:sh|bash|dash|ash|ksh|zsh)$/.test(name)
}

/** The program that a shebang names, `env` passed over. */
function interpreterName(words: readonly string[] | undefined): string {
  const named = words?.find((word, i) => !(i === 0 && word.endsWith('/env')) && !word.startsWith('-')) ?? ''
  return named.slice(named.lastIndexOf('/') + 1)
}

/** The words of the first line after `#!` (execve(2), "Interpreter scripts"). */
function shebangOf(text: string): readonly string[] | undefined {
  if (!text.startsWith('#!')) return undefined
  const line = text.slice(2, 258).split('\n', 1)[0] ?? ''
  const words = line.trim().split(/\s+/)
  return words[0] === '' ? undefined : words
}

function manifestOf(text: string): EntryFile {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return { kind: 'other' }
  }
  const main = memberText(value, 'main')
  const start = memberText(member(value, 'scripts'), 'start')
  return { kind: 'manifest', ...(main !== undefined && { main }), ...(start !== undefined && { start }) }
}

function member(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, name)
    ? (value as Readonly<Record<string, unknown>>)[name]
    : undefined
}

function memberText(value: unknown, name: string): string | undefined {
  const text = member(value, name)
  return typeof text === 'string' && text.length < 4096 ? text : undefined
}

/** Modules at the top of what a wheel installed (packaging.python.org, "Recording installed projects"): first segments of its paths. */
function recordedNames(text: string): readonly string[] {
  const names = new Set<string>()
  for (const line of text.split('\n')) {
    const [, name] = /^"?([A-Za-z_]\w{0,200})(?:\/|(?:\.[\w-]{1,100})?\.(?:py|so)[",])/.exec(line) ?? []
    if (name !== undefined) names.add(name)
    if (names.size >= MAX_NAMES) break
  }
  return [...names]
}
