import { describe, expect, it } from 'vitest'
import { componentOf } from '../../test/support/advisories.ts'
import { finding } from '../../test/support/scan-result.ts'
import { leaveToOwners, type OwnersSay } from './owned-findings.ts'

const os = componentOf({ name: 'python3-six', version: '1.16.0-4', ecosystem: 'Debian:12' })
const owned = componentOf({ name: 'six', version: '1.16.0', ecosystem: 'PyPI', ownedBy: os.id })
const own = componentOf({ name: 'lodash', version: '4.17.11', ecosystem: 'npm' })
const inventory = { components: [os, owned, own] }
const findings = [
  finding({ id: 'a', names: ['CVE-2024-0001'], component: os.id }),
  finding({ id: 'b', names: ['CVE-2024-0001'], component: owned.id, severity: { value: 'unknown', source: 'none' } }),
  finding({ id: 'c', names: ['CVE-2024-0001'], component: own.id }),
  finding({ id: 'd', names: ['CVE-2024-0001'] }),
]
const say = (coverage: OwnersSay['coverage'], ...names: string[]): OwnersSay => ({
  coverage,
  vendorNames: () => new Set(names),
})
const covered = (state: 'examined' | 'missing') => [{ ecosystem: 'Debian:12', components: 1, state }]

describe('findings of library packages that belong to an OS package', () => {
  it('are left out and counted where the advisories of the OS were examined', () => {
    const { kept, leftOut } = leaveToOwners(findings, inventory, say(covered('examined')))
    expect(kept.map(({ id }) => id)).toEqual(['a', 'c', 'd'])
    expect(leftOut).toEqual([{ filter: expect.stringContaining('ownership'), count: 1, unknownSeverity: 1 }])
  })

  it('stay, with less confidence and the owner named, where nothing else would speak for them', () => {
    for (const coverage of [covered('missing'), []]) {
      const { kept, leftOut } = leaveToOwners(findings, inventory, say(coverage))
      expect(leftOut).toEqual([])
      expect(kept.map(({ id }) => id)).toEqual(['a', 'b', 'c', 'd'])
      expect(kept[1].confidence).toBeLessThan(0.5)
      expect(kept[1].remarks.join()).toContain('python3-six 1.16.0-4')
      expect(kept[2]).toEqual(findings[2])
    }
  })

  it('stay where the distribution publishes fixes only: its silence says nothing about what it has not fixed', () => {
    const apk = componentOf({ name: 'py3-six', version: '1.16.0-r1', ecosystem: 'Alpine:v3.19' })
    const six = { ...owned, ownedBy: apk.id }
    const coverage = [{ ecosystem: 'Alpine:v3.19', components: 1, state: 'examined' as const }]
    const { kept, leftOut } = leaveToOwners(findings.slice(1, 2), { components: [apk, six] }, say(coverage))
    expect(leftOut).toEqual([])
    expect(kept[0].remarks.join()).toContain('py3-six')
  })

  it('are left to a vendor that publishes fixes only where it speaks of that very weakness', () => {
    const apk = componentOf({ name: 'py3-six', version: '1.16.0-r1', ecosystem: 'Alpine:v3.19' })
    const components = [apk, { ...owned, ownedBy: apk.id }]
    const coverage = [{ ecosystem: 'Alpine:v3.19', components: 1, state: 'examined' as const }]
    const { kept, leftOut } = leaveToOwners(findings.slice(1, 2), { components }, say(coverage, 'CVE-2024-0001'))
    expect(kept).toEqual([])
    expect(leftOut).toMatchObject([{ count: 1 }])
  })

  it('stay when all of them are asked for', () => {
    const all = { ...say(covered('examined')), includeOwned: true }
    expect(leaveToOwners(findings, inventory, all).kept.map(({ id }) => id)).toEqual(['a', 'b', 'c', 'd'])
  })

  it('stay when they are more than a weakness', () => {
    const malware = finding({ id: 'm', kind: 'malicious-package', names: ['MAL-1'], component: owned.id })
    expect(leaveToOwners([malware], inventory, say(covered('examined'))).kept).toEqual([malware])
  })
})
