import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runConformance } from './run.ts'
import type { CaseOutcome, ConformanceSuite } from './suite.ts'

function suite(
  id: string,
  outcomes: readonly CaseOutcome[],
  gaps: Readonly<Record<string, string>> = {},
): ConformanceSuite {
  return { id, gaps, run: () => outcomes }
}

const good = (name: string): CaseOutcome => ({ name, passed: true })
const bad = (name: string): CaseOutcome => ({ name, passed: false, expected: 'two', actual: 'three' })

describe('the conformance runner', () => {
  let data = ''
  beforeAll(() => {
    data = mkdtempSync(join(tmpdir(), 'bulwark-conformance-'))
    mkdirSync(join(data, 'order'))
  })
  afterAll(() => rmSync(data, { recursive: true, force: true }))

  async function run(one: ConformanceSuite) {
    const lines: string[] = []
    return { ...(await runConformance([one], data, (line) => lines.push(line))), text: lines.join('\n') }
  }

  it('prints the score, then each failing case with expected and actual', async () => {
    const result = await run(suite('order', [good('a'), bad('b')]))
    expect(result.text).toBe('order 1/2\n  FAILED b\n    expected two\n    actual   three')
    expect(result).toMatchObject({ passed: 1, failed: ['conformance order: b'], skippedCases: 0 })
  })

  it('counts a listed case that fails as skipped, with its reason', async () => {
    const result = await run(suite('order', [good('a'), bad('b')], { b: 'not built yet' }))
    expect(result).toMatchObject({
      passed: 1,
      failed: [],
      skippedCases: 1,
      skipped: ['conformance order: b: not built yet'],
    })
  })

  it('fails when a listed case passes after all', async () => {
    const result = await run(suite('order', [good('a'), good('b')], { b: 'not built yet' }))
    expect(result).toMatchObject({ passed: 1, failed: ['conformance order: b'] })
  })

  it('takes a prefix: fails only when every case under it passes', async () => {
    const gaps = { 'x/*': 'needs a parser' }
    const some = await run(suite('order', [good('a'), good('x/1'), bad('x/2')], gaps))
    expect(some).toMatchObject({ passed: 2, failed: [], skippedCases: 1 })
    expect(some.skipped[0]).toBe('conformance order: x/* (1 cases: x/2): needs a parser')
    const all = await run(suite('order', [good('a'), good('x/1'), good('x/2')], gaps))
    expect(all).toMatchObject({ passed: 1, failed: ['conformance order: x/*'] })
  })

  it('skips a suite whose data is missing, and says where it looked', async () => {
    const result = await run(suite('elsewhere', [good('a')]))
    expect(result).toMatchObject({ passed: 0, failed: [], skippedCases: 1 })
    expect(result.skipped[0]).toContain(join(data, 'elsewhere'))
  })

  it('fails a suite that finds no case in its folder, and one that stops', async () => {
    expect((await run(suite('order', []))).failed).toHaveLength(1)
    const stops: ConformanceSuite = {
      id: 'order',
      gaps: {},
      *run() {
        yield good('a')
        throw new Error('the file is broken')
      },
    }
    const result = await run(stops)
    expect(result.failed).toEqual(['conformance order: the suite stopped after 1 cases'])
    expect(result.text).toContain('the file is broken')
  })
})
