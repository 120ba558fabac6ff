import type { Cataloger } from '../types.ts'
import { assemble } from './assemble.ts'
import { type ApkFact, installedReader } from './installed.ts'

/** Alpine's package manager, which Wolfi, Chainguard and others use too. */
export const apk: Cataloger<ApkFact> = {
  id: 'apk',
  summary: 'Alpine packages and their like: lib/apk/db/installed',
  kind: 'os',
  ecosystems: ['Alpine', 'Wolfi', 'Chainguard', 'MinimOS'],
  yields: 'installed',
  fills: ['licences', 'supplier', 'source', 'depends-on', 'owned-files'],
  readers: [installedReader],
  assemble,
}
