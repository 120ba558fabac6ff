import { alpineSecdb } from './alpine-secdb/index.ts'
import { amazonAlas } from './amazon-alas/index.ts'
import { amazonUpdateinfo } from './amazon-updateinfo/index.ts'
import { archTracker } from './arch-tracker/index.ts'
import { azureLinuxOval } from './azure-linux-oval/index.ts'
import { chainguardSecdb } from './chainguard-secdb/index.ts'
import { debianTracker } from './debian-tracker/index.ts'
import { exploitDb } from './exploit-db/index.ts'
import { fedoraBodhi } from './fedora-bodhi/index.ts'
import { metasploit } from './metasploit/index.ts'
import { minimosSecdb } from './minimos-secdb/index.ts'
import { nuclei } from './nuclei/index.ts'
import { nvd } from './nvd/index.ts'
import { oracleOval } from './oracle-oval/index.ts'
import { photon } from './photon/index.ts'
import { redhatHydra } from './redhat-hydra/index.ts'
import { suseOval } from './suse-oval/index.ts'
import type { Feed } from './types.ts'
import { ubuntuOsv } from './ubuntu-osv/index.ts'
import { ubuntuTracker } from './ubuntu-tracker/index.ts'
import { vulnrichment } from './vulnrichment/index.ts'
import { wolfiSecdb } from './wolfi-secdb/index.ts'

/** Every feed beside OSV's bucket, one a line. */
export const FEEDS: readonly Feed[] = [
  alpineSecdb, //
  amazonAlas,
  amazonUpdateinfo,
  archTracker,
  azureLinuxOval,
  chainguardSecdb,
  debianTracker,
  exploitDb,
  fedoraBodhi,
  metasploit,
  minimosSecdb,
  nuclei,
  nvd,
  oracleOval,
  photon,
  redhatHydra,
  suseOval,
  ubuntuOsv,
  ubuntuTracker,
  vulnrichment,
  wolfiSecdb,
]
