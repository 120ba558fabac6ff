import type { OperatingSystem } from '../../model/operating-system.ts'
import data from './end-of-life.json' with { type: 'json' }

type Support = NonNullable<OperatingSystem['support']>

interface SupportDates {
  readonly endOfLife?: string
  readonly endOfExtendedSupport?: string
  /** Set where the dates are not from the file's own source. */
  readonly source?: string
}

/** Who supports a release beyond its end of life, and what it takes. */
const EXTENDED_BY: ReadonlyMap<string, string> = new Map([
  ['debian', 'Debian LTS'],
  ['ubuntu', 'Ubuntu Pro (ESM)'],
  ['rhel', 'Red Hat Extended Life Cycle Support'],
  ['ol', 'Oracle Linux Extended Support'],
  ['sles', 'SUSE Long Term Service Pack Support'],
])

/** Products that end with another: the same service packs at the same dates. */
const SUPPORTED_AS: ReadonlyMap<string, string> = new Map([
  ['sled', 'sles'],
  ['opensuse', 'opensuse-leap'],
])

const RELEASES: ReadonlyMap<string, SupportDates> = new Map(Object.entries(data.releases))

/**
 * End of life and of extended support of a distribution's release, as `OperatingSystem` has them; undefined where neither is known and
 * for rolling distributions. The dates are facts from endoflife.date (MIT) and, where it has none, from the source that is named.
 */
export function supportOf(id: string, release: string): Support | undefined {
  const dates = RELEASES.get(`${SUPPORTED_AS.get(id) ?? id}:${release}`)
  if (dates === undefined) return undefined
  const extendedBy = dates.endOfExtendedSupport === undefined ? undefined : EXTENDED_BY.get(id)
  return {
    ...(dates.endOfLife === undefined ? {} : { endOfLife: dates.endOfLife }),
    ...(dates.endOfExtendedSupport === undefined ? {} : { endOfExtendedSupport: dates.endOfExtendedSupport }),
    ...(extendedBy === undefined ? {} : { extendedBy }),
    source: dates.source ?? data.source,
  }
}
