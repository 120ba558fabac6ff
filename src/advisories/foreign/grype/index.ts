import { Buffer } from 'node:buffer'
import type { ForeignKind } from '../types.ts'

/** Grype's database, version 6: SQLite, JSON objects in `blobs`. */
export const grype: ForeignKind = {
  id: 'grype-db',
  title: "Grype's database",
  member: 'vulnerability.db',
  // Our own databases carry an application ID at 68 (https://www.sqlite.org/fileformat2.html#application_id), Grype's none.
  recognises: (start) =>
    start.length >= 100 &&
    Buffer.from(start.buffer, start.byteOffset, 16).toString('latin1') === 'SQLite format 3\0' &&
    new DataView(start.buffer, start.byteOffset, start.length).getUint32(68) === 0,
  open: async (path, at) => (await import('./read.ts')).openGrypeDatabase(path, at),
}
