import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ubuntuOsv } from '../../../src/advisories/feeds/ubuntu-osv/index.ts'
import { type TrackedIssue, trackedRecord } from '../../../src/advisories/feeds/ubuntu-tracker/issue.ts'
import { releaseScope } from '../../../src/advisories/matching/releases.ts'
import { narrowRecord } from '../../../src/advisories/record.ts'
import type { OsvAffected, OsvRecord } from '../../../src/advisories/types.ts'
import { factAnswers, recordsOf } from './answers.ts'
import type { FeedPlace } from './facts.ts'

export const ubuntu: FeedPlace = {
  feed: 'ubuntu',
  async open(folder) {
    const osv = [...jsonBelow(join(folder, 'osv')), ...jsonBelow(join(folder, 'osv-esm-cases'))]
    const records = await recordsOf(
      ubuntuOsv,
      osv.map((file) => ({ path: file, file })),
    )
    // The tracker's files, as the cases' project has parsed them: our reader's own second half.
    const tracked = readdirSync(join(folder, 'normalized-cve-data')).flatMap((name) => {
      const text = readFileSync(join(folder, 'normalized-cve-data', name), 'utf8')
      return trackedRecord(JSON.parse(text) as TrackedIssue, '2026-01-01T00:00:00Z') ?? []
    })
    return {
      ...factAnswers(tracked, {
        inGroup: (ecosystem, { group }) => ecosystem.replace(':LTS', '').toLowerCase() === group,
        id: (record) => record.id.replace('UBUNTU-', ''),
        leavesOut: (affected) => affected.ecosystem_specific?.status === 'not-affected',
      }),
      record({ group, record = {} }) {
        const expected = narrowRecord(record)
        const found = records.find(({ id }) => id === record.id)
        const actual = found && { ...found, affected: viewOf(found, ecosystemOf(group)) }
        return { expected: expected.ok ? comparable(expected.record) : expected, actual: actual && comparable(actual) }
      },
    }
  },
}

/** `ubuntu-pro-14.04-lts`: `Ubuntu:Pro:14.04:LTS`. */
function ecosystemOf(group: string): string {
  const [, pro, number, lts] = /^ubuntu-(pro-)?(\d+\.\d+)(-lts)?$/.exec(group) ?? []
  return `Ubuntu:${pro === undefined ? '' : 'Pro:'}${number}${lts === undefined ? '' : ':LTS'}`
}

/**
 * What a record says about a release: its own entries, and for a release without Pro those packages of which only Pro's entries speak
 * (`releaseScope`: extended). There, the cases state what those have who do not subscribe: affected, and no fix.
 */
function viewOf({ affected }: OsvRecord, ecosystem: string): readonly OsvAffected[] {
  const own = affected.filter((one) => one.package?.ecosystem === ecosystem)
  const named = new Set(own.map((one) => one.package?.name))
  const extended = affected.filter(
    ({ package: of }) =>
      of !== undefined && !named.has(of.name) && releaseScope(ecosystem, of.ecosystem, '') === 'extended',
  )
  return [
    ...own,
    ...extended.map(({ package: of, ecosystem_specific: specific }) => {
      const { availability: _, ...rest } = specific ?? {}
      const range = { type: 'ECOSYSTEM' as const, events: [{ introduced: '0' }] }
      return { package: { ecosystem, name: of?.name ?? '' }, ranges: [range], ecosystem_specific: rest }
    }),
  ]
}

/** Without the status that every feed adds, in an order of its own. */
function comparable(record: OsvRecord): unknown {
  const affected = record.affected.map((one) => {
    const { status: _, ...specific } = one.ecosystem_specific ?? {}
    return JSON.stringify([one.package, one.ranges, one.versions, Object.entries(specific).sort()])
  })
  const { id, modified, published, aliases, upstream, related, severity, details } = record
  return { id, modified, published, aliases, upstream, related, severity, details, affected: affected.sort() }
}

function jsonBelow(folder: string): readonly string[] {
  if (!existsSync(folder)) return []
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  return names.filter((name) => name.endsWith('.json')).map((name) => join(folder, name))
}
