import { join } from 'node:path'
import { alpineSecdb } from '../../../src/advisories/feeds/alpine-secdb/index.ts'
import { factAnswers, recordsOf } from './answers.ts'
import type { FeedPlace } from './facts.ts'

export const alpine: FeedPlace = {
  feed: 'alpine',
  async open(folder) {
    const files = ['main', 'community'].map((name) => ({
      path: `v3.15/${name}.yaml`,
      file: join(folder, `input/secdb/v3.15/${name}.yaml`),
    }))
    return factAnswers(await recordsOf(alpineSecdb, files), {
      inGroup: (ecosystem, { group }) => ecosystem === `Alpine:v${group}`,
      id: (record) => record.id.replace('ALPINE-', ''),
    })
  },
}
