import type { VendorStatus } from '../../../model/finding.ts'
import { statedAffected } from '../../feeds/stated-status.ts'
import type { OsvAffected } from '../../types.ts'
import { complementOf, type Interval, parseConstraint, rangesOf } from '../constraint.ts'
import { severityWord, type TrivyAdvisory, type TrivyEntry } from './shapes.ts'

/** `pkg/types`, Status, in order. */
const STATUSES: readonly (VendorStatus | undefined)[] = [
  undefined,
  'not-affected',
  'affected',
  'fixed',
  'under-investigation',
  'will-not-fix',
  'deferred',
  'end-of-life',
]
const STATUS_WORDS: ReadonlyMap<string, VendorStatus> = new Map([
  ['not_affected', 'not-affected'],
  ['affected', 'affected'],
  ['fixed', 'fixed'],
  ['under_investigation', 'under-investigation'],
  ['will_not_fix', 'will-not-fix'],
  ['fix_deferred', 'deferred'],
  ['end_of_life', 'end-of-life'],
])

function statusOf(value: TrivyAdvisory['Status'], fixed: string | undefined): VendorStatus {
  const stated = typeof value === 'number' ? STATUSES[value] : STATUS_WORDS.get(value ?? '')
  if (fixed !== undefined) return 'fixed'
  return stated === undefined || stated === 'fixed' ? 'affected' : stated
}

/** What an advisory says about a package of a distribution's release, or of several for an entry by CPEs. */
export function systemAffected(
  of: { readonly ecosystems: readonly string[]; readonly name: string; readonly source: string },
  advisory: Pick<TrivyEntry, 'FixedVersion' | 'Status' | 'Severity' | 'Arches' | 'Cves'> &
    Pick<TrivyAdvisory, 'AffectedVersion'>,
): readonly OsvAffected[] {
  const fixed = advisory.FixedVersion?.trim() || undefined
  // An entry about one CVE grades it; about several, no one.
  const graded = advisory.Severity ?? (advisory.Cves?.length === 1 ? advisory.Cves[0].Severity : undefined)
  const word = severityWord(graded)
  // Modules' packages are filed as `nodejs:18::npm`.
  const module = /^([^:]+:[^:]+)::(.+)$/.exec(of.name)
  const introduced = advisory.AffectedVersion?.trim() || undefined
  return of.ecosystems.map((ecosystem) =>
    statedAffected({
      ecosystem,
      name: module?.[2] ?? of.name,
      status: statusOf(advisory.Status, fixed),
      ...(fixed === undefined ? {} : { fixed }),
      ...(introduced === undefined ? {} : { introduced }),
      ...(module === null ? {} : { module: module[1] }),
      ...(advisory.Arches?.length ? { architectures: advisory.Arches } : {}),
      ...(word === undefined ? {} : { severity: [{ type: of.source, score: word }] }),
    }),
  )
}

/**
 * What an advisory says about a language's package: the vulnerable versions, or, where only repaired and untouched ones are listed, all
 * others. A text instead is the reason why nothing can be made of it.
 */
export function languageAffected(ecosystem: string, name: string, advisory: TrivyAdvisory): OsvAffected | string {
  const vulnerable = advisory.VulnerableVersions ?? []
  const sound = [...(advisory.PatchedVersions ?? []), ...(advisory.UnaffectedVersions ?? [])]
  if (vulnerable.length === 0 && sound.length === 0) return 'it names no versions'
  const intervals: Interval[] = []
  for (const constraint of vulnerable.length > 0 ? vulnerable : sound) {
    const parsed = parseConstraint(constraint)
    if (parsed === undefined) return `it has versions that are not understood: ${constraint.slice(0, 100)}`
    intervals.push(...parsed)
  }
  // A lone version in a list of repaired ones is where the repair begins.
  const open = intervals.map((one) => (one.through && one.from === one.to ? { from: one.from } : one))
  const { ranges, after } = vulnerable.length > 0 ? rangesOf(withFixes(intervals, advisory)) : complementOf(open)
  return {
    package: { ecosystem, name },
    ranges,
    ...(after.length === 0 ? {} : { ecosystem_specific: { introduced_after: after } }),
  }
}

/** `<= 1.2.3` whose only repaired version is stated ends there, so that the fix has a name. */
function withFixes(intervals: readonly Interval[], advisory: TrivyAdvisory): readonly Interval[] {
  const [patched, more] = advisory.PatchedVersions ?? []
  const fix = patched !== undefined && more === undefined ? /^v?(\d[\w.+-]*)$/.exec(patched.trim())?.[1] : undefined
  const last = intervals.at(-1)
  if (fix === undefined || intervals.length !== 1 || last?.to === undefined || !last.through || last.from === last.to)
    return intervals
  return [{ ...(last.from === undefined ? {} : { from: last.from, after: last.after }), to: fix }]
}
