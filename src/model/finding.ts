import type { Evidence } from './evidence.ts'
import type { Reachability } from './reachability.ts'
import type { Severity } from './severity.ts'

export type FindingKind =
  | 'vulnerability'
  | 'malicious-package'
  | 'secret'
  | 'misconfiguration'
  | 'licence'
  | 'end-of-life'
  | 'withdrawn-package'
  | 'unmaintained-package'
  | 'drift'
  | 'policy'
  | 'runtime'

/** What a vendor may say about a weakness of its package. */
export const VENDOR_STATUSES = [
  'affected',
  'fixed',
  'deferred',
  'will-not-fix',
  'end-of-life',
  'under-investigation',
  'not-affected',
] as const

/** What the vendor of the package says about it. */
export type VendorStatus = (typeof VENDOR_STATUSES)[number]

/** One statement of severity, by whom. */
export interface SeverityStatement {
  readonly value: Severity
  /** Who says so: the database of the record, as `debian`, `nvd`, `ghsa`, with the record where it is another's: `osv:CVE-2019-1549`. */
  readonly source: string
  readonly vector?: string
  /** CVSS score, 0.0 to 10.0. */
  readonly score?: number
}

export interface Fix {
  readonly kind: 'upgrade' | 'change'
  readonly to?: string
  readonly patch?: string
  /** ISO date since when the fix can be had. */
  readonly availableSince?: string
}

/** What is done about a finding; `open` until somebody says otherwise. */
export type Disposition =
  | { readonly state: 'open' }
  | { readonly state: 'excepted'; readonly reason: string; readonly by: string; readonly until?: string }
  | { readonly state: 'not-affected'; readonly justification: string; readonly statedBy: string }

/** Something a user may have to act on. */
export interface Finding {
  /** Hash of kind, advisory or rule, and component or path; never of a layer or image, so that it survives a rebuild. */
  readonly id: string
  readonly kind: FindingKind
  /** One line. */
  readonly title: string
  /** Longer text, as the advisory has it. */
  readonly description?: string
  /** CVE first, then every other name that it goes by; for rules the rule's id and its equivalents elsewhere. */
  readonly names: readonly string[]
  /** Id of the component it is about. */
  readonly component?: string
  readonly evidence: readonly Evidence[]
  /** The one shown, and who said it. */
  readonly severity: { readonly value: Severity; readonly source: string; readonly score?: number }
  /** All that were said. */
  readonly severities: readonly SeverityStatement[]
  readonly vendorStatus?: VendorStatus
  readonly fixes: readonly Fix[]
  /** What a person must know beside the fix: `only a newer branch is fixed (2.x)`, `fixed with Ubuntu Pro only`. */
  readonly remarks: readonly string[]
  readonly exploit: {
    /** ISO date on which it came into the catalogue of known exploited vulnerabilities. */
    readonly knownSince?: string
    readonly ransomware?: boolean
    /** `public`: a proof is published; `weaponised`: a tool uses it, or it is known to be exploited. */
    readonly maturity: 'none-known' | 'public' | 'weaponised'
    /** Where exploits are published, one of each index. */
    readonly proofs?: readonly {
      readonly source: string
      readonly exploit: 'public' | 'weaponised'
      readonly reference?: string
      readonly since?: string
    }[]
    /** CISA's decision points: exploitation `none`, `poc` or `active`, automatable `yes` or `no`, technical impact `partial` or `total`. */
    readonly ssvc?: { readonly exploitation: string; readonly automatable: string; readonly technicalImpact: string }
    /** EPSS: chance of exploitation within 30 days and its rank, both 0 to 1, and the day of the model's run. */
    readonly epss?: { readonly probability: number; readonly percentile: number; readonly on: string }
  }
  /** Whether what runs loads it: what the entry point of the image loads, or which functions are linked into a Go program. */
  readonly reachable: 'yes' | 'no' | 'unknown'
  /** How that is known, or why it is not; absent where nothing was looked at. */
  readonly reachability?: Pick<Reachability, 'reason' | 'path'>
  /** 0 to 1. */
  readonly confidence: number
  readonly disposition: Disposition
  /** The advisory records it was made from. */
  readonly advisories: readonly {
    readonly id: string
    readonly source: string
    readonly published?: string
    readonly modified?: string
  }[]
  readonly references: readonly string[]
}
