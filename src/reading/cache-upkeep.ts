import type { CacheCleaned, CacheStatus } from './sqlite-store-upkeep.ts'

export type { CacheCleaned, CacheShare, CacheStatus } from './sqlite-store-upkeep.ts'

/** What looks after the store of layer facts, loaded when it is asked for: scans do without. */
export function cacheUpkeep(): Promise<{
  cacheStatus(path: string): CacheStatus
  cleanCache(path: string, options: { olderThanMs?: number; now: number }): CacheCleaned
}> {
  return import('./sqlite-store-upkeep.ts')
}
