import { expect, it } from 'vitest'
import { catalogued } from '../../../test/support/catalog.ts'
import { zipOf } from '../../../test/support/zip-writer.ts'
import { npm } from './index.ts'

const STATE = {
  packageRegistryData: [
    [null, [[null, { packageLocation: './', packageDependencies: [['a', 'npm:1.0.0']] }]]],
    ['shop', [['workspace:.', { packageLocation: './', packageDependencies: [['a', 'npm:1.0.0']] }]]],
    [
      'a',
      [
        [
          'npm:1.0.0',
          {
            packageLocation: './.yarn/cache/a-npm-1.0.0-0123456789-10c0.zip/node_modules/a/',
            packageDependencies: [
              ['a', 'npm:1.0.0'],
              ['quote', ["@s/it's\\", 'virtual:0123#npm:2.0.0']],
            ],
          },
        ],
      ],
    ],
    ["@s/it's\\", [['virtual:0123#npm:2.0.0', { packageLocation: './x/', packageDependencies: [] }]]],
  ],
}
const json = JSON.stringify(STATE, null, 2)
const script = `const RAW_RUNTIME_STATE =\n'${json.replace(/\\/g, '\\\\').replace(/'/g, "\\'").replace(/\n/g, '\\\n')}';\n`

it("packages of Plug'n'Play: an archive that was read is that package, others are by this file", async () => {
  const archive = zipOf({ 'node_modules/a/package.json': '{"name":"a","version":"1.0.0","license":"MIT"}' })
  for (const [file, text] of [
    ['app/.pnp.cjs', script],
    ['app/.pnp.data.json', json],
  ]) {
    const path = 'app/.yarn/cache/a-npm-1.0.0-0123456789-10c0.zip'
    const { components, relations, diagnostics } = await catalogued(npm, { [file]: text, [path]: archive })
    expect(diagnostics).toEqual([])
    expect(components.map(({ name, licences, presence }) => [name, licences, presence])).toEqual([
      ['a', ['MIT'], 'installed'],
      ["@s/it's\\", [], 'installed'],
    ])
    expect(relations).toEqual([{ from: components[0].id, to: components[1].id, kind: 'depends-on' }])
  }
})

it('what is no such file is a diagnostic', async () => {
  for (const text of [
    '',
    'module.exports = 1',
    "RAW_RUNTIME_STATE = '",
    "RAW_RUNTIME_STATE = '{}'",
    `RAW_RUNTIME_STATE = '${'['.repeat(9000)}'`,
  ])
    expect(await catalogued(npm, { '.pnp.cjs': text })).toMatchObject({
      components: [],
      diagnostics: [{ path: '.pnp.cjs', effect: 'partial' }],
    })
})
