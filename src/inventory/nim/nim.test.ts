import { assert, property, string } from 'fast-check'
import { describe, expect, it } from 'vitest'
import { catalogued } from '../../../test/support/catalog.ts'
import { nim } from './index.ts'
import { readNimble } from './nimble.ts'

const SHA1 = 'ab'.repeat(20)
const NIMBLE = `# Package
version       = "0.5.0"
author        = "Dominik"
license       = "MIT"

# Deps
requires "nim >= 1.0.0"
requires "httpbeast >= 0.4.0 & < 0.5", # a server
         "chronos#v3.0.1"
when defined(windows):
  requires("winim == 3.9")
requires "https://example.org/x#head", "zippy#head", "any"
task test, "Runs":
  exec "nim c -r x"
`

describe('nim', () => {
  it('lists what Nimble installed, and what needs what', async () => {
    const { components, relations, diagnostics } = await catalogued(nim, {
      [`root/.nimble/pkgs2/jester-0.5.0-${SHA1}/jester.nimble`]: NIMBLE,
      [`root/.nimble/pkgs2/httpbeast-0.4.1-${SHA1}/httpbeast.nimble`]: '[Package]\nname: "httpbeast"\nlicense: "MIT"',
      'root/.nimble/pkgs/zippy-#head/zippy.nimble': 'version = "0.10.3"',
    })
    expect(diagnostics).toEqual([])
    expect(components.map(({ purl, presence }) => [purl, presence])).toEqual([
      ['pkg:nim/zippy@0.10.3', 'installed'],
      ['pkg:nim/httpbeast@0.4.1', 'installed'],
      ['pkg:nim/jester@0.5.0', 'installed'],
    ])
    expect(components[2]).toMatchObject({ licences: ['MIT'], supplier: 'Dominik' })
    expect(relations).toEqual([{ from: components[2]?.id, to: components[1]?.id, kind: 'depends-on' }])
  })

  it('lists what a project asks for, with the least versions', async () => {
    const { components } = await catalogued(nim, { 'app/app.nimble': NIMBLE })
    expect(components.map(({ purl, evidence }) => [purl, evidence[0]?.lines?.[0], evidence[0]?.confidence])).toEqual([
      ['pkg:nim/httpbeast@0.4.0', 8, 0.3],
      ['pkg:nim/chronos@3.0.1', 9, 1],
      ['pkg:nim/winim@3.9', 11, 1],
    ])
  })

  it('lists what is locked, and then no ranges', async () => {
    const { components, relations } = await catalogued(nim, {
      'app/app.nimble': NIMBLE,
      'app/nimble.lock': `{"version": 2, "packages": {
  "nim": {"version": "2.0.0"},
  "httpbeast": {"version": "0.4.1", "vcsRevision": "x", "dependencies": ["nim", "chronos"]},
  "chronos": {"version": "#head", "vcsRevision": "${SHA1}", "dependencies": []}}}`,
    })
    expect(components.map(({ purl, evidence }) => [purl, evidence[0]?.lines])).toEqual([
      ['pkg:nim/httpbeast@0.4.1', [3, 3]],
      [`pkg:nim/chronos@${SHA1}`, [4, 4]],
    ])
    expect(relations).toHaveLength(1)
  })

  it.each([
    ['nimble.lock', ''],
    ['nimble.lock', '{"packages": []}'],
    ['nimble.lock', '{"packages": {"a": {}}}'],
    ['nimble.lock', '['.repeat(1_000_000)],
    ['x.nimble', '\u0000\u0001'],
    ['pkgs2/nothing/x.nimble', 'version = "1"'],
  ])('names a broken %s (%#) and keeps the others', async (name, content) => {
    const { components, diagnostics } = await catalogued(nim, {
      [`bad/${name}`]: content,
      'good/app.nimble': NIMBLE,
    })
    expect(components).toHaveLength(3)
    expect(diagnostics).toMatchObject([{ path: `bad/${name}`, effect: 'partial' }])
  })

  it('takes any text for a script, and soon', async () => {
    assert(
      property(string(), (text) => {
        const bytes = new TextEncoder().encode(`requires "${text}`)
        readNimble({ path: 'x.nimble', sizeBytes: bytes.length, mode: 0o644, bytes })
      }),
    )
    const start = performance.now()
    await scanned(`requires "${' a'.repeat(500_000)}"\n${'x'.repeat(1_000_000)}\n`)
    await scanned('requires "a",\n'.repeat(50_000))
    expect(performance.now() - start).toBeLessThan(2000)
  })
})

function scanned(text: string) {
  return catalogued(nim, { 'x.nimble': text })
}
