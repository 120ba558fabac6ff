import type { Cataloger } from '../types.ts'
import { assembleNpm, type NpmFact } from './assemble.ts'
import { npmManifestReader } from './installed.ts'
import { npmLockReader } from './lockfile.ts'

/** Packages of Node.js. */
export const npm: Cataloger<NpmFact> = {
  id: 'npm',
  summary: 'npm packages: package-lock.json, npm-shrinkwrap.json, installed package.json',
  kind: 'library',
  ecosystems: ['npm'],
  yields: 'both',
  fills: ['licences', 'hashes', 'lines', 'direct', 'scope', 'depends-on'],
  readers: [npmLockReader, npmManifestReader],
  assemble: assembleNpm,
}
