import { createDraft } from '../src/advisories/database/write.ts'
import type { OsvRecord } from '../src/advisories/index.ts'
import { recordOf } from '../test/support/advisories.ts'

/** How the generated records are spread: as in OSV, about five a package, half of them a distribution's. */
export const SHARES = [
  { ecosystem: 'Debian', share: 0.4, release: ':12', prefix: 'DEBIAN-CVE' },
  { ecosystem: 'npm', share: 0.25, release: '', prefix: 'GHSA' },
  { ecosystem: 'PyPI', share: 0.15, release: '', prefix: 'PYSEC' },
  { ecosystem: 'Go', share: 0.1, release: '', prefix: 'GO' },
  { ecosystem: 'Maven', share: 0.1, release: '', prefix: 'GHSA' },
] as const

export const RECORDS_PER_PACKAGE = 5
const DETAILS = 'An attacker who can send a crafted request makes the parser read past the end of its buffer. '.repeat(
  8,
)

/** Writes an advisory database of so many generated records, as an update would. */
export function writeAdvisories(file: string, records: number): void {
  const draft = createDraft(file)
  const at = '2026-01-01T00:00:00Z'
  for (const { ecosystem, share, release, prefix } of SHARES) {
    const filled = draft.ecosystem(ecosystem)
    for (let index = 0; index < records * share; index++) {
      filled.add(generated(index, ecosystem, release, prefix), at, { source: 'generated', fetchedAt: at })
    }
    filled.finish('generated', at)
  }
  draft.epss(Array.from({ length: records }, (_, index) => [`CVE-2024-${10_000 + index}`, 0.01, 0.5] as const))
  draft.finish({
    builtAt: at,
    from: 'generated',
    checkedAt: at,
    warnings: [],
    listed: SHARES.map((one) => one.ecosystem),
  })
}

/** One record: a package's fixes stand at 1.0.0, 1.1.0 … so that an installed version in between has some of them. */
function generated(index: number, ecosystem: string, release: string, prefix: string): OsvRecord {
  const cve = `CVE-2024-${10_000 + index}`
  const fixed = `1.${index % RECORDS_PER_PACKAGE}.0`
  const distribution = release !== ''
  return recordOf({
    id: distribution ? `${prefix}-${cve.slice(4)}` : `${prefix}-${ecosystem.toLowerCase()}-${index}`,
    ...(distribution ? { upstream: [cve] } : { aliases: [cve] }),
    published: '2024-05-01T00:00:00Z',
    summary: 'Out-of-bounds read in the parser',
    details: DETAILS,
    severity: [{ type: 'CVSS_V3', score: 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H' }],
    affected: [
      {
        package: { ecosystem: `${ecosystem}${release}`, name: `package-${Math.floor(index / RECORDS_PER_PACKAGE)}` },
        ranges: [{ type: distribution ? 'ECOSYSTEM' : 'SEMVER', events: [{ introduced: '0' }, { fixed }] }],
      },
    ],
    references: [{ type: 'WEB', url: `https://example.org/${cve}` }],
  })
}
