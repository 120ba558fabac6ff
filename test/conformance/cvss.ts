import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { scoreCvss } from '../../src/advisories/cvss/index.ts'
import type { CaseOutcome, ConformanceSuite } from './suite.ts'

/**
 * Lines `vector - (base, temporal, environmental)`, and `vector - (score)` or `vector - score` for 4.0, where the score is the one over
 * all metrics.
 */
export const cvss: ConformanceSuite = {
  id: 'cvss',
  gaps: {},
  *run(folder) {
    for (const file of readdirSync(folder)
      .filter((name) => name.endsWith('.txt'))
      .sort()) {
      const lines = readFileSync(join(folder, file), 'utf8').split('\n')
      for (const [index, line] of lines.entries())
        if (line.trim() !== '') yield outcome(`${file}:${index + 1}`, line.trim())
    }
  },
}

function outcome(name: string, line: string): CaseOutcome {
  const [vector, claim = ''] = line.split(' - ')
  const expected = claim
    .replace(/[()]/g, '')
    .split(',')
    .filter((part) => part.trim() !== '')
    .map((part) => (part.trim() === 'None' ? 'None' : Math.abs(Number(part)).toFixed(1)))
  const score = scoreCvss(vector)
  if ('failure' in score) return { name, passed: false, expected: claim, actual: score.message }
  const all = expected.length === 1 ? [score.overall] : [score.base, score.temporal, score.environmental]
  const actual = all.map((value) => value?.toFixed(1) ?? 'None')
  return { name, passed: actual.join() === expected.join(), expected: expected.join(), actual: actual.join() }
}
