import type { Cataloger } from '../types.ts'
import { assemble, type PacmanFact } from './assemble.ts'
import { descReader } from './desc.ts'
import { filesReader } from './files.ts'

/** Arch Linux's package manager. */
export const pacman: Cataloger<PacmanFact> = {
  id: 'pacman',
  summary: 'Arch Linux packages: var/lib/pacman/local',
  kind: 'os',
  ecosystems: ['Arch Linux'],
  yields: 'installed',
  fills: ['licences', 'supplier', 'source', 'depends-on', 'owned-files'],
  readers: [descReader, filesReader],
  assemble,
}
