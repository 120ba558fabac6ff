import { describe, expect, it } from 'vitest'
import { component as componentWith, finding as findingWith } from '../../test/support/scan-result.ts'
import { applyExceptions, parseTrivyIgnore, parseTrivyIgnoreYaml } from './index.ts'

const component = componentWith({
  purl: 'pkg:deb/debian/libssl1.1@1.1.1n-0+deb11u3?arch=amd64&distro=debian-11',
  name: 'libssl1.1',
  version: '1.1.1n-0+deb11u3',
  ecosystem: 'Debian:11',
})

const finding = findingWith({
  names: ['CVE-2023-0464', 'DSA-5417-1'],
  component: component.id,
  evidence: component.evidence,
})

const now = new Date('2026-08-01T12:00:00Z')
const apply = (text: string, yaml = false) => {
  const read = yaml ? parseTrivyIgnoreYaml(text, 'i.yaml') : parseTrivyIgnore(text, '.trivyignore')
  const { findings, diagnostics } = applyExceptions([finding], { components: [component] }, read.exceptions, now)
  return { disposition: findings[0].disposition, codes: [...read.diagnostics, ...diagnostics].map(({ code }) => code) }
}

describe('.trivyignore', () => {
  it('excepts by any name of the finding, whatever its case, and says where and why', () => {
    expect(apply('# not reachable\n# in our setup\ncve-2023-0464\n').disposition).toEqual({
      state: 'excepted',
      reason: 'not reachable in our setup',
      by: '.trivyignore:3',
    })
    expect(apply('DSA-5417-1').disposition.state).toBe('excepted')
  })

  it('holds until the day of its date', () => {
    expect(apply('CVE-2023-0464 exp:2026-08-02').disposition).toEqual({
      state: 'excepted',
      reason: '',
      by: '.trivyignore:1',
      until: '2026-08-02',
    })
    expect(apply('CVE-2023-0464 exp:2026-08-01')).toEqual({
      disposition: { state: 'open' },
      codes: ['exception-expired'],
    })
  })

  it('does not apply a line with a wrong date, and says so', () => {
    expect(apply('CVE-2023-0464 exp:2026-02-30')).toEqual({
      disposition: { state: 'open' },
      codes: ['exception-invalid'],
    })
  })

  it('says which exceptions match nothing', () => {
    expect(apply('CVE-1999-0001\r\n\r\nCVE-2023-0464').codes).toEqual(['exception-unused'])
  })
})

describe('.trivyignore.yaml', () => {
  it('reads id, paths, purls, statement and expired_at', () => {
    const text = `vulnerabilities:
  - id: CVE-2023-0464
    paths: ["var/lib/**/status"]
    purls: ["pkg:deb/debian/libssl1.1"]
    statement: accepted
    expired_at: 2027-01-01
`
    expect(apply(text, true)).toEqual({
      disposition: { state: 'excepted', reason: 'accepted', by: 'i.yaml:2', until: '2027-01-01' },
      codes: [],
    })
  })

  it.each([
    ['another path', 'paths: [usr/lib/x]'],
    ['another package', 'purls: ["pkg:deb/debian/openssl"]'],
    ['another version', 'purls: ["pkg:deb/debian/libssl1.1@1.0"]'],
    ['another architecture', 'purls: ["pkg:deb/debian/libssl1.1?arch=arm64"]'],
  ])('does not except at %s', (_, line) => {
    expect(apply(`vulnerabilities:\n  - id: CVE-2023-0464\n    ${line}\n`, true)).toEqual({
      disposition: { state: 'open' },
      codes: ['exception-unused'],
    })
  })

  it('passes over the other sections with a notice, and names wrong entries', () => {
    expect(apply('secrets:\n  - id: x\nvulnerabilities:\n  - statement: no id\n  - 7\n', true).codes).toEqual([
      'exception-section-not-used',
      'exception-invalid',
      'exception-invalid',
    ])
    expect(apply('- a\n', true).codes).toEqual(['exception-invalid'])
    expect(apply('vulnerabilities: [\n', true).codes).toContain('exception-invalid')
    expect(apply('', true).codes).toEqual([])
  })

  it('is not expanded by aliases', () => {
    const bomb = `a: &a [x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a]\nvulnerabilities: [*b]\n`
    expect(apply(bomb, true).disposition).toEqual({ state: 'open' })
  })
})
