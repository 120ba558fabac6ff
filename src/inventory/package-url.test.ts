import fc from 'fast-check'
import { PackageURL } from 'packageurl-js'
import { describe, expect, it } from 'vitest'
import { distroQualifier, packageUrl } from './package-url.ts'

describe('package URLs', () => {
  it('are canonical', () => {
    const qualifiers = { distro: 'debian-12', arch: 'amd64', epoch: undefined }
    expect(packageUrl({ type: 'deb', namespace: 'debian', name: 'g++', version: '1:2+b1~x', qualifiers })).toBe(
      'pkg:deb/debian/g%2B%2B@1:2%2Bb1~x?arch=amd64&distro=debian-12',
    )
  })

  it('are read back whole by the reference library', () => {
    const text = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 30 }).filter((one) => /^[^\s/]+$/.test(one))
    fc.assert(
      fc.property(text, text, (name, version) => {
        const back = PackageURL.fromString(packageUrl({ type: 'generic', name, version }))
        expect([back.name, back.version]).toEqual([name, version])
      }),
    )
  })

  it('name the release of the distribution, without a point release', () => {
    const os = { id: 'alpine', name: '', version: '3.10.2', release: 'v3.10', idLike: [], evidence: [] }
    expect(distroQualifier(os)).toBe('alpine-3.10')
    expect(distroQualifier(undefined)).toBeUndefined()
  })
})
