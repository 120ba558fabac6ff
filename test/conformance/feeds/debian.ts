import { join } from 'node:path'
import { debianTracker } from '../../../src/advisories/feeds/debian-tracker/index.ts'
import { factAnswers, recordsOf } from './answers.ts'
import type { FeedPlace } from './facts.ts'

export const debian: FeedPlace = {
  feed: 'debian',
  async open(folder) {
    const records = await recordsOf(debianTracker, [{ path: 'json', file: join(folder, 'input/debian.json') }])
    const advisories = await recordsOf(debianTracker, [{ path: 'DSA/list', file: join(folder, 'input/DSA') }])
    return {
      ...factAnswers(records, {
        inGroup: (ecosystem, { group }) => ecosystem.toLowerCase() === group,
        id: (record) => record.id.replace('DEBIAN-', ''),
      }),
      further: [{ name: 'DSA', passed: advisories.length > 0, detail: `${advisories.length} advisories` }],
    }
  },
}
