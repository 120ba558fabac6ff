import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { encodePath } from '../lib/path-text.ts'
import { AskedNames, nameHashes } from './asked-names.ts'

const segment = fc.stringMatching(/^[a-z.é\udc80]{1,6}$/u)
const paths = () => fc.array(path, { maxLength: 40, size: 'max' })
const path = fc.array(segment, { minLength: 1, maxLength: 4 }).map((segments) => segments.join('/'))
const lastOf = (text: string): string => text.slice(text.lastIndexOf('/') + 1)

describe('lines that may name a file that is asked for', () => {
  it('hold all that do, in order', () => {
    fc.assert(
      fc.property(paths(), paths(), fc.nat(40), (listed, wanted, pathAt) => {
        const names = new Set([...wanted, ...listed.slice(0, 2)].map(lastOf))
        const lines = listed.map((one) => 'x'.repeat(pathAt) + one)
        const found = [...new AskedNames(names).linesOf(encodePath(lines.join('\n')), pathAt, false)]
        const must = lines.filter((_, i) => names.has(lastOf(listed[i])))
        expect(found.filter((line) => must.includes(line))).toEqual(must)
        expect(lines).toEqual(expect.arrayContaining(found))
      }),
    )
  })

  it('are in no list whose hashes say so', () => {
    fc.assert(
      fc.property(fc.array(path), fc.array(path), fc.nat(40), fc.boolean(), (listed, wanted, pathAt, tabEnds) => {
        const lines = listed.map((one) => 'x'.repeat(pathAt) + one)
        const names = new Set(wanted.map(lastOf))
        const hashes = nameHashes(encodePath(lines.join('\n')), pathAt, tabEnds)
        if (listed.some((one) => names.has(lastOf(one)))) expect(new AskedNames(names).mayBeIn(hashes)).toBe(true)
        expect(hashes).toEqual(Int32Array.from(new Set(hashes)).sort())
      }),
    )
    const bytes = encodePath('/etc/name\t0755\t/other/place\n')
    expect(new AskedNames(['name']).mayBeIn(nameHashes(bytes, 0, true))).toBe(true)
    expect(new AskedNames(['place', 'etc']).mayBeIn(nameHashes(bytes, 0, true))).toBe(false)
  })

  it('are few where few are asked for', () => {
    const lines = Array.from({ length: 10_000 }, (_, i) => `/usr/share/doc/file-${i}`)
    const found = [...new AskedNames(['file-77']).linesOf(encodePath(lines.join('\n')), 0, true)]
    expect(found).toContain('/usr/share/doc/file-77')
    expect(found.length).toBeLessThan(20)
  })

  it('end their path at a tab where that is the form', () => {
    const bytes = encodePath('/etc/name\t0755\t/other/place\n/etc/a\tb\n')
    expect([...new AskedNames(['name']).linesOf(bytes, 0, true)]).toEqual(['/etc/name\t0755\t/other/place'])
    expect([...new AskedNames(['a\tb']).linesOf(bytes, 0, false)]).toEqual(['/etc/a\tb'])
  })
})
