import { describe, expect, it } from 'vitest'
import { catalogued } from '../../../test/support/catalog.ts'
import { pub } from './index.ts'

const PUBSPEC = `name: app
version: 1.0.0+2
environment:
  sdk: ^3.2.0
dependencies:
  flutter:
    sdk: flutter
  http: ^1.10
  own:
    hosted: https://example.org
    version: 2.0.0
  here: {path: ../here}
  any: any
dev_dependencies:
  lints: '>=2.0.0 <4.0.0'
`

describe('pubspec.yaml', () => {
  it('asks for packages, of which the least versions count', async () => {
    const { components, diagnostics } = await catalogued(pub, { 'app/pubspec.yaml': PUBSPEC })
    expect(diagnostics).toEqual([])
    expect(
      components.map(({ purl, scope, evidence }) => [purl, scope, evidence[0]?.lines?.[0], evidence[0]?.confidence]),
    ).toEqual([
      ['pkg:pub/http@1.10', 'runtime', 8, 0.3],
      ['pkg:pub/own@2.0.0', 'runtime', 9, 1],
      ['pkg:pub/lints@2.0.0', 'development', 15, 0.3],
    ])
  })

  it('says nothing beside a lockfile, and is of an installed package in the cache', async () => {
    const { components } = await catalogued(pub, {
      'app/pubspec.yaml': PUBSPEC,
      'app/pubspec.lock': 'packages: {}',
      'root/.pub-cache/hosted/pub.dev/app-1.0.0+2/pubspec.yaml': PUBSPEC,
    })
    expect(components.map(({ purl, presence }) => [purl, presence])).toEqual([['pkg:pub/app@1.0.0%2B2', 'installed']])
  })

  it.each([
    '',
    '- a',
    'a: [',
    `a: &a [x]\nb: [${'*a,'.repeat(5000)}]`,
    '['.repeat(10_000),
    'dependencies: {"a\\u0007": "1.0"}',
  ])('is named where it is broken (%#)', async (content) => {
    const { components, diagnostics } = await catalogued(pub, {
      'bad/pubspec.yaml': content,
      'good/pubspec.yaml': PUBSPEC,
    })
    expect(components).toHaveLength(3)
    expect(diagnostics).toMatchObject([{ path: 'bad/pubspec.yaml', effect: 'partial' }])
  })
})
