import { join } from 'node:path'
import { suseOval } from '../../../src/advisories/feeds/suse-oval/index.ts'
import { factAnswers, recordsOf } from './answers.ts'
import type { FeedPlace } from './facts.ts'

export const sles: FeedPlace = {
  feed: 'sles',
  async open(folder) {
    const files = [{ path: 'suse.linux.enterprise.server.15.xml', file: join(folder, 'suse_truncated.xml') }]
    return factAnswers(await recordsOf(suseOval, files), {
      inGroup: (ecosystem, { group }) => groupOf(ecosystem) === group,
      id: (record) => record.id.replace('SUSE-', ''),
    })
  },
}

/** The cases count a server's longer support to the server: `15 SP1-LTSS` is `sles:15.1`. */
function groupOf(ecosystem: string): string | undefined {
  const [, release, pack] = /^SUSE:Linux Enterprise Server (\d+)(?: SP(\d+))?(?:-LTSS|-BCL)?$/.exec(ecosystem) ?? []
  return release === undefined ? undefined : `sles:${release}${pack === undefined ? '' : `.${pack}`}`
}
