import type { AffectedEntry } from '../advisories/index.ts'
import { printable } from '../report/index.ts'

/** Ranges as people write them: `>= 1.0, < 1.2`. */
export function rangeWords(entry: Pick<AffectedEntry, 'ranges' | 'versions'>): string {
  const words = entry.ranges
    .filter((range) => range.type !== 'GIT')
    .map((range) => {
      const bounds = range.events
        .map((event) => {
          if (event.introduced !== undefined) return event.introduced === '0' ? '' : `>= ${event.introduced}`
          if (event.fixed !== undefined) return `< ${event.fixed}`
          if (event.last_affected !== undefined) return `<= ${event.last_affected}`
          return event.limit === undefined ? '' : `below ${event.limit}`
        })
        .filter((word) => word !== '')
      return bounds.length === 0 ? 'all' : bounds.join(', ')
    })
  const listed = entry.versions.length === 0 ? [] : [`${entry.versions.length} versions listed`]
  return printable([...words, ...listed].join('; ') || 'no versions stated')
}
