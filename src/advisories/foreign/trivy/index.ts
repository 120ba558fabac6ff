import type { ForeignKind } from '../types.ts'

const BOLT_MAGIC = 0xed0cdaed

/** Trivy's database: bolt, one bucket for each release, packages below it, a JSON object for each weakness. */
export const trivy: ForeignKind = {
  id: 'trivy-db',
  title: "Trivy's database",
  member: 'trivy.db',
  // The meta page's magic stands behind the page's own header (go.etcd.io/bbolt, db.go and internal/common/meta.go).
  recognises: (start) =>
    start.length >= 20 && new DataView(start.buffer, start.byteOffset, start.length).getUint32(16, true) === BOLT_MAGIC,
  open: async (path, at) => (await import('./read.ts')).openTrivyDatabase(path, at),
}
