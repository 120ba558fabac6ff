import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { azureLinuxOval } from '../../../src/advisories/feeds/azure-linux-oval/index.ts'
import type { OsvAffected } from '../../../src/advisories/types.ts'
import { factAnswers, recordsOf } from './answers.ts'
import type { FeedPlace } from './facts.ts'

export const mariner: FeedPlace = {
  feed: 'mariner',
  async open(folder) {
    const files = readdirSync(folder).filter((name) => name.endsWith('.xml'))
    const byFile = await Promise.all(
      files.map((name) => recordsOf(azureLinuxOval, [{ path: name, file: join(folder, name) }])),
    )
    const answers = factAnswers(byFile.flat(), {
      inGroup: (ecosystem, { group }) => ecosystem === `Azure Linux:${group.slice('mariner:'.length).split('.')[0]}`,
      id: (record) => record.upstream[0] ?? '',
      leavesOut: (affected) => affected.ecosystem_specific?.status === 'not-affected',
      range,
    })
    return { ...answers, further: files.map((name, index) => ({ name, passed: (byFile[index]?.length ?? 0) > 0 })) }
  },
}

/** The cases state every range, as bounds. */
function range(affected: OsvAffected): string {
  const events = affected.ranges?.flatMap((one) => one.events) ?? []
  const { introduced_after: after } = affected.ecosystem_specific ?? {}
  const fixed = events.find((event) => event.fixed !== undefined)?.fixed
  const last = events.find((event) => event.last_affected !== undefined)?.last_affected
  const bounds = [
    after === undefined ? '' : `> ${String(after)}`,
    fixed === undefined ? '' : `< ${fixed}`,
    last === undefined ? '' : `<= ${last}`,
  ]
  return bounds.filter((bound) => bound !== '').join(', ')
}
