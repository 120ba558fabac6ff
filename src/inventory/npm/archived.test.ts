import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { catalogued } from '../../../test/support/catalog.ts'
import { zipOf } from '../../../test/support/zip-writer.ts'
import { readAsarManifests, readZippedManifests } from './archived.ts'
import { npm } from './index.ts'

/** An archive of Electron with these files. */
function asarOf(files: Readonly<Record<string, string>>, change: (header: string) => string = (header) => header) {
  const bodies: Buffer[] = []
  const root: { files: Record<string, unknown> } = { files: {} }
  let offset = 0
  for (const [path, text] of Object.entries(files)) {
    const names = path.split('/')
    let at = root
    for (const name of names.slice(0, -1)) {
      at.files[name] ??= { files: {} }
      at = at.files[name] as typeof root
    }
    const body = Buffer.from(text)
    at.files[names[names.length - 1]] = { size: body.length, offset: String(offset) }
    bodies.push(body)
    offset += body.length
  }
  const header = Buffer.from(change(JSON.stringify(root)))
  const padded = Math.ceil(header.length / 4) * 4
  const start = Buffer.alloc(16)
  for (const [index, value] of [4, padded + 8, padded + 4, header.length].entries())
    start.writeUInt32LE(value, index * 4)
  return Buffer.concat([start, header, Buffer.alloc(padded - header.length), ...bodies])
}

const source = (bytes: Uint8Array) => ({
  path: 'app.asar',
  sizeBytes: bytes.length,
  mode: 0,
  at: (offset: number, length: number) => bytes.subarray(offset, offset + length),
})

const APP = '{"name":"chat","version":"1.0.0","dependencies":{"a":"1"},"devDependencies":{"b":"1"}}'
const FILES = {
  'package.json': APP,
  'node_modules/a/package.json': '{"name":"a","version":"1.0.0","license":"MIT","dependencies":{"@s/c":"1"}}',
  'node_modules/a/test/fixture/package.json': '{"name":"fixture","version":"1.0.0"}',
  'node_modules/@s/c/package.json': '{"name":"@s/c","version":"2.0.0"}',
}

describe('packages in archives', () => {
  it('of Electron: each once, with the place inside, and who needs whom', async () => {
    const { components, relations, diagnostics } = await catalogued(npm, { 'opt/app.asar': asarOf(FILES) })
    expect(diagnostics).toEqual([])
    expect(components.map((one) => [one.purl, one.direct, one.scope, one.evidence[0].path])).toEqual([
      ['pkg:npm/%40s/c@2.0.0', false, 'runtime', 'opt/app.asar!/node_modules/@s/c/package.json'],
      ['pkg:npm/a@1.0.0', true, 'runtime', 'opt/app.asar!/node_modules/a/package.json'],
    ])
    expect(relations).toHaveLength(1)
  })

  it('of VS Code and in the cache of Yarn; one broken manifest loses no other', async () => {
    const vsix = zipOf({
      'extension/package.json': '{"name":"go","publisher":"golang","version":"1.0.0","engines":{"vscode":"*"}}',
      'extension/node_modules/a/package.json': '{"name":"a","version":"1.0.0"}',
      'extension/node_modules/b/package.json': '{',
    })
    const cached = zipOf({ 'node_modules/@s/c/package.json': '{"name":"@s/c","version":"2.0.0"}' })
    const { components, diagnostics } = await catalogued(npm, {
      'x/go.vsix': vsix,
      'app/.yarn/cache/@s-c-npm-2.0.0-0123456789-10c0.zip': cached,
      'app/other.zip': cached,
    })
    expect(components.map(({ name, version }) => `${name} ${version}`)).toEqual(['@s/c 2.0.0', 'a 1.0.0'])
    expect(diagnostics).toMatchObject([{ path: 'x/go.vsix', effect: 'partial' }])
  })

  it('sizes and places that lie are diagnostics', () => {
    const lies = [
      (header: string) => header.replace(/"size":\d+/, '"size":-1'),
      (header: string) => header.replace(/"size":\d+/, '"size":99999999999'),
      (header: string) => header.replace(/"offset":"\d+"/, '"offset":"1e9"'),
      (header: string) => header.replace(/"offset":"\d+"/, '"offset":"-5"'),
    ]
    for (const lie of lies)
      expect(readAsarManifests(source(asarOf({ 'package.json': APP }, lie)))).toMatchObject({
        facts: [],
        diagnostics: [{ path: 'app.asar', effect: 'partial' }],
      })
    for (const bytes of [Buffer.alloc(0), Buffer.alloc(20, 255), asarOf(FILES).subarray(0, 60), asarOf({}, () => '[]')])
      for (const read of [readAsarManifests, readZippedManifests])
        expect(read(source(bytes)).diagnostics).toHaveLength(1)
  })

  it('folders nested without end stop at the length of a path', () => {
    const deep = asarOf({}, () => `{"files":${'{"d":{"files":'.repeat(900)}{}${'}}'.repeat(900)}}`)
    expect(readAsarManifests(source(deep)).facts).toEqual([])
  })

  it('whatever bytes are changed, it is read or refused', () => {
    const whole = asarOf(FILES)
    const change = fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { maxLength: 6 })
    fc.assert(
      fc.property(change, fc.nat(whole.length), (changes, cut) => {
        const bytes = Buffer.from(whole)
        for (const [at, value] of changes) bytes[at] = value
        for (const variant of [bytes, bytes.subarray(0, cut)])
          for (const read of [readAsarManifests, readZippedManifests])
            for (const fact of read(source(variant)).facts) expect(fact.inside).toContain('package.json')
      }),
      { numRuns: 300 },
    )
  })
})
