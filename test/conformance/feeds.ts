import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { FeedAnswers, FeedCase, FeedFacts, PackageFacts } from './feeds/facts.ts'
import { FEED_PLACES } from './feeds/places.ts'
import type { CaseOutcome, ConformanceSuite } from './suite.ts'

/** Samples of publishers' feeds with the facts that must come out of them. */
export const feeds: ConformanceSuite = {
  id: 'feeds',
  gaps: {},
  async *run(folder) {
    const cases = readFileSync(join(folder, 'cases.jsonl'), 'utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as FeedCase)
    for (const [feed, group] of Map.groupBy(cases, (one) => one.feed)) {
      const place = FEED_PLACES.find((one) => one.feed === feed)
      const answers = place && existsSync(join(folder, feed)) ? await place.open(join(folder, feed)) : undefined
      for (const one of group) yield outcome(one, answers)
      for (const { name, passed, detail } of answers?.further ?? [])
        yield {
          name: `${feed}: ${name}`,
          passed,
          ...(passed ? {} : { expected: 'read, or refused', actual: detail ?? '' }),
        }
    }
  },
}

function outcome(of: FeedCase, answers: FeedAnswers | undefined): CaseOutcome {
  const name = `${of.feed}/${of.group}/${of.id ?? JSON.stringify(of.record).slice(0, 60)}`
  if (answers === undefined) return { name, passed: false, expected: 'an answer', actual: 'no reader for this feed' }
  const { expected, actual } =
    of.packages === undefined
      ? (answers.record?.(of) ?? { expected: 'a record', actual: undefined })
      : { expected: factLine(of as FeedFacts), actual: factLine(answers.facts?.(of)) }
  const [wanted, found] = [JSON.stringify(expected), JSON.stringify(actual)]
  return { name, passed: wanted === found, expected: wanted.slice(0, 1_500), actual: (found ?? '').slice(0, 1_500) }
}

function factLine(facts: Pick<FeedFacts, 'severity' | 'cves' | 'packages'> | undefined): unknown {
  if (facts === undefined) return 'nothing'
  return [facts.severity, [...facts.cves].sort(), [...new Set(facts.packages.map(packageLine))].sort()]
}

/** An epoch of 0 is what a version without one has. */
function packageLine({ name, fixed, module, wontFix, range }: PackageFacts): string {
  const plain = (version: string) => version.replaceAll(/(^|[<>]=? )0:/g, '$1')
  return [name, plain(fixed), module ?? '', wontFix ? 'will not fix' : '', plain(range ?? '')].join(' ')
}
