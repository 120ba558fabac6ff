import type { VersionScheme } from '../../versions/index.ts'

/** A version scheme that remembers what it has parsed: events and enumerations repeat the same few texts. */
export interface VersionOrder {
  parse(text: string): unknown
  compare(a: unknown, b: unknown): number
}

/** Texts remembered per scheme; beyond it a version is parsed anew, so memory stays bounded whatever the records hold. */
const REMEMBERED = 200_000

/** An order over version texts by `scheme`; never throws. */
export function versionOrder(scheme: VersionScheme<unknown>): VersionOrder {
  const parsed = new Map<string, unknown>()
  return {
    parse(text) {
      let value = parsed.get(text)
      if (value === undefined) {
        value = scheme.parse(text)
        if (parsed.size < REMEMBERED) parsed.set(text, value)
      }
      return value
    },
    compare: (a, b) => scheme.compare(a, b),
  }
}
