import type { OsvRecord } from '../../types.ts'
import { type StatedPackage, statedAffected } from '../stated-status.ts'

/** What the tracker says about one package of one release. */
export interface TrackedPatch {
  /** `jammy`, `esm-infra/xenial`, `upstream`, `devel`. */
  readonly distro: string
  readonly package: string
  readonly status: string
  /** What stands in parentheses: a version where it was released, a reason elsewhere. */
  readonly version?: string | null
  readonly priority?: string | null
}

/** One weakness of the tracker. */
export interface TrackedIssue {
  readonly name: string
  readonly priority?: string
  readonly published?: string
  readonly description?: string
  readonly references: readonly string[]
  readonly patches: readonly TrackedPatch[]
}

/** Ubuntu's releases by their code names (https://wiki.ubuntu.com/Releases), as OSV writes them behind `Ubuntu:`. */
const RELEASES: ReadonlyMap<string, string> = new Map(
  Object.entries({
    dapper: '6.06:LTS',
    hardy: '8.04:LTS',
    lucid: '10.04:LTS',
    maverick: '10.10',
    natty: '11.04',
    oneiric: '11.10',
    precise: '12.04:LTS',
    quantal: '12.10',
    raring: '13.04',
    saucy: '13.10',
    trusty: '14.04:LTS',
    utopic: '14.10',
    vivid: '15.04',
    wily: '15.10',
    xenial: '16.04:LTS',
    yakkety: '16.10',
    zesty: '17.04',
    artful: '17.10',
    bionic: '18.04:LTS',
    cosmic: '18.10',
    disco: '19.04',
    eoan: '19.10',
    focal: '20.04:LTS',
    groovy: '20.10',
    hirsute: '21.04',
    impish: '21.10',
    jammy: '22.04:LTS',
    kinetic: '22.10',
    lunar: '23.04',
    mantic: '23.10',
    noble: '24.04:LTS',
    oracular: '24.10',
    plucky: '25.04',
    questing: '25.10',
    resolute: '26.04:LTS',
  }),
)

/**
 * One record of what the tracker says about a weakness, `UBUNTU-CVE-…` as OSV names it; undefined where it says nothing about a release
 * (upstream, the release that is being made, products beside Ubuntu). The fixes of Pro's streams (`esm-infra/xenial`) are for its subscribers.
 */
export function trackedRecord(issue: TrackedIssue, at: string): OsvRecord | undefined {
  const affected = issue.patches.flatMap((patch) => {
    const stated = statedOf(patch)
    return stated === undefined ? [] : [statedAffected(stated)]
  })
  if (affected.length === 0) return undefined
  const { name, priority, published, description, references } = issue
  return {
    id: `UBUNTU-${name}`,
    modified: at,
    ...(published === undefined ? {} : { published }),
    aliases: [],
    upstream: [name],
    related: [],
    ...(description === undefined ? {} : { details: description }),
    severity: priority === undefined ? [] : [{ type: 'Ubuntu', score: priority }],
    affected,
    references: [
      { type: 'ADVISORY', url: `https://ubuntu.com/security/${name}` },
      ...references.map((url) => ({ type: 'WEB', url })),
    ],
  }
}

/** What the tracker's words mean (README, "STATUS"). `DNE`: there is no such package in the release. */
function statedOf({ distro, package: name, status, version, priority }: TrackedPatch): StatedPackage | undefined {
  const ecosystem = ecosystemOf(distro)
  if (ecosystem === undefined || status === 'DNE') return undefined
  const note = version ?? ''
  const base = {
    ecosystem,
    name,
    ...(note === '' ? {} : { reason: `${status}: ${note}` }),
    ...(priority ? { severity: [{ type: 'Ubuntu', score: priority }] } : {}),
  }
  switch (status) {
    case 'released':
    case 'released-esm':
      // A version is what may be compared; `released` alone says that there is a fix and not which.
      return /^\d/.test(note) ? { ...base, status: 'fixed', fixed: note } : { ...base, status: 'affected' }
    case 'not-affected':
      return { ...base, status: 'not-affected' }
    case 'ignored':
      return {
        ...base,
        status: /end[ -]of[ -](?:life|support)|out of standard support/i.test(note) ? 'end-of-life' : 'will-not-fix',
      }
    case 'deferred':
    case 'pending':
      return { ...base, status: 'deferred' }
    case 'needs-triage':
    case 'in-progress':
      return { ...base, status: 'under-investigation' }
    default:
      return { ...base, status: 'affected' }
  }
}

function ecosystemOf(distribution: string): string | undefined {
  const [first, second] = distribution.split('/')
  const release = RELEASES.get(second ?? first)
  if (release === undefined) return undefined
  if (second === undefined) return `Ubuntu:${release}`
  return /^esm(?:-infra|-apps)?(?:-legacy)?$/.test(first) ? `Ubuntu:Pro:${release}` : undefined
}
