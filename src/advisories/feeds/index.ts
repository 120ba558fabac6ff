import type { Feed } from './types.ts'

/** Every feed beside OSV's bucket, one a line. */
export const FEEDS: readonly Feed[] = []
