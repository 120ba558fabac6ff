import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { schemeFor, type VersionScheme } from '../../src/versions/index.ts'
import type { CaseOutcome, ConformanceSuite } from './suite.ts'

/** What the first word of a file's name means, where it is not the ecosystem's own name. */
const ECOSYSTEMS: ReadonlyMap<string, string> = new Map([
  ['redhat', 'Red Hat'],
  ['semver', 'npm'],
])

/** Lines `A < B`, `A = B`, `A > B`: each must hold read either way. `#` and `//` begin comments. */
export const versions: ConformanceSuite = {
  id: 'versions',
  gaps: {},
  *run(folder) {
    for (const file of readdirSync(folder)
      .filter((name) => name.endsWith('.txt'))
      .sort()) {
      const word = file.split('-')[0]
      const scheme = schemeFor(ECOSYSTEMS.get(word) ?? word)
      const lines = readFileSync(join(folder, file), 'utf8').split('\n')
      for (const [index, line] of lines.entries()) {
        const claim = line.trim()
        if (claim === '' || claim.startsWith('#') || claim.startsWith('//') || claim === '--') continue
        yield outcome(`${file}:${index + 1}`, claim, scheme)
      }
    }
  },
}

function outcome(name: string, claim: string, scheme: VersionScheme<unknown> | undefined): CaseOutcome {
  const match = /^(.*?)\s*([<=>])\s*(.*)$/.exec(claim)
  if (match === null) return { name, passed: false, expected: 'A < B', actual: claim }
  if (scheme === undefined) return { name, passed: false, expected: claim, actual: 'no scheme' }
  const [, left, expected, right] = match
  const a = scheme.parse(left)
  const b = scheme.parse(right)
  const actual = sign(scheme.compare(a, b))
  const passed = actual === expected && sign(-scheme.compare(b, a)) === expected
  return passed ? { name, passed } : { name, passed, expected: claim, actual: `${left} ${actual} ${right}` }
}

function sign(order: number): string {
  return order < 0 ? '<' : order > 0 ? '>' : '='
}
