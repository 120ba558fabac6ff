import { join } from 'node:path'
import { photon as feed } from '../../../src/advisories/feeds/photon/index.ts'
import { factAnswers, recordsOf } from './answers.ts'
import type { FeedPlace } from './facts.ts'

export const photon: FeedPlace = {
  feed: 'photon',
  async open(folder) {
    const files = ['1.0', '4.0'].map((release) => ({
      path: `cve_data_photon${release}.json`,
      file: join(folder, `input/cve_data_photon${release}.json`),
    }))
    return factAnswers(await recordsOf(feed, files), {
      inGroup: (ecosystem, { group }) => ecosystem === `Photon OS:${group.slice('photon:'.length)}`,
      id: (record) => record.id.replace('PHOTON-', ''),
      leavesOut: (affected) => affected.ecosystem_specific?.status === 'not-affected',
    })
  },
}
