import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { SCHEMES, schemeFor, type VersionScheme } from './index.ts'

const versionLike = fc
  .array(
    fc.oneof(
      fc.nat(20).map(String),
      fc.constantFrom('.', '.', '-', '_', '~', '^', '+', ':', 'v', '0', '00', '01', '!', '-r', '_p', '_rc'),
      fc.constantFrom(
        'a',
        'alpha',
        'b',
        'beta',
        'rc',
        'RC',
        'dev',
        'post',
        'pre',
        'final',
        'ga',
        'sp',
        'p1',
        'el8',
        'git',
      ),
    ),
    { maxLength: 10 },
  )
  .map((parts) => parts.join(''))
const anyText = fc.oneof(
  { weight: 4, arbitrary: versionLike },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 12 }) },
  { weight: 1, arbitrary: fc.string({ maxLength: 12 }) },
)

/** Versions for which the ecosystem's own order runs in a circle: see the schemes' comments. */
const CIRCULAR: Readonly<Record<string, RegExp>> = { maven: /(^|\.)[^\d.-]/, packagist: /#/ }

function order(scheme: VersionScheme<unknown>, a: string, b: string): number {
  return Math.sign(scheme.compare(scheme.parse(a), scheme.parse(b)))
}

describe.each(SCHEMES.map((scheme) => [scheme.id, scheme] as const))('%s', (id, scheme) => {
  it('holds any text equal to itself, and any two in opposite order when they are swapped', () => {
    fc.assert(
      fc.property(anyText, anyText, (a, b) => {
        expect(order(scheme, a, a)).toBe(0)
        expect(order(scheme, a, b) + order(scheme, b, a)).toBe(0)
      }),
      { numRuns: 500 },
    )
  })

  it('is transitive', () => {
    const text = anyText.filter((candidate) => !(CIRCULAR[id]?.test(candidate) ?? false))
    fc.assert(
      fc.property(text, text, text, (a, b, c) => {
        const ab = order(scheme, a, b)
        const bc = order(scheme, b, c)
        if (ab <= 0 && bc <= 0) expect(order(scheme, a, c)).toBe(Math.min(ab, bc))
        if (ab >= 0 && bc >= 0) expect(order(scheme, a, c)).toBe(Math.max(ab, bc))
      }),
      { numRuns: 2000 },
    )
  })

  it('orders numbers of any length', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 10n ** 60n }), fc.bigInt({ min: 0n, max: 10n ** 60n }), (a, b) => {
        expect(order(scheme, `1.${a}`, `1.${b}`)).toBe(a < b ? -1 : a > b ? 1 : 0)
      }),
    )
  })

  it('takes linear time', () => {
    const long = 200_000
    const hostile = [
      '1',
      '0',
      'a',
      '.',
      '-',
      '_',
      '~',
      '1.',
      '1-',
      'a1',
      '-a',
      '1rc',
      '_p',
      '+a',
      '1!',
      ' ',
      'v',
      '.0',
      '-0',
    ]
    for (const unit of hostile) {
      const text = `1${unit.repeat(long / unit.length)}!`
      const started = performance.now()
      expect(order(scheme, text, `${text}1`)).toBeTypeOf('number')
      expect(performance.now() - started).toBeLessThan(2000)
    }
  })
})

describe('schemeFor', () => {
  it.each([
    ['Debian:12', 'dpkg'],
    ['Ubuntu:Pro:22.04:LTS', 'dpkg'],
    ['Echo', 'dpkg'],
    ['Alpine:v3.10', 'apk'],
    ['Wolfi', 'apk'],
    ['Chainguard', 'apk'],
    ['MinimOS', 'apk'],
    ['Alpaquita:stream', 'apk'],
    ['Red Hat:enterprise_linux:9::baseos', 'rpm'],
    ['Rocky Linux:9', 'rpm'],
    ['AlmaLinux', 'rpm'],
    ['SUSE:Linux Enterprise Server 15 SP5', 'rpm'],
    ['openSUSE:Leap 15.6', 'rpm'],
    ['Mageia:9', 'rpm'],
    ['openEuler:24.03-LTS', 'rpm'],
    ['Photon OS:4.0', 'rpm'],
    ['Azure Linux:3', 'rpm'],
    ['amzn:2', 'rpm'],
    ['ol:8', 'rpm'],
    ['Arch Linux', 'pacman'],
    ['arch', 'pacman'],
    ['npm', 'semver'],
    ['crates.io', 'semver'],
    ['SwiftURL', 'semver'],
    ['GitHub Actions', 'semver'],
    ['ConanCenter', 'semver'],
    ['VSCode', 'semver'],
    ['Julia', 'semver'],
    ['PyPI', 'pep440'],
    ['Maven:https://maven.google.com', 'maven'],
    ['RubyGems', 'rubygems'],
    ['NuGet', 'nuget'],
    ['Packagist:https://packages.drupal.org/8', 'packagist'],
    ['Go', 'go'],
    ['Hex', 'hex'],
    ['Pub', 'pub'],
    ['CRAN', 'cran'],
    ['Hackage', 'hackage'],
    ['Bitnami', 'bitnami'],
    ['Root:Alpine:3.18', 'apk'],
    ['Root:PyPI', 'pep440'],
    ['Docker Hardened Images:Debian:trixie', 'dpkg'],
    ['TuxCare:Red Hat', 'rpm'],
  ])('knows %s', (ecosystem, id) => {
    expect(schemeFor(ecosystem)?.id).toBe(id)
  })

  it('knows no scheme for what nobody lists', () => {
    for (const name of ['', 'nobody', 'constructor', '__proto__', ':', 'Root:nobody', 'TuxCare'])
      expect(schemeFor(name)).toBeUndefined()
  })

  it('has each ecosystem once', () => {
    const names = SCHEMES.flatMap((scheme) => scheme.ecosystems)
    expect(new Set(names).size).toBe(names.length)
  })
})

describe('orders', () => {
  it.each([
    ['Go', ['go1.20', 'go1.21beta1', 'devel go1.21-abcdef123 Tue', 'go1.21rc2', 'go1.21rc10', 'go1.21', '1.21.1']],
    [
      'Go',
      ['v0.0.0-20210101000000-abcdef123456', 'v0.0.0-20220101000000-0123456789ab', 'v0.0.1', 'v2.0.0+incompatible'],
    ],
    ['Go', ['0', '1.22.0-0', 'go1.22rc1', 'go1.22.0 X:boringcrypto', 'go1.22.1']],
    ['Arch', ['1.0a', '1.0beta', '1.0rc1', '1.0', '1.0.a', '1.0.1', '1:0.1-1', '1:0.1-2']],
    ['Bitnami', ['1.2.3-0', '1.2.3-rc1', '1.2.3', '1.2.3-1', '1.2.3-10', '1.2.4']],
    ['Hex', ['3.0.0-alpha-1', '3.0.0-alpha-3', '3.0.0']],
    ['Alpine', ['1.0_alpha', '1.0_rc1', '1.0', '1.0-r1', '1.0_p1', '1.0a', '1.0.1', '1.1']],
    ['Maven', ['1-alpha', '1-beta', '1-m2', '1-rc', '1-SNAPSHOT', '1', '1-sp', '1-foo', '1-1', '1.1']],
    ['PyPI', ['wrong', '1.dev1', '1a1.dev1', '1a1', '1rc1', '1', '1+local', '1.post1.dev1', '1.post1', '1!0']],
  ])('%s: %j', (ecosystem, versions) => {
    const scheme = schemeFor(ecosystem) as VersionScheme<unknown>
    for (let i = 1; i < versions.length; i++)
      expect([versions[i], order(scheme, versions[i - 1], versions[i])]).toEqual([versions[i], -1])
  })

  it.each([
    ['Go', 'go1.21rc2', '1.21.0-rc.2'],
    ['Go', 'v2.0.0+incompatible', 'v2.0.0'],
    ['Go', 'go1.19.5b7', '1.19.5'],
    ['npm', 'v1.2', '1.2.0'],
  ])('%s: %s is %s', (ecosystem, a, b) => {
    expect(order(schemeFor(ecosystem) as VersionScheme<unknown>, a, b)).toBe(0)
  })
})
