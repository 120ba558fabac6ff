import { isHttpAddress } from '../lib/http.ts'
import type { StoredDatabase } from './database/read.ts'
import { FEEDS } from './feeds/index.ts'
import { bareEcosystem } from './package-key.ts'
import { PUBLIC_BUCKET } from './sources/layout.ts'
import type { Place } from './sources/source.ts'
import { metEcosystems } from './state.ts'
import type { UpdateOptions } from './update-types.ts'

/** Which ecosystems this update asks for, without release. */
export function selectEcosystems(
  options: UpdateOptions,
  place: Place,
  listed: readonly string[],
  previous: StoredDatabase | undefined,
): ReadonlySet<string> {
  const names = new Set(listed.map(bareEcosystem))
  const all = new Set([...names, ...(options.feeds?.known ?? FEEDS).flatMap((feed) => feed.ecosystems)])
  if (options.ecosystems !== undefined && options.ecosystems.length > 0)
    return new Set(options.ecosystems.map((name) => spelled(bareEcosystem(name), all)))
  const met = metEcosystems(options.cacheDir)
  const served = place.kind === 'layout' && isHttpAddress(place.layout.origin)
  const here = [...(previous?.ecosystems().keys() ?? [])]
  if (options.all || !served || met.length === 0) return new Set([...names, ...here])
  return new Set([...met.filter((name) => names.has(name)), ...here])
}

/** Which ecosystems feeds are asked about, and whether publishers are asked at all. */
export function feedNeed(
  options: UpdateOptions,
  place: Place,
  listed: readonly string[],
  selected: ReadonlySet<string>,
) {
  const met = options.ecosystems === undefined || options.ecosystems.length === 0 ? metEcosystems(options.cacheDir) : []
  return {
    wanted: new Set([...selected, ...met]),
    published: new Set(listed.map(bareEcosystem)),
    open: place.kind === 'layout' && place.layout.official,
  }
}

/** A name as the source spells it: people write `debian`. */
function spelled(name: string, listed: ReadonlySet<string>): string {
  if (listed.has(name)) return name
  return [...listed].find((one) => one.toLowerCase() === name.toLowerCase()) ?? name
}

/** Ecosystems that publishers' own feeds add: only who updates from the public bucket may ask them unnamed. */
export function publishedByFeeds(from: string): readonly string[] {
  return from === PUBLIC_BUCKET
    ? FEEDS.filter((feed) => feed.optIn === undefined).flatMap((feed) => feed.ecosystems)
    : []
}
