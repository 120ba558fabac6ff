import { alpine } from './alpine.ts'
import { arch } from './arch.ts'
import { debian } from './debian.ts'
import { epss } from './epss.ts'
import type { FeedPlace } from './facts.ts'
import { kev } from './kev.ts'
import { nvd } from './nvd.ts'
import { photon } from './photon.ts'
import { ubuntu } from './ubuntu.ts'

/** Every feed's place, one a line. */
export const FEED_PLACES: readonly FeedPlace[] = [
  alpine, //
  arch,
  debian,
  epss,
  kev,
  nvd,
  photon,
  ubuntu,
]
