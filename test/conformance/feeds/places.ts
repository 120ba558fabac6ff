import { alpine } from './alpine.ts'
import { amazon } from './amazon.ts'
import { arch } from './arch.ts'
import { debian } from './debian.ts'
import { epss } from './epss.ts'
import type { FeedPlace } from './facts.ts'
import { fedora } from './fedora.ts'
import { kev } from './kev.ts'
import { mariner } from './mariner.ts'
import { nvd } from './nvd.ts'
import { oracle } from './oracle.ts'
import { photon } from './photon.ts'
import { rhel } from './rhel.ts'
import { sles } from './sles.ts'
import { ubuntu } from './ubuntu.ts'

/** Every feed's place, one a line. */
export const FEED_PLACES: readonly FeedPlace[] = [
  alpine, //
  amazon,
  arch,
  debian,
  epss,
  fedora,
  kev,
  mariner,
  nvd,
  oracle,
  photon,
  rhel,
  sles,
  ubuntu,
]
