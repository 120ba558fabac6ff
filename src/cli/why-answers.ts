import { type AdvisoryDatabase, type Explanation, explainWeakness } from '../advisories/index.ts'
import type { Component } from '../model/component.ts'
import type { Finding } from '../model/finding.ts'
import type { ScanResult } from '../model/scan-result.ts'
import { rangeWords } from './range-words.ts'

/** One reason why a weakness is, or is not, reported. */
export interface Answer {
  readonly reason:
    | 'reported'
    | 'left-out'
    | 'suppressed'
    | 'owned'
    | 'outside-range'
    | 'cleared'
    | 'component-absent'
    | 'unknown-id'
    | 'source-missing'
    | 'not-examined'
  readonly says: string
  /** Lines below it: versions and ranges, evidence, what to do. */
  readonly then: readonly string[]
  /** It is no answer: something could not be seen. */
  readonly blind: boolean
}

/** What the question is answered from. */
export interface Question {
  readonly id: string
  /** With nothing left out. */
  readonly result: ScanResult
  /** With what belongs to OS packages left to their vendors. */
  readonly plain: ScanResult
  readonly database: AdvisoryDatabase | undefined
  /** The flag that leaves all of these findings out, if one does. */
  left(findings: readonly Finding[]): string | undefined
  readonly now: Date
}

/** Components with one name that are listed. */
const MOST = 20

/** Why a weakness is, or is not, reported: every reason there is, the surest first. Never empty. */
export function answersFor(question: Question): readonly Answer[] {
  const { id, result, database } = question
  const known = database && explainWeakness(database, id)
  const names = new Set([id, ...(known?.names ?? [])])
  const about = result.findings.filter((finding) => finding.names.some((name) => names.has(name)))
  const found = about.map((finding) => ofFinding(finding, question))
  const absent = found.length > 0 ? [] : withoutFinding(question, known)
  const unseen = found.some(({ reason }) => reason === 'reported') ? [] : notSeen(question)
  return [...found, ...absent, ...unseen]
}

function answer(reason: Answer['reason'], says: string, then: readonly string[] = [], blind = false): Answer {
  return { reason, says, then, blind }
}

function ofFinding(finding: Finding, { result, plain, left, id }: Question): Answer {
  const components = new Map(result.inventory.components.map((one) => [one.id, one]))
  const component = components.get(finding.component ?? '')
  const shown = component === undefined ? finding.title : `${component.name} ${component.version}`
  const where = component?.evidence.slice(0, 3).map(({ path }) => `in ${path}`) ?? []
  const { disposition } = finding
  if (disposition.state === 'excepted')
    return answer('suppressed', `${id} in ${shown} is excepted by ${disposition.by}: ${disposition.reason}`, where)
  if (disposition.state === 'not-affected')
    return answer(
      'suppressed',
      `${id} in ${shown} is not affected, says ${disposition.statedBy}: ${disposition.justification}`,
      where,
    )
  if (!plain.findings.some((one) => one.id === finding.id)) {
    const owner = components.get(component?.ownedBy ?? '')
    const of = owner === undefined ? 'an OS package' : `the OS package ${owner.name} ${owner.version}`
    return answer('owned', `${id} in ${shown} is left to ${of}, whose files these are: its vendor's advisories count`, [
      ...where,
      '--include-owned reports it',
    ])
  }
  const flag = left([finding])
  if (flag !== undefined) return answer('left-out', `${id} in ${shown} is left out by ${flag}`, where)
  const severity = `${finding.severity.value} by ${finding.severity.source}`
  return answer(
    'reported',
    `${id} in ${shown} is reported: ${severity}, from ${finding.advisories.map((one) => one.id).join(', ')}`,
    where,
  )
}

function withoutFinding(question: Question, known: Explanation | undefined): readonly Answer[] {
  const { id, database, result } = question
  if (database === undefined) return []
  if (known === undefined)
    return [
      answer(
        'unknown-id',
        `no advisory that is here goes by the name ${id}`,
        [
          `here are: ${database
            .status()
            .ecosystems.map(({ name, newestRecordAt }) => `${name} (newest ${newestRecordAt.slice(0, 10)})`)
            .join(', ')}`,
        ],
        true,
      ),
    ]
  const packages = new Map(
    known.statements.flatMap(({ packages: of }) => of.map((one) => [`${one.ecosystem} ${one.name}`, one] as const)),
  )
  const named = new Set([...packages.values()].map(({ name }) => name))
  const present = result.inventory.components.filter((one) => named.has(one.name) || named.has(one.source?.name ?? ''))
  if (present.length === 0)
    return [
      answer('component-absent', `nothing of what ${id} is about is in the target`, [
        `it is about ${
          [...packages.values()]
            .slice(0, MOST)
            .map(({ ecosystem, name }) => `${name} (${ecosystem})`)
            .join(', ') || 'no package that a source names'
        }`,
        `looked through ${result.inventory.components.length} packages`,
      ]),
    ]
  return present.slice(0, MOST).map((component) => ofComponent(component, question, database))
}

/** Why a component that is there has no finding. */
function ofComponent(component: Component, { id }: Question, database: AdvisoryDatabase): Answer {
  const said = explainWeakness(database, id, component)
  const because = said?.component?.because ?? ''
  const lines = (said?.statements ?? []).flatMap(({ id: record, packages }) =>
    packages.flatMap(({ ecosystem, name, ranges, versions, judged, status, reason }) =>
      judged === undefined
        ? []
        : [
            `${record}: ${ecosystem} ${name} ${status === 'not-affected' ? 'not affected' : rangeWords({ ranges, versions })}${reason === undefined ? '' : ` (${reason})`}: ${judged.why}`,
          ],
    ),
  )
  const shown = `${component.name} ${component.version} (${component.ecosystem})`
  const other = lines.length === 0 || because.includes('no record of it names')
  const reason = other ? 'component-absent' : because.includes('decides over') ? 'cleared' : 'outside-range'
  return answer(reason, `${shown} is there: ${because}`, lines.slice(0, MOST))
}

/** What could not be seen: sources that are not here or old, files that were not read, packages that were not matched. */
function notSeen({ result, database, now }: Question): readonly Answer[] {
  const answers: Answer[] = []
  if (database === undefined && result.inventory.components.length > 0)
    answers.push(
      answer(
        'source-missing',
        'there are no advisories on this machine',
        ['fetch them with: bulwark advisories update'],
        true,
      ),
    )
  for (const { code, message, effect } of result.diagnostics) {
    if (effect === 'notice' && code !== 'component-not-examined') continue
    const source = code.startsWith('advisor') || code.startsWith('ecosystem')
    answers.push(answer(source ? 'source-missing' : 'not-examined', message, [], true))
  }
  const newest = result.advisories?.newestRecordAt
  const days = newest === undefined ? 0 : Math.floor((now.getTime() - Date.parse(newest)) / 86_400_000)
  if (days > OLD_DAYS)
    answers.push(
      answer(
        'source-missing',
        `the newest advisory here is ${days} days old`,
        ['bulwark advisories update fetches newer ones'],
        true,
      ),
    )
  return answers
}

const OLD_DAYS = 7
