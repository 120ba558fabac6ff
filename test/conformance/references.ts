import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { familiarRepository, parseImageName, parseReference } from '../../src/image/name/image-name.ts'
import type { CaseOutcome, ConformanceSuite } from './suite.ts'

/** One line of `parse.jsonl`. The repository has the domain in it. */
interface ParseCase {
  readonly input: string
  readonly error: boolean
  readonly domain?: string
  readonly repository?: string
  readonly tag?: string
  readonly digest?: string
}

/** One line of `normalize.jsonl`: a repository's spellings. `ambiguous` may be empty. */
interface NormalizeCase {
  readonly familiar: string
  readonly full: string
  readonly ambiguous: string
  readonly domain: string
  readonly path: string
}

/** The project's own test knows this one alone, and expects another to be refused. */
const DIGESTS = new Map([['sha256', 64]])
/** Longest path that github.com/distribution/reference takes. */
const LONGEST = 255

/** References taken apart, and spellings of one repository that must come to the same name. */
export const references: ConformanceSuite = {
  id: 'references',
  gaps: {},
  *run(folder) {
    for (const [index, line] of linesOf(folder, 'parse.jsonl')) yield parseCase(`parse ${index}`, JSON.parse(line))
    for (const [index, line] of linesOf(folder, 'normalize.jsonl'))
      yield normalizeCase(`normalize ${index}`, JSON.parse(line))
  },
}

function linesOf(folder: string, file: string): (readonly [number, string])[] {
  const lines = readFileSync(join(folder, file), 'utf8').split('\n')
  return lines.map((line, index) => [index + 1, line] as const).filter(([, line]) => line.trim() !== '')
}

function parseCase(name: string, stated: ParseCase): CaseOutcome {
  const wanted = completed(stated)
  const expected = wanted.error ? 'refused' : told(wanted.domain, wanted.repository, wanted.tag, wanted.digest)
  let actual: string
  try {
    const { domain, path, tag, digest } = parseReference(wanted.input, DIGESTS)
    actual = told(domain, domain === undefined ? path : `${domain}/${path}`, tag, digest)
  } catch {
    actual = 'refused'
  }
  return compared(name, expected, actual)
}

/**
 * The longest path is written as an expression in the project's own test (`"example.com/" + strings.Repeat("a", 255) + ":tag"`), of
 * which only the text before it came into the data: input and repository then end with the same slash, and a tag is expected that the
 * input has not. It is written out here.
 */
function completed(stated: ParseCase): ParseCase {
  const { input, repository, tag, error } = stated
  if (error || tag === undefined || repository !== input || !input.endsWith('/')) return stated
  const whole = `${repository}${'a'.repeat(LONGEST)}`
  return { ...stated, input: `${whole}:${tag}`, repository: whole }
}

function normalizeCase(name: string, wanted: NormalizeCase): CaseOutcome {
  const expected = `${wanted.full} is ${wanted.familiar} (${wanted.domain}, ${wanted.path})`
  const spellings = [wanted.familiar, wanted.full, wanted.ambiguous].filter((spelling) => spelling !== '')
  const seen = spellings.map((spelling) => {
    try {
      const parsed = parseImageName(spelling)
      const { domain, path } = parsed
      return `${domain}/${path} is ${familiarRepository(parsed)} (${domain}, ${path})`
    } catch (error) {
      return `${spelling} is refused: ${(error as Error).message}`
    }
  })
  return compared(name, expected, seen.find((one) => one !== expected) ?? expected)
}

function told(...parts: readonly (string | undefined)[]): string {
  return parts.map((part) => part ?? '-').join(' ')
}

function compared(name: string, expected: string, actual: string): CaseOutcome {
  return expected === actual ? { name, passed: true } : { name, passed: false, expected, actual }
}
