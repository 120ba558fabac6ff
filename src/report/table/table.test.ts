import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { component, finding, scanResult } from '../../../test/support/scan-result.ts'
import { columnsOf } from '../printable.ts'
import type { ReportOptions } from '../types.ts'
import { table } from './index.ts'

const OPTIONS: ReportOptions = {
  width: 100,
  colour: false,
  allFindings: false,
  listPackages: false,
  showSuppressed: false,
  version: '1.2.3',
  now: new Date('2026-08-01T12:00:00Z'),
}

const openssl = component({ name: 'libssl3', version: '3.0.11-1', source: { name: 'openssl', version: '3.0.11-1' } })
const crypto = component({ name: 'libcrypto3', version: '3.0.11-1', source: { name: 'openssl', version: '3.0.11-1' } })

function cve(number: number, over: Parameters<typeof finding>[0] | object = {}): ReturnType<typeof finding> {
  return finding({ names: [`CVE-2024-${String(number).padStart(4, '0')}`], component: openssl.id, ...over })
}

describe('the table', () => {
  it('says in one line that nothing was found, and never so when something was not seen', () => {
    const clean = scanResult({ inventory: { components: [openssl] } })
    expect(table.render(clean, OPTIONS)).toContain('\nNothing found.\n')
    expect(table.render(scanResult(), OPTIONS)).toContain('\nNothing found: there are no packages to examine.\n')
    expect(table.render({ ...clean, whole: false }, OPTIONS)).toContain('\nNothing found; not every file could be read')
    const unpublished = { code: 'no-advisories-published', message: 'nobody publishes any', effect: 'notice' } as const
    expect(table.render({ ...clean, diagnostics: [unpublished] }, OPTIONS)).toContain('in what could be examined.')
    const blind = scanResult({
      complete: false,
      diagnostics: [{ code: 'layer-absent', message: 'is not here', effect: 'blind', layer: { index: 2 } }],
    })
    const text = table.render(blind, OPTIONS)
    expect(text).not.toContain('Nothing found.\n')
    expect(text).toContain('Nothing found in what could be examined.')
    expect(text).toMatch(/^Blind +layer 2: is not here$/m)
  })

  it('puts id, package, installed and fixed version on one line that can be grepped', () => {
    const result = scanResult({
      inventory: { components: [openssl] },
      findings: [
        cve(1, {
          fixes: [{ kind: 'upgrade', to: '3.0.15-1' }],
          severity: { value: 'critical', source: 'nvd', score: 9.8 },
        }),
      ],
    })
    expect(table.render(result, OPTIONS)).toMatch(
      /^CRITICAL +CVE-2024-0001 +libssl3 3\.0\.11-1 → 3\.0\.15-1 +CVSS 9\.8 nvd$/m,
    )
  })

  it('says below a finding whether it is reachable, where that is known', () => {
    const reachability = { reason: 'affected code linked in: x/y.Z', path: ['bin/server'] }
    const shown = (over: object): string =>
      table.render(scanResult({ inventory: { components: [openssl] }, findings: [cve(1, over)] }), OPTIONS)
    expect(shown({ reachable: 'yes', reachability })).toMatch(/^ +reachable: affected code linked in: x\/y\.Z$/m)
    expect(shown({ reachable: 'no', reachability })).toMatch(/^ +not reachable: affected code/m)
    expect(shown({ reachable: 'unknown', reachability })).not.toContain('affected code')
  })

  it('says that there is no fix', () => {
    const result = scanResult({ inventory: { components: [openssl] }, findings: [cve(1)] })
    expect(table.render(result, OPTIONS)).toContain('libssl3 3.0.11-1 (no fix)')
  })

  it('counts by severity, by what can be fixed and by what is exploited', () => {
    const fixes = [{ kind: 'upgrade', to: '2' } as const]
    const result = scanResult({
      inventory: { components: [openssl] },
      findings: [
        cve(1, { fixes, exploit: { maturity: 'weaponised', knownSince: '2024-02-11' } }),
        cve(2, { fixes }),
        cve(3, { severity: { value: 'unknown', source: 'none' } }),
        cve(4, { disposition: { state: 'excepted', reason: 'no', by: 'x:1' } }),
      ],
    })
    const text = table.render(result, OPTIONS)
    expect(text).toContain('3 findings, 2 can be fixed, 1 known to be exploited')
    expect(text).toMatch(/^ high +2 +2 +1$/m)
    expect(text).toMatch(/^ unknown +1 +- +-$/m)
    expect(text).toMatch(/^Suppressed +1 \(1 excepted, 0 not affected\) +--show-suppressed$/m)
    expect(text).toContain('KEV 2024-02-11')
  })

  it('shows the first findings and says how many more there are', () => {
    const findings = Array.from({ length: 40 }, (_, i) => cve(i))
    const result = scanResult({ inventory: { components: [openssl] }, findings })
    expect(table.render(result, OPTIONS)).toContain('… 15 more findings: --all-findings')
    const all = table.render(result, { ...OPTIONS, allFindings: true })
    expect(all.match(/CVE-2024-/g)).toHaveLength(40)
  })

  it('proposes one upgrade for all packages of a source, to the version that settles all', () => {
    const result = scanResult({
      inventory: { components: [openssl, crypto] },
      findings: [
        cve(1, { fixes: [{ kind: 'upgrade', to: '3.0.13-1' }] }),
        cve(2, { fixes: [{ kind: 'upgrade', to: '3.0.9-1' }] }),
        cve(1, { component: crypto.id, fixes: [{ kind: 'upgrade', to: '3.0.13-1' }] }),
      ],
    })
    expect(table.render(result, OPTIONS)).toMatch(
      /^ 1 +libcrypto3, libssl3 3\.0\.11-1 → 3\.0\.13-1 +Debian:12 +high +3 findings$/m,
    )
  })

  it('cuts long places of upgrades at their front where they would not fit', () => {
    const path = `usr/lib/${'deep/'.repeat(20)}package.json`
    const library = component({ name: 'lib', version: '1', kind: 'library', evidence: [{ path, confidence: 1 }] })
    const findings = [cve(1, { component: library.id, fixes: [{ kind: 'upgrade', to: '2' }] })]
    const text = table.render(scanResult({ inventory: { components: [library] }, findings }), { ...OPTIONS, width: 80 })
    const line = text.split('\n').find((one) => one.startsWith(' 1  lib')) ?? ''
    expect(line).toMatch(/^ 1 +lib 1 → 2 +….*deep\/package\.json +high +1 finding$/)
    expect(columnsOf(line)).toBe(80)
  })

  it('lists packages, suppressed findings, and what a filter left out, when asked', () => {
    const result = scanResult({
      inventory: { components: [openssl] },
      findings: [
        cve(4, { disposition: { state: 'excepted', reason: 'not used', by: '.trivyignore:3', until: '2027-01-01' } }),
      ],
      leftOut: [{ filter: '--severity', count: 3, unknownSeverity: 1 }],
      scanners: { ran: ['vuln'], notRun: ['secret'] },
    })
    const text = table.render(result, { ...OPTIONS, listPackages: true, showSuppressed: true })
    expect(text).toMatch(/^ libssl3 +3\.0\.11-1 +Debian:12 +var\/lib\/dpkg\/status$/m)
    expect(text).toContain('excepted by .trivyignore:3 until 2027-01-01: not used')
    expect(text).toMatch(/^Left out +3 findings by --severity, 1 of them of unknown severity$/m)
    expect(text).toMatch(/^Not examined +not asked: secret$/m)
  })

  it('shows kernel headers as one line with the count', () => {
    const statement = 'not affected: vulnerable code not present'
    const collapsed = [{ component: 'c', name: 'linux-libc-dev', version: '6.1', count: 812, statement }]
    expect(table.render(scanResult({ collapsed }), OPTIONS)).toMatch(
      /^Not affected +linux-libc-dev 6\.1: 812 findings, not affected: vulnerable code not present/m,
    )
  })

  it('says until when the system is supported', () => {
    const os = { id: 'debian', name: 'Debian GNU/Linux 12', version: '12', release: '12', idLike: [], evidence: [] }
    const support = { endOfLife: '2026-06-10', endOfExtendedSupport: '2028-06-30', extendedBy: 'LTS', source: 'x' }
    const text = table.render(scanResult({ inventory: { os: { ...os, support } } }), OPTIONS)
    expect(text).toContain('support ended 2026-06-10, extended by LTS to 2028-06-30')
    const ended = table.render(
      scanResult({ inventory: { os: { ...os, support: { endOfLife: '2020-01-01', source: 'x' } } } }),
      OPTIONS,
    )
    expect(ended).toContain('(support ended 2020-01-01)')
  })

  it('paints only when asked', () => {
    const result = scanResult({ inventory: { components: [openssl] }, findings: [cve(1)] })
    expect(table.render(result, OPTIONS)).not.toContain('\u001b')
    expect(table.render(result, { ...OPTIONS, colour: true })).toContain('\u001b[31m')
  })

  it('keeps what continues a diagnostic within the width', () => {
    const message = 'x'.repeat(100)
    const result = scanResult({ diagnostics: [{ code: 'x', message, path: 'a', effect: 'partial' }] })
    const lines = table.render(result, { ...OPTIONS, width: 60 }).split('\n')
    expect(lines.some((line) => line.includes('xxx'))).toBe(true)
    for (const line of lines) expect(columnsOf(line)).toBeLessThanOrEqual(60)
  })

  it('writes no control character, whatever an image or advisory says, and keeps to the width', () => {
    const hostile = fc.string({ unit: 'binary', maxLength: 300 })
    fc.assert(
      fc.property(hostile, hostile, hostile, fc.integer({ min: 60, max: 200 }), (name, title, version, width) => {
        const bad = component({ id: 'c', name, version, evidence: [{ path: title, confidence: 1 }] })
        const result = scanResult({
          inventory: { subject: { kind: 'image', name: title }, components: [bad] },
          findings: [
            finding({
              names: [name],
              title,
              component: 'c',
              remarks: [title],
              evidence: [{ path: name, confidence: 1 }],
            }),
          ],
          diagnostics: [{ code: 'x', message: title, path: name, effect: 'partial' }],
        })
        const text = table.render(result, { ...OPTIONS, width })
        expect(text.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}]/u)
        const details = text.split('\n').filter((line) => line.startsWith(' '.repeat(10)))
        for (const line of details) expect(columnsOf(line)).toBeLessThanOrEqual(width)
      }),
    )
  })
})
