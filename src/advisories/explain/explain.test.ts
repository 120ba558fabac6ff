import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { componentOf, recordOf } from '../../../test/support/advisories.ts'
import { trivyDatabase } from '../../../test/support/trivy-database.ts'
import { memoryDatabase } from '../memory.ts'
import { openAdvisories } from '../open.ts'
import type { AdvisoryDatabase, OsvAffected, OsvRecord } from '../types.ts'
import { updateAdvisories } from '../updating.ts'
import { contradictions } from './audit.ts'
import { type Explanation, explainWeakness } from './explain.ts'

const FIXTURES = resolve(process.env.BULWARK_CONFORMANCE ?? '../shared/conformance', 'trivy/fixtures/db')

/** Who says what of severity, a line each. */
const severities = (explained: Explanation | undefined) =>
  explained?.statements.flatMap(({ id, severities: said }) =>
    said.map(({ source, value, score }) => `${id}: ${source} ${value}${score === undefined ? '' : ` ${score}`}`),
  )

describe.skipIf(!existsSync(FIXTURES))("sources that grade differently, of Trivy's tests (BULWARK_CONFORMANCE)", () => {
  let folder: string
  let database: AdvisoryDatabase
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'bulwark-explain-'))
    const from = join(folder, 'trivy.db')
    writeFileSync(from, trivyDatabase(FIXTURES))
    const io = { env: {}, now: () => new Date('2026-11-24T10:00:00Z') }
    await updateAdvisories({ cacheDir: folder, from, feeds: { asked: ['none'] } }, io)
    database = openAdvisories(folder)
  })
  afterAll(() => {
    database.close()
    rmSync(folder, { recursive: true, force: true })
  })

  it('CVE-2022-3715: five sources, of whom Ubuntu decides about its own package', () => {
    const bash = componentOf({ name: 'bash', version: '5.1-6ubuntu1', ecosystem: 'Ubuntu:22.04:LTS' })
    const explained = explainWeakness(database, 'CVE-2022-3715', bash)
    expect(severities(explained)).toEqual([
      'UBUNTU-CVE-2022-3715: ubuntu medium',
      'CVE-2022-3715: nvd high',
      'CVE-2022-3715: nvd high 7.8',
      'CVE-2022-3715: azurelinux high',
      'CVE-2022-3715: photon high',
      'CVE-2022-3715: redhat low',
      'CVE-2022-3715: redhat medium 6.6',
      'CVE-2022-3715: ubuntu medium',
    ])
    expect(explained?.statements[0]).toMatchObject({
      source: 'ubuntu',
      packages: [{ ecosystem: 'Ubuntu:22.04', name: 'bash', status: 'affected', judged: { verdict: 'affected' } }],
    })
    expect(explained?.component).toMatchObject({
      because: 'a finding: UBUNTU-CVE-2022-3715 holds this version affected',
      severityRule:
        'ubuntu says medium: the vendor of the package, in its own words, before nvd (high), azurelinux (high), photon (high), redhat (low)',
    })
    const byNvd = explainWeakness(database, 'CVE-2022-3715', bash, {
      includeKernelHeaders: true,
      image: true,
      severitySources: ['nvd'],
    })
    expect(byNvd?.component?.severityRule).toMatch(/^nvd says high \(7\.8\): asked for first \(--severity-source\)/)
    expect(byNvd?.component?.finding?.severity).toMatchObject({ value: 'high', source: 'nvd' })
  })

  it('CVE-2016-9401: fixed by Ubuntu 18.04 from the beginning, low by some and medium by others', () => {
    const bash = componentOf({ name: 'bash', version: '4.4.18-2ubuntu1', ecosystem: 'Ubuntu:18.04:LTS' })
    const explained = explainWeakness(database, 'CVE-2016-9401', bash)
    expect(severities(explained)).toEqual([
      'UBUNTU-CVE-2016-9401: ubuntu low',
      'CVE-2016-9401: nvd medium',
      'CVE-2016-9401: nvd medium 5.5',
      'CVE-2016-9401: nvd low 2.1',
      'CVE-2016-9401: amazon medium',
      'CVE-2016-9401: oracle medium',
      'CVE-2016-9401: photon medium',
      'CVE-2016-9401: redhat low',
      'CVE-2016-9401: redhat low 3.3',
      'CVE-2016-9401: redhat low 1.9',
      'CVE-2016-9401: ubuntu low',
    ])
    expect(explained?.statements[0]?.packages).toMatchObject([
      { judged: { verdict: 'unaffected', why: '4.4.18-2ubuntu1 is outside' } },
    ])
    expect(explained?.component?.because).toBe('no finding: 4.4.18-2ubuntu1 is outside every range')
  })

  it('CVE-2018-0734: an update of several weaknesses, graded by the weakness itself and by its vendor first', () => {
    const openssl = componentOf({ name: 'openssl', version: '1:1.0.2k-16.el7', ecosystem: 'Red Hat:7' })
    const explained = explainWeakness(database, 'CVE-2018-0734', openssl)
    expect(severities(explained)).toEqual([
      'CVE-2018-0734: nvd medium',
      'CVE-2018-0734: nvd medium 5.9',
      'CVE-2018-0734: nvd medium 4.3',
      'CVE-2018-0734: amazon medium',
      'CVE-2018-0734: arch low',
      'CVE-2018-0734: azurelinux medium',
      'CVE-2018-0734: oracle low',
      'CVE-2018-0734: photon medium',
      'CVE-2018-0734: redhat low',
      'CVE-2018-0734: redhat medium 5.1',
      'CVE-2018-0734: ubuntu low',
    ])
    expect(explained?.statements[0]).toMatchObject({ id: 'RHSA-2019:2304', bundle: true, more: 1 })
    expect(explained?.component).toMatchObject({
      because: 'a finding: RHSA-2019:2304 holds this version affected',
      finding: { fixes: [{ to: '1:1.0.2k-19.el7' }], severity: { value: 'low', source: 'redhat' } },
      severityRule: expect.stringMatching(
        /^redhat says low \(5\.1\): the vendor of the package, in its own words, before nvd \(medium\)/,
      ),
    })
  })
})

const until = (fixed: string, introduced = '0'): OsvAffected['ranges'] => [
  { type: 'ECOSYSTEM', events: [{ introduced }, { fixed }] },
]
const of = (ecosystem: string, name: string, ranges: OsvAffected['ranges']): OsvAffected => ({
  package: { ecosystem, name },
  ranges,
})

describe('sources that contradict each other', () => {
  const vector = (score: string) => [{ type: 'CVSS_V3', score }]
  const records: OsvRecord[] = [
    recordOf({
      id: 'GHSA-aaaa-bbbb-cccc',
      aliases: ['CVE-2026-1'],
      severity: vector('CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H'),
      affected: [of('PyPI', 'shop', until('2.0'))],
    }),
    recordOf({
      id: 'PYSEC-2026-1',
      aliases: ['CVE-2026-1'],
      severity: vector('CVSS:3.1/AV:L/AC:H/PR:H/UI:R/S:U/C:L/I:N/A:N'),
      affected: [of('PyPI', 'shop', until('1.8', '1.2'))],
    }),
    recordOf({ id: 'GHSA-dddd-eeee-ffff', aliases: ['CVE-2026-2'], affected: [of('PyPI', 'shop', until('3.0'))] }),
    recordOf({ id: 'PYSEC-2026-2', aliases: ['CVE-2026-2'], affected: [of('PyPI', 'shop', until('3.0.0'))] }),
  ]
  const db = memoryDatabase(records)

  it('are listed with a version about which they differ, and where they grade two steps apart', () => {
    expect([...contradictions(db)]).toEqual([
      {
        kind: 'versions',
        weakness: 'CVE-2026-1',
        ecosystem: 'PyPI',
        name: 'shop',
        one: { id: 'GHSA-aaaa-bbbb-cccc', says: 'affected' },
        other: { id: 'PYSEC-2026-1', says: 'not affected' },
        version: '1.8',
      },
      expect.objectContaining({
        kind: 'severity',
        one: { id: 'GHSA-aaaa-bbbb-cccc', says: 'critical' },
        other: { id: 'PYSEC-2026-1', says: 'low' },
      }),
    ])
  })

  it('are explained: which ranges matched, and what the policy makes of it', () => {
    const shop = componentOf({ name: 'shop', version: '1.9', ecosystem: 'PyPI' })
    const explained = explainWeakness(db, 'CVE-2026-1', shop)
    expect(
      explained?.statements.map(({ id, packages: [one] }) => [id, one?.judged?.verdict, one?.judged?.why]),
    ).toEqual([
      ['GHSA-aaaa-bbbb-cccc', 'affected', '1.9 is within'],
      ['PYSEC-2026-1', 'unaffected', '1.9 is outside'],
    ])
    expect(explained?.component?.because).toBe('a finding: GHSA-aaaa-bbbb-cccc holds this version affected')
    const agreed = explainWeakness(db, 'CVE-2026-1', shop, {
      includeKernelHeaders: true,
      image: true,
      policy: 'agreed',
    })
    expect(agreed?.component?.because).toBe('no finding: PYSEC-2026-1 decides over GHSA-aaaa-bbbb-cccc')
  })

  it('a tracker clears what an update names, unless any word counts', () => {
    const distribution = memoryDatabase([
      recordOf({
        id: 'DSA-1-1',
        upstream: ['CVE-2026-3', 'CVE-2026-4'],
        affected: [of('Debian:12', 'bash', until('5.2-9'))],
      }),
      recordOf({
        id: 'DEBIAN-CVE-2026-3',
        upstream: ['CVE-2026-3'],
        affected: [of('Debian:12', 'bash', until('5.2-3'))],
      }),
    ])
    const bash = componentOf({ name: 'bash', version: '5.2-5', ecosystem: 'Debian:12' })
    expect([...contradictions(distribution)]).toMatchObject([{ weakness: 'CVE-2026-3', version: '5.2-3' }])
    const outcome = (policy: 'specific' | 'any') =>
      explainWeakness(distribution, 'CVE-2026-3', bash, { includeKernelHeaders: true, image: true, policy })?.component
    expect(outcome('specific')?.because).toBe('no finding: DEBIAN-CVE-2026-3 decides over DSA-1-1')
    expect(outcome('any')?.finding?.names[0]).toBe('CVE-2026-3')
  })

  it('says that nobody goes by a name, and what a record is about when it is about something else', () => {
    expect(explainWeakness(db, 'CVE-1999-1')).toBeUndefined()
    const other = componentOf({ name: 'shop', version: '1', ecosystem: 'npm' })
    expect(explainWeakness(db, 'CVE-2026-1', other)?.component?.because).toBe(
      'no finding: no record of it names shop in npm',
    )
  })
})
