import { VENDOR_STATUSES, type VendorStatus } from '../../model/finding.ts'
import type { OsvAffected } from '../types.ts'

/** What a publisher says about one package of one release, beyond OSV's fields. */
export interface StatedStatus {
  readonly status: VendorStatus
  /** The publisher's own word or sentence: `no-dsa: Minor issue`, `Out of support scope`, `component_not_present`. */
  readonly reason?: string
  /** ISO date since when the fix can be had, where it is not the record's `published`. */
  readonly fixedOn?: string
  /** `name:stream` of the module that the entry speaks about. */
  readonly module?: string
  /** CPE names of the products. */
  readonly cpes?: readonly string[]
  /** Architectures that the entry is limited to. */
  readonly architectures?: readonly string[]
}

/** A package of a release, and up to where it is affected. */
export interface StatedPackage extends StatedStatus {
  /** With release: `Oracle Linux:8`. */
  readonly ecosystem: string
  readonly name: string
  readonly purl?: string
  /** First version that is not affected. */
  readonly fixed?: string
  /** Last version that is affected, where no fix is named. */
  readonly lastAffected?: string
  /** First version that is affected; the first there is unless said. */
  readonly introduced?: string
  /** Last version that is not affected yet, where the first that is has no name. */
  readonly introducedAfter?: string
  /** The publisher's word of severity about this package: `{ type: 'Red Hat', score: 'Important' }`, or a CVSS vector. */
  readonly severity?: OsvAffected['severity']
}

/**
 * An affected entry as every feed writes it: one `ECOSYSTEM` range, which holds no version at all for `not-affected`
 * (`introduced: 0, fixed: 0`), and the status with its reason in `ecosystem_specific` (`status`, `status_reason`, `fixed_on`,
 * `module`, `cpes`, `architectures`).
 */
export function statedAffected(of: StatedPackage): OsvAffected {
  const introduced = { introduced: of.introduced ?? of.introducedAfter ?? '0' }
  const end =
    of.status === 'not-affected'
      ? [{ fixed: '0' }]
      : of.fixed !== undefined
        ? [{ fixed: of.fixed }]
        : of.lastAffected !== undefined
          ? [{ last_affected: of.lastAffected }]
          : []
  return {
    package: { ecosystem: of.ecosystem, name: of.name, ...(of.purl === undefined ? {} : { purl: of.purl }) },
    ranges: [{ type: 'ECOSYSTEM', events: [of.status === 'not-affected' ? { introduced: '0' } : introduced, ...end] }],
    ...(of.severity === undefined ? {} : { severity: of.severity }),
    ecosystem_specific: {
      status: of.status,
      ...(of.reason === undefined ? {} : { status_reason: of.reason }),
      ...(of.fixedOn === undefined ? {} : { fixed_on: of.fixedOn }),
      ...(of.introducedAfter === undefined ? {} : { introduced_after: of.introducedAfter }),
      ...(of.module === undefined ? {} : { module: of.module }),
      ...(of.cpes === undefined ? {} : { cpes: of.cpes }),
      ...(of.architectures === undefined ? {} : { architectures: of.architectures }),
    },
  }
}

const STATUSES: ReadonlySet<unknown> = new Set(VENDOR_STATUSES)

/** What an entry's `ecosystem_specific` states, the inverse of {@link statedAffected}; undefined where it states nothing. */
export function statedStatus(stated: unknown): StatedStatus | undefined {
  if (typeof stated !== 'object' || stated === null) return undefined
  const specific = stated as Readonly<Record<string, unknown>>
  if (!STATUSES.has(specific.status)) return undefined
  const text = (value: unknown) => (typeof value === 'string' ? value : undefined)
  const [reason, fixedOn, module] = [text(specific.status_reason), text(specific.fixed_on), text(specific.module)]
  return {
    status: specific.status as VendorStatus,
    ...(reason === undefined ? {} : { reason }),
    ...(fixedOn === undefined ? {} : { fixedOn }),
    ...(module === undefined ? {} : { module }),
    ...(Array.isArray(specific.architectures)
      ? { architectures: specific.architectures.filter((one) => typeof one === 'string') }
      : {}),
  }
}
