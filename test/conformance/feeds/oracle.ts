import { join } from 'node:path'
import { oracleOval } from '../../../src/advisories/feeds/oracle-oval/index.ts'
import { factAnswers, recordsOf } from './answers.ts'
import type { FeedPlace } from './facts.ts'

const FURTHER = ['mock_per_arch_data', 'mock_ksplice_data']

export const oracle: FeedPlace = {
  feed: 'oracle',
  async open(folder) {
    const read = (name: string) => recordsOf(oracleOval, [{ path: name, file: join(folder, name) }])
    const further = await Promise.all(
      FURTHER.map(async (name) => {
        const records = await read(name)
        const ksplice = records.some((one) => one.affected.some((of) => of.package?.ecosystem.endsWith(':ksplice')))
        return {
          name,
          passed: records.length > 0 && ksplice === name.includes('ksplice'),
          detail: JSON.stringify(records).slice(0, 500),
        }
      }),
    )
    return {
      ...factAnswers(await read('mock_data'), {
        inGroup: (ecosystem, { group }) => ecosystem === `Oracle Linux:${group.slice('ol:'.length)}`,
        id: (record) => record.id,
        cves: true,
      }),
      further,
    }
  },
}
