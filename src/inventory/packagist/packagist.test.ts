import { expect, test } from 'vitest'
import { catalogued } from '../../../test/support/catalog.ts'
import { packagist } from './index.ts'

const LOCK = JSON.stringify(
  {
    packages: [
      { name: 'Acme/App', version: 'v1.2.0', license: ['MIT'], require: { php: '>=8', 'acme/base': '^1' } },
      { name: 'acme/base', version: '1.0.1', license: 'BSD-3-Clause' },
    ],
    'packages-dev': [{ name: 'acme/tests', version: '3.0.0' }],
  },
  null,
  2,
)

test('composer.lock: direct ones by composer.json, development apart, edges, licences, lines', async () => {
  const { components, relations, diagnostics } = await catalogued(packagist, {
    'app/composer.lock': LOCK,
    'app/composer.json': '{"require":{"acme/app":"^1"},"require-dev":{"acme/tests":"*"}}',
  })
  expect(
    components.map(({ name, version, purl, direct, scope }) => ({ name, version, purl, direct, scope })),
  ).toStrictEqual([
    { name: 'acme/app', version: 'v1.2.0', purl: 'pkg:composer/acme/app@v1.2.0', direct: true, scope: 'runtime' },
    { name: 'acme/base', version: '1.0.1', purl: 'pkg:composer/acme/base@1.0.1', direct: false, scope: 'runtime' },
    { name: 'acme/tests', version: '3.0.0', purl: 'pkg:composer/acme/tests@3.0.0', direct: true, scope: 'development' },
  ])
  expect(components[0]).toMatchObject({ licences: ['MIT'], evidence: [{ lines: [4, 4] }], presence: 'declared' })
  expect(relations).toStrictEqual([{ from: components[0]?.id, to: components[1]?.id, kind: 'depends-on' }])
  expect(diagnostics).toStrictEqual([])
})

test('installed.json of Composer 1 and 2', async () => {
  const two = '{"packages":[{"name":"a/b","version":"1.0"},{"name":"a/t","version":"2.0"}],"dev-package-names":["a/t"]}'
  const { components } = await catalogued(packagist, {
    'one/vendor/composer/installed.json': '[{"name":"a/b","version":"1.0"}]',
    'two/vendor/composer/installed.json': two,
    'two/composer.json': '{"require":{"a/b":"*"}}',
  })
  expect(components.map(({ name, scope, direct, presence }) => [name, scope, direct, presence])).toStrictEqual([
    ['a/b', 'unknown', 'unknown', 'installed'],
    ['a/b', 'runtime', true, 'installed'],
    ['a/t', 'development', false, 'installed'],
  ])
})

test('bad input: a diagnostic for that file, the packages of others stay', async () => {
  const { components, diagnostics } = await catalogued(packagist, {
    'cut/composer.lock': LOCK.slice(0, 100),
    'deep/composer.lock': '['.repeat(100_000),
    'good/composer.lock': LOCK,
    'odd/composer.lock': '{"packages":[1,{"name":"x/y"},{"name":"__proto__","version":"1"}]}',
    'other/installed.json': '{"programs":[]}',
  })
  expect(components.map(({ name }) => name).sort()).toStrictEqual(['__proto__', 'acme/app', 'acme/base', 'acme/tests'])
  expect(new Set(diagnostics.map(({ path, effect }) => `${path} ${effect}`))).toStrictEqual(
    new Set(['cut/composer.lock partial', 'deep/composer.lock partial', 'odd/composer.lock partial']),
  )
})
