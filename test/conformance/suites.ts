import { cvss } from './cvss.ts'
import { extractors } from './extractors.ts'
import { feeds } from './feeds.ts'
import { images } from './images.ts'
import { os } from './os.ts'
import { purl } from './purl.ts'
import { references } from './references.ts'
import type { ConformanceSuite } from './suite.ts'
import { tar } from './tar.ts'
import { trivy } from './trivy.ts'
import { versions } from './versions.ts'
/** Every suite that is run: one line each. */
export const SUITES: readonly ConformanceSuite[] = [
  cvss,
  versions,
  extractors,
  os,
  feeds,
  images,
  tar,
  references,
  purl,
  trivy,
]
