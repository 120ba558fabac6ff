export { ecosystemLicence, knownEcosystems } from './ecosystems.ts'
export { entryAffects } from './matching/affects.ts'
export { type EcosystemCoverage, missingEcosystems } from './matching/coverage.ts'
export { endOfLifeFinding } from './matching/end-of-life.ts'
export { type FindingFilter, filterFindings } from './matching/filter.ts'
export { findingId } from './matching/finding-id.ts'
export { type CollapsedFindings, type MatchResult, matchInventory, type Unexamined } from './matching/match.ts'
export { compareFindings } from './matching/order.ts'
export { type MemoryExtras, memoryDatabase } from './memory.ts'
export { isStale, newestRecordAt, openAdvisories } from './open.ts'
export { type PackReport, packAdvisories } from './pack.ts'
export { bareEcosystem, ecosystemRelease, packageKey } from './package-key.ts'
export { parseRecord } from './record.ts'
export { type PackageQuery, parsePackageQuery, type SearchHit, searchAdvisories } from './search.ts'
export { PUBLIC_BUCKET } from './sources/layout.ts'
export type { EcosystemReport, UpdateProgress } from './sources/source.ts'
export { databasePath, metEcosystems, rememberEcosystems } from './state.ts'
export type * from './types.ts'
export {
  fetchMissing,
  lackingEcosystems,
  type UpdateIo,
  type UpdateOptions,
  type UpdateReport,
  updateAdvisories,
} from './update.ts'
