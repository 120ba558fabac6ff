import fc from 'fast-check'
import { expect, test } from 'vitest'
import { catalogued } from '../../../test/support/catalog.ts'
import { pear } from './index.ts'
import { parseSerialized } from './serialized.ts'

const text = (value: string) => `s:${Buffer.byteLength(value)}:"${value}";`
const RECORD = `a:4:{${text('name')}${text('redis')}${text('channel')}${text('pecl.php.net')}${text('version')}a:1:{${text('release')}${text('5.3.7')}}${text('license')}${text('MIT')}}`

test('a record of PECL and one of PEAR', async () => {
  const { components, diagnostics } = await catalogued(pear, {
    'usr/lib/php/.registry/.channel.pecl.php.net/redis.reg': RECORD,
    'usr/lib/php/.registry/old.reg': `a:2:{${text('package')}${text('Old')}${text('version')}${text('1.2')}}`,
  })
  expect(
    components.map(({ name, version, ecosystem, licences }) => [name, version, ecosystem, licences]),
  ).toStrictEqual([
    ['redis', '5.3.7', 'pecl', ['MIT']],
    ['Old', '1.2', 'pear', []],
  ])
  expect(diagnostics).toStrictEqual([])
})

test('bad records are diagnostics; objects are not made', async () => {
  const files = {
    'p/.registry/cut.reg': RECORD.slice(0, -30),
    'p/.registry/deep.reg': 'a:1:{i:0;'.repeat(10_000),
    'p/.registry/many.reg': 'a:999999999:{',
    'p/.registry/object.reg': 'O:8:"stdClass":0:{}',
    'p/.registry/proto.reg': `a:1:{${text('__proto__')}a:1:{${text('name')}${text('x')}}}`,
  }
  const { components, diagnostics } = await catalogued(pear, files)
  expect(components).toStrictEqual([])
  expect([...new Set(diagnostics.map(({ path }) => path))].sort()).toStrictEqual(Object.keys(files))
})

test('any bytes are a value or a problem', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom('a:2:{', 'i:1;', 's:1:"x";', '}', 'N;', 's:9:"', 'b:1;')), (parts) => {
      const parsed = parseSerialized(Buffer.from(parts.join('')))
      expect('value' in parsed || 'problem' in parsed).toBe(true)
    }),
  )
})
