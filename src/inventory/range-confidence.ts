/**
 * How sure the least version that a range allows is to be the one in use, where nothing is locked or installed: a hint that
 * `--min-confidence` can leave out.
 */
export const RANGE_CONFIDENCE = 0.3
