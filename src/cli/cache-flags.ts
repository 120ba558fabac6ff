import { Failure } from '../lib/failure.ts'
import type { Flag } from './flag.ts'

const UNIT_MS: Readonly<Record<string, number>> = {
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 7 * 86_400_000,
}

/** An age in milliseconds: `30d`, `2w`, `12h`, `90m`. */
function parseAge(text: string): number | undefined {
  const match = /^(\d{1,6})\s*([mhdw])$/i.exec(text.trim())
  if (match === null)
    throw new Failure('usage', `expects an age such as 30d, 2w or 12h, not "${text}"`, { kind: 'usage' })
  return Number(match[1]) * UNIT_MS[match[2].toLowerCase()]
}

/** Settings of the `cache` commands. */
export const CACHE_FLAGS = {
  olderThan: {
    name: 'older-than',
    argument: 'AGE',
    summary: 'only what was not used for so long: 30d, 2w, 12h',
    parse: parseAge,
    fallback: undefined,
  } satisfies Flag<number | undefined>,
} as const
