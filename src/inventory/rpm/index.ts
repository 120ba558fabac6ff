import type { Cataloger } from '../types.ts'
import { assembleRpm, type RpmFact } from './assemble.ts'
import { rpmDatabaseReader } from './database.ts'
import { rpmManifestReader } from './manifest.ts'
import { rpmLogReader } from './wal.ts'

/** Packages of Red Hat's, SUSE's, Amazon's, Oracle's, Microsoft's and others' distributions. */
export const rpm: Cataloger<RpmFact> = {
  id: 'rpm',
  summary: 'RPM packages: Packages (Berkeley DB), Packages.db (ndb), rpmdb.sqlite, container-manifest-2',
  kind: 'os',
  ecosystems: [
    'AlmaLinux',
    'Azure Linux',
    'Mageia',
    'openEuler',
    'openSUSE',
    'Photon OS',
    'Red Hat',
    'Rocky Linux',
    'SUSE',
  ],
  yields: 'installed',
  fills: ['licences', 'supplier', 'source', 'depends-on', 'owned-files'],
  readers: [rpmDatabaseReader, rpmManifestReader, rpmLogReader],
  assemble: assembleRpm,
}
