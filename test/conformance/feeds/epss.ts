import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseEpss } from '../../../src/advisories/sources/epss.ts'
import type { FeedPlace } from './facts.ts'

export const epss: FeedPlace = {
  feed: 'epss',
  async open(folder) {
    const read = (name: string) => parseEpss(readFileSync(join(folder, name)), name)
    const whole = new Map<string, ReturnType<typeof read>>()
    return {
      record({ group, record = {} }) {
        const scores = whole.get(group) ?? read(`${group}.csv`)
        whole.set(group, scores)
        const row = scores.rows.find(([cve]) => cve === record.cve)
        const actual = row && { cve: row[0], date: scores.on, epss: row[1], percentile: row[2] }
        const { cve, date, epss: probability, percentile } = record
        return { expected: { cve, date, epss: probability, percentile }, actual }
      },
      further: readdirSync(folder)
        .filter((name) => /^(?:invalid|missing)-/.test(name))
        .map((name) => {
          try {
            return { name, passed: false, detail: `${read(name).rows.length} scores` }
          } catch (error) {
            return { name, passed: (error as Error).message.includes(name), detail: (error as Error).message }
          }
        }),
    }
  },
}
