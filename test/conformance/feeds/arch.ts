import { join } from 'node:path'
import { archTracker } from '../../../src/advisories/feeds/arch-tracker/index.ts'
import { factAnswers, recordsOf } from './answers.ts'
import type { FeedPlace } from './facts.ts'

export const arch: FeedPlace = {
  feed: 'arch',
  async open(folder) {
    const records = await recordsOf(archTracker, [
      { path: 'all.json', file: join(folder, 'input/arch-advisories/all.json') },
    ])
    return factAnswers(records, { inGroup: () => true, id: (record) => record.id, cves: true })
  },
}
