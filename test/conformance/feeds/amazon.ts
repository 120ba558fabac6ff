import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { amazonAlas } from '../../../src/advisories/feeds/amazon-alas/index.ts'
import { factAnswers, recordsOf } from './answers.ts'
import type { FeedPlace } from './facts.ts'

export const amazon: FeedPlace = {
  feed: 'amazon',
  async open(folder) {
    const pages = readdirSync(join(folder, 'input')).filter((name) => name.endsWith('_html'))
    const files = pages.flatMap((name) =>
      readdirSync(join(folder, 'input', name)).map((page) => ({
        path: `AL${name.replace('_html', '')}/${page}.html`,
        file: join(folder, 'input', name, page),
      })),
    )
    return factAnswers(await recordsOf(amazonAlas, files), {
      inGroup: (ecosystem, { group }) => ecosystem === `Amazon Linux:${group.slice('amzn:'.length)}`,
      // The pages name a bulletin without its release.
      id: (record) => record.id.replace(/^ALAS\d+-/, 'ALAS-').replace(/^ALAS-(\d{4})-\1/, 'ALAS-$1'),
      cves: true,
    })
  },
}
