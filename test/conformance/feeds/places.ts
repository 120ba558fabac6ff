import type { FeedPlace } from './facts.ts'

/** Every feed's place, one a line. */
export const FEED_PLACES: readonly FeedPlace[] = []
