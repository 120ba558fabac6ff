import { assert, property, string } from 'fast-check'
import { describe, expect, it } from 'vitest'
import { catalogued } from '../../../test/support/catalog.ts'
import { opam } from './index.ts'
import { opamFields } from './opam-file.ts'

const SUM = 'ab'.repeat(32)
const DUNE = `opam-version: "2.0"
maintainer: "Jane <jane@example.org>"
license: ["MIT" "ISC"] # either
depends: [
  "ocaml" {>= "4.08"}
  ("base-unix" | "base-other")
  "alcotest" {with-test & >= "1.0"}
  "v" {= "v0.16.0" & !with-test}
]
(* a comment " with { signs *)
description: """
many "lines" [ of text
"""
build: [["dune" "build" "-p" name] {os != "win32"} ["x"] {with-test}]
url {
  src: "https://example.org/dune.tbz"
  checksum: ["md5=0123" "sha256=${SUM}"]
}
`
const ROOT = 'home/u/.opam/5.1.0/.opam-switch/packages'

describe('opam', () => {
  it('lists a switch, and what needs what in it', async () => {
    const { components, relations, diagnostics } = await catalogued(opam, {
      [`${ROOT}/dune.3.15.0/opam`]: DUNE,
      [`${ROOT}/ocaml.5.1.0/opam`]: 'opam-version: "2.0"',
      [`${ROOT}/alcotest.1.7.0/opam`]: 'opam-version: "2.0"',
    })
    expect(diagnostics).toEqual([])
    const [, dune, ocaml] = components
    expect(dune).toMatchObject({
      purl: 'pkg:opam/dune@3.15.0',
      ecosystem: 'opam',
      presence: 'installed',
      licences: ['MIT', 'ISC'],
      supplier: 'Jane <jane@example.org>',
      hashes: [`sha256:${SUM}`],
    })
    expect(relations).toEqual([{ from: dune?.id, to: ocaml?.id, kind: 'depends-on' }])
  })

  it('lists what a project asks for with the least versions, and what is locked with its own', async () => {
    const { components } = await catalogued(opam, {
      'a/mine.opam': DUNE,
      'b/mine.opam': DUNE,
      'b/mine.opam.locked': 'depends: ["dune" {= "3.15.0"} "alcotest" {= "1.7.0" & with-test}]',
    })
    expect(
      components.map(({ purl, scope, evidence }) => [purl, scope, evidence[0]?.lines, evidence[0]?.confidence]),
    ).toEqual([
      ['pkg:opam/ocaml@4.08', 'runtime', [5, 5], 0.3],
      ['pkg:opam/alcotest@1.0', 'development', [7, 7], 0.3],
      ['pkg:opam/v@v0.16.0', 'runtime', [8, 8], 1],
      ['pkg:opam/dune@3.15.0', 'runtime', [1, 1], 1],
      ['pkg:opam/alcotest@1.7.0', 'development', [1, 1], 1],
    ])
  })

  it.each([
    'depends: [ "a"',
    'depends: "a',
    'depends: """a"',
    '(* never',
    ']',
    'url {',
    '['.repeat(1_000_000),
    'depends: ["a\\nb\n" {= "1"}]',
  ])('names a broken file and keeps the others (%#)', async (content) => {
    const { components, diagnostics } = await catalogued(opam, {
      'bad/x.opam': content,
      [`${ROOT}/dune.3.15.0/opam`]: content,
      [`${ROOT}/ocaml.5.1.0/opam`]: '',
    })
    expect(components.map(({ name }) => name)).toEqual(['dune', 'ocaml'])
    expect(diagnostics.some(({ path, effect }) => path === 'bad/x.opam' && effect === 'partial')).toBe(true)
  })

  it('takes any text for an opam file without a throw', () => {
    assert(property(string(), string(), (a, b) => void opamFields(`${a}: [ "x" {${b}`)))
    assert(property(string({ unit: 'binary' }), (text) => void opamFields(text)))
  })
})
