import type { FileBytes, ReadResult } from '../../reading/index.ts'
import { decodeText, linesOf } from '../documents/text.ts'
import { RecordProblems } from '../record-problems.ts'
import { refuseIdentity } from '../recorded-text.ts'
import { digestOf, type LockedDistribution } from './locked.ts'

const MAX_LINES = 200_000

/**
 * The requirements of a file for pip (https://pip.pypa.io/en/stable/reference/requirements-file-format/): those with `==` as pinned, those
 * with a range at the lowest version that it allows. Includes and constraints are files of their own; addresses and folders have no version.
 */
export function readRequirements(file: FileBytes): ReadResult<LockedDistribution> {
  const problems = new RecordProblems('python-requirements-broken', file.path)
  const facts: LockedDistribution[] = []
  const development = /(?:^|[._/-])(?:dev|develop|development|test|tests|testing|lint|docs?)(?=[._/-])/i.test(file.path)
  for (const { text, lines } of logicalLines(decodeText(file.bytes))) {
    const fact = requirementOf(text, lines, problems)
    if (fact !== undefined) facts.push(development ? { ...fact, scope: 'development' } : fact)
  }
  return { facts, diagnostics: problems.diagnostics() }
}

/** Lines with those that a backslash continues, without comments, and where they stand. */
function* logicalLines(text: string): Generator<{ text: string; lines: [number, number] }, void, undefined> {
  let open = ''
  let first = 0
  for (const [index, line] of linesOf(text).slice(0, MAX_LINES).entries()) {
    if (open === '') first = index + 1
    // A comment takes a whole line, or follows a space.
    const plain = line.replace(/(?:^|\s)#.*$/, '')
    if (plain.endsWith('\\')) {
      open += plain.slice(0, -1)
      continue
    }
    const whole = (open + plain).trim()
    open = ''
    if (whole !== '') yield { text: whole, lines: [first, index + 1] }
  }
  if (open.trim() !== '') yield { text: open.trim(), lines: [first, first] }
}

function requirementOf(
  text: string,
  lines: readonly [number, number],
  problems: RecordProblems,
): LockedDistribution | undefined {
  if (text.startsWith('-') || text.length > 8192) return undefined
  const options = text.search(/\s--?[a-zA-Z]/)
  const stated = (options < 0 ? text : text.slice(0, options)).split(';')[0] ?? ''
  const [, name = '', range = ''] =
    /^([A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)\s*(?:\[[^\]]*\])?\s*\(?([^)@]*)\)?\s*$/.exec(stated) ?? []
  if (name === '') return undefined
  const parts = range.split(',').map((part) => /^\s*(===|==|~=|>=|<=|!=|>|<)\s*(\S.*?)?\s*$/.exec(part))
  const exact = parts.find((part) => part?.[1] === '==' || part?.[1] === '===')?.[2]
  const isExact = exact !== undefined && !exact.includes('*')
  const least = exact?.replace(/\.?\*.*$/, '') || parts.find((part) => part?.[1] === '>=' || part?.[1] === '~=')?.[2]
  const version = isExact ? exact : least
  if (version === undefined || version === '') return undefined
  const refused = refuseIdentity(name, version)
  if (refused !== undefined) {
    problems.add(`line ${lines[0]}: a requirement ${refused}`)
    return undefined
  }
  const hashes = [...text.matchAll(/--hash[= ](\S+)/g)].flatMap(([, hash]) => digestOf(hash ?? '') ?? [])
  return { name, version, hashes: [...new Set(hashes)], ...(isExact ? {} : { ranged: true }), lines, needs: [] }
}
