import type { FileBytes, ReadResult } from '../../reading/index.ts'
import { decodeText, linesOf } from '../documents/text.ts'
import { RecordProblems } from '../record-problems.ts'
import { recordedDigestText } from '../recorded-digest.ts'
import { refuseIdentity } from '../recorded-text.ts'
import type { LockedDistribution } from './locked.ts'
import { parseRequirement } from './requirement.ts'

const MAX_LINES = 200_000
/** With the hashes of all archives of one version, of which large packages have a hundred. */
const MAX_LINE = 64 * 1024

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
    const plain = withoutComment(line)
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

/** A comment takes a whole line, or follows a space. */
function withoutComment(line: string): string {
  const at = line.startsWith('#') ? 0 : line.search(/\s#/)
  return at < 0 ? line : line.slice(0, at)
}

function requirementOf(
  text: string,
  lines: readonly [number, number],
  problems: RecordProblems,
): LockedDistribution | undefined {
  if (text.startsWith('-') || text.length > MAX_LINE) return undefined
  const options = text.search(/\s--?[a-zA-Z]/)
  const requirement = parseRequirement(options < 0 ? text : text.slice(0, options))
  if (requirement?.version === undefined) return undefined
  const { name, version, ranged } = requirement
  const refused = refuseIdentity(name, version)
  if (refused !== undefined) {
    problems.add(`line ${lines[0]}: a requirement ${refused}`)
    return undefined
  }
  const hashes = [...text.matchAll(/--hash[= ](\S+)/g)].flatMap(([, hash]) => recordedDigestText(hash) ?? [])
  return { name, version, hashes: [...new Set(hashes)], ...(ranged && { ranged }), lines, needs: [] }
}
