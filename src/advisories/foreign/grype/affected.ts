import type { VendorStatus } from '../../../model/finding.ts'
import { isSystemEcosystem } from '../../ecosystems.ts'
import { statedAffected } from '../../feeds/stated-status.ts'
import type { OsvAffected, OsvRange } from '../../types.ts'
import { type Interval, parseConstraint, rangesOf } from '../constraint.ts'
import type { GrypePackage } from './shapes.ts'

type Range = NonNullable<GrypePackage['ranges']>[number]

const STATES: ReadonlyMap<string, VendorStatus> = new Map([
  ['fixed', 'fixed'],
  ['not-fixed', 'affected'],
  ['wont-fix', 'will-not-fix'],
])

/** What is said about one package: an entry for each state of repair. A text is the reason why nothing can be made of it. */
export function affectedOf(ecosystem: string, name: string, said: GrypePackage): readonly OsvAffected[] | string {
  const byState = new Map<string, { status: VendorStatus; fixedOn?: string; ranges: OsvRange[]; after: string[] }>()
  for (const range of said.ranges?.length ? said.ranges : [{}]) {
    const intervals = intervalsOf(range)
    if (intervals === undefined)
      return `it has versions that are not understood: ${range.version?.constraint?.slice(0, 100)}`
    const status = STATES.get(range.fix?.state ?? '') ?? 'affected'
    const fixedOn = dateOf(range)
    const key = `${status} ${fixedOn ?? ''}`
    const known = byState.get(key) ?? { status, ...(fixedOn === undefined ? {} : { fixedOn }), ranges: [], after: [] }
    byState.set(key, known)
    const { ranges, after } = rangesOf(intervals)
    known.ranges.push(...ranges)
    known.after.push(...after)
  }
  const module = said.qualifiers?.rpm_modularity || undefined
  const cpes = said.qualifiers?.platform_cpes?.length ? said.qualifiers.platform_cpes : undefined
  return [...byState.values()].map(({ status, fixedOn, ranges, after }): OsvAffected => {
    const stated = isSystemEcosystem(ecosystem)
      ? {
          status,
          ...(fixedOn === undefined ? {} : { fixed_on: fixedOn }),
          ...(module === undefined ? {} : { module }),
          ...(cpes === undefined ? {} : { cpes }),
        }
      : {}
    const specific = { ...stated, ...(after.length === 0 ? {} : { introduced_after: after }) }
    return {
      package: { ecosystem, name },
      ranges,
      ...(Object.keys(specific).length === 0 ? {} : { ecosystem_specific: specific }),
    }
  })
}

/** That a package is not affected at all; a text where it is so for some of its versions only. */
export function unaffectedOf(ecosystem: string, name: string, said: GrypePackage): OsvAffected | string {
  const some = (said.ranges ?? []).some((range) => (range.version?.constraint ?? '').trim() !== '')
  if (some) return 'that some versions are not affected is not read'
  return statedAffected({ ecosystem, name, status: 'not-affected' })
}

/** The versions of a range; where it ends at the last affected one and a fix is named, it ends there. */
function intervalsOf({ version, fix }: Range): readonly Interval[] | undefined {
  const constraint = (version?.constraint ?? '').replace(/\s+\([a-z-]+\)\s*$/i, '').trim()
  const intervals = constraint === '' || constraint === 'none (unknown)' ? [{}] : parseConstraint(constraint)
  const to = fix?.state === 'fixed' ? fix.version?.trim() || undefined : undefined
  if (intervals?.length !== 1 || to === undefined) return intervals
  const [one] = intervals
  if (one.to !== undefined && (!one.through || one.from === one.to)) return intervals
  return [{ ...(one.from === undefined ? {} : { from: one.from, after: one.after }), to }]
}

function dateOf({ fix }: Range): string | undefined {
  const date = fix?.detail?.available?.date ?? fix?.detail?.timestamp
  return date ? /^\d{4}-\d\d-\d\d/.exec(date)?.[0] : undefined
}
