import type { FileBytes, ReadResult } from '../../reading/index.ts'
import { decodeText, linesOf } from '../documents/text.ts'
import { RecordProblems } from '../record-problems.ts'
import { recordedDigestText } from '../recorded-digest.ts'
import { refuseIdentity } from '../recorded-text.ts'
import { type AskedDistribution, type Include, isDevelopmentName } from './facts.ts'
import { nameAtStart, parseRequirement } from './requirement.ts'

const MAX_LINES = 200_000
/** With the hashes of all archives of one version, of which large packages have a hundred. */
const MAX_LINE = 64 * 1024

interface LogicalLine {
  readonly text: string
  readonly lines: [number, number]
  /** Comments on it and below it, up to the next line that says something. */
  readonly comments: string[]
}

/**
 * The requirements of a file for pip (https://pip.pypa.io/en/stable/reference/requirements-file-format/): those with `==` as pinned, those
 * with a range at the lowest version that it allows, those without any for the constraints that may pin them, and which other lists
 * it refers to. Addresses and folders have no version, but for those of wheels.
 */
export function readRequirements(file: FileBytes): ReadResult<AskedDistribution | Include> {
  const problems = new RecordProblems('python-requirements-broken', file.path)
  const development = isDevelopmentName(file.path)
  const facts = logicalLines(decodeText(file.bytes)).flatMap((line): (AskedDistribution | Include)[] => {
    if (line.text.startsWith('-')) return includesOf(line)
    const fact = requirementOf(line, problems)
    if (fact === undefined) return []
    return [development ? { ...fact, scope: 'development' } : fact]
  })
  return { facts, diagnostics: problems.diagnostics() }
}

/** Lines with those that a backslash continues, where they stand, and their comments. */
function logicalLines(text: string): LogicalLine[] {
  const found: LogicalLine[] = []
  let open: string[] = []
  let first = 0
  for (const [index, line] of linesOf(text).slice(0, MAX_LINES).entries()) {
    if (open.length === 0) first = index + 1
    const at = commentAt(line)
    const plain = line.slice(0, at)
    if (plain.endsWith('\\')) {
      open.push(plain.slice(0, -1))
      continue
    }
    const whole = [...open, plain].join('').trim()
    open = []
    if (whole !== '') found.push({ text: whole, lines: [first, index + 1], comments: [] })
    if (at < line.length)
      found.at(-1)?.comments.push(
        line
          .slice(at + 1)
          .trim()
          .replace(/^#+/, '')
          .trim(),
      )
  }
  const rest = open.join('').trim()
  if (rest !== '') found.push({ text: rest, lines: [first, first], comments: [] })
  return found
}

/** Where the comment of a line begins, its end where there is none: it takes a whole line, or follows a space. */
function commentAt(line: string): number {
  const at = line.startsWith('#') ? 0 : line.search(/\s#/)
  return at < 0 ? line.length : at
}

/** Another list that this one takes in (`-r`) or whose versions hold for it (`-c`). */
function includesOf({ text, lines }: LogicalLine): Include[] {
  const option = ['--requirement', '--constraint', '-r', '-c'].find((one) => text.startsWith(one))
  if (option === undefined || text.length > MAX_LINE) return []
  const rest = text.slice(option.length)
  // A long option of another name goes on: `--require-hashes`.
  if (option.startsWith('--') && !/^[\s=]/.test(rest)) return []
  const path = rest.replace(/^=/, '').trim()
  if (path === '' || path.length > 4096) return []
  return [{ kind: 'include', path, constrains: option === '-c' || option === '--constraint', line: lines[0] }]
}

function requirementOf(line: LogicalLine, problems: RecordProblems): AskedDistribution | undefined {
  const { text, lines } = line
  if (text.length > MAX_LINE) {
    problems.add(`line ${lines[0]} has ${text.length} characters, more than any requirement`)
    return undefined
  }
  const options = text.search(/\s--?[a-zA-Z]/)
  const requirement = parseRequirement(options < 0 ? text : text.slice(0, options))
  if (requirement === undefined) return undefined
  const { name, version, ranged } = requirement
  const refused = refuseIdentity(name, version ?? 'any')
  if (refused !== undefined) {
    problems.add(`line ${lines[0]}: a requirement ${refused}`)
    return undefined
  }
  const hashes = [...text.matchAll(/--hash[= ](\S+)/g)].flatMap(([, hash]) => recordedDigestText(hash) ?? [])
  const via = viaOf(line.comments)
  return {
    kind: 'asked',
    by: 'list',
    name,
    ...(version && { version }),
    ranged,
    hashes: [...new Set(hashes)],
    lines,
    ...(via.length > 0 && { via }),
  }
}

/**
 * Who asks for a requirement, as pip-compile and uv write below it (https://pip-tools.readthedocs.io/en/stable/): `via flask`, or `via` with
 * one needer on each line that follows. `-r requirements.in` and `app (pyproject.toml)` are the project itself; constraints ask for nothing.
 */
function viaOf(comments: readonly string[]): (string | undefined)[] {
  const start = comments.findIndex((comment) => comment === 'via' || comment.startsWith('via '))
  if (start < 0) return []
  const listed = [comments[start].slice(3).trim(), ...comments.slice(start + 1, start + 1000)]
  return listed
    .flatMap((comment) => comment.slice(0, MAX_LINE).split(','))
    .map((text) => text.trim())
    .filter((text) => text !== '' && !text.startsWith('-c'))
    .flatMap((text) => {
      if (text.startsWith('-r') || text.endsWith(')')) return [undefined]
      const name = nameAtStart(text)
      return name === text ? [name] : []
    })
}
