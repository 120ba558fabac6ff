import type { Cataloger } from '../types.ts'
import { assemble, type DpkgFact } from './assemble.ts'
import { chiselReader } from './chisel.ts'
import { copyrightReader } from './copyright.ts'
import { filesReader } from './files.ts'
import { statusReader } from './status.ts'

/** Debian's package manager and its small relative opkg: what is installed, from what source, under which licence, and whose files are whose. */
export const dpkg: Cataloger<DpkgFact> = {
  id: 'dpkg',
  summary: 'Debian packages and their like: dpkg status, status.d of distroless images, opkg, Chisel manifests',
  kind: 'os',
  ecosystems: ['Debian', 'Ubuntu', 'opkg'],
  yields: 'installed',
  fills: ['licences', 'supplier', 'source', 'depends-on', 'owned-files'],
  readers: [statusReader, filesReader, copyrightReader, chiselReader],
  assemble,
}
