import { assert, property, string } from 'fast-check'
import { describe, expect, it } from 'vitest'
import { catalogued } from '../../../test/support/catalog.ts'
import { erlangTerms } from './erlang-terms.ts'
import { hex } from './index.ts'

const SUM = 'AB'.repeat(32)
const LOCK = `{"1.2.0",
[{<<"cowboy">>,{pkg,<<"cowboy">>,<<"2.9.0">>},0},
 {<<"lib">>,
  {git,"https://example.org/lib.git",
       {ref,"ab12"}},
  1},
 {<<"ranch_alias">>,{pkg,<<"ranch">>,<<"1.8.0">>},1}]}.
[
{pkg_hash,[
 {<<"cowboy">>, <<"00">>}]},
{pkg_hash_ext,[
 {<<"cowboy">>, <<"${SUM}">>}]}
].
`
const COWBOY = `%% generated
{application, 'cowboy', [
	{description, "Small, \\"fast\\"."},
	{vsn, "2.9.0"},
	{modules, ['cowboy','cowboy_app']},
	{applications, [kernel,stdlib,crypto,cowlib]},
	{mod, {cowboy_app, []}}, {env, [{n, 3.5}, {m, 16#FF}]}
]}.
`

describe('Erlang', () => {
  it('lists what rebar3 locked', async () => {
    const { components, diagnostics } = await catalogued(hex, { 'app/rebar.lock': LOCK })
    expect(diagnostics).toEqual([])
    expect(components.map(({ purl, direct, evidence }) => [purl, direct, evidence[0]?.lines])).toEqual([
      ['pkg:hex/cowboy@2.9.0', true, [2, 2]],
      ['pkg:hex/lib@ab12', false, [3, 6]],
      ['pkg:hex/ranch@1.8.0', false, [7, 7]],
    ])
    expect(components[0]?.hashes).toEqual([`sha256:${SUM.toLowerCase()}`])
  })

  it('reads the oldest form of the lockfile too', async () => {
    const { components } = await catalogued(hex, { 'rebar.lock': '[{<<"a">>,{pkg,<<"a">>,<<"1.0">>},0}].' })
    expect(components).toMatchObject([{ name: 'a', version: '1.0', direct: true }])
  })

  it('lists installed applications, of Hex and of Erlang itself', async () => {
    const { components, relations, diagnostics } = await catalogued(hex, {
      'app/lib/cowboy-2.9.0/ebin/cowboy.app': COWBOY,
      'app/lib/cowlib-2.11.0/ebin/cowlib.app': '{application,cowlib,[{vsn,"2.11.0"}]}.',
      'app/lib/crypto-5.1/ebin/crypto.app': '{application,crypto,[{vsn,"5.1"},{applications,[kernel]}]}.',
      'src/ebin/template.app': '{application,template,[{vsn,git}]}.',
    })
    expect(diagnostics).toEqual([])
    expect(components.map(({ purl, ecosystem, presence }) => [purl, ecosystem, presence])).toEqual([
      ['pkg:hex/cowboy@2.9.0', 'Hex', 'installed'],
      ['pkg:hex/cowlib@2.11.0', 'Hex', 'installed'],
      ['pkg:otp/crypto@5.1', 'otp', 'installed'],
    ])
    expect(relations).toHaveLength(2)
  })

  it('lists what a project of Mix asks for where nothing is locked', async () => {
    const { components } = await catalogued(hex, {
      'app/mix.exs': `  defp deps do
    [
      {:phoenix, "~> 1.7.0"},
      # {:no, "1.0"},
      {:credo, ">= 1.0.0 and < 2.0.0", only: [:dev, :test], runtime: false},
      {:alias, "1.2.3", hex: :real},
      {:local, path: "../x"}, {:g, git: "https://example.org"}
    ]`,
    })
    expect(components.map(({ purl, scope, evidence }) => [purl, scope, evidence[0]?.confidence])).toEqual([
      ['pkg:hex/phoenix@1.7.0', 'runtime', 0.3],
      ['pkg:hex/credo@1.0.0', 'development', 0.3],
      ['pkg:hex/real@1.2.3', 'runtime', 1],
    ])
  })

  it.each([
    ['rebar.lock', ''],
    ['rebar.lock', '[{<<"a">>'],
    ['rebar.lock', '[{<<"a">>}].'],
    ['rebar.lock', '['.repeat(1_000_000)],
    ['rebar.lock', '"never'],
    ['rebar.lock', '[{<<"a\u0007">>,{pkg,<<"a\u0007">>,<<"1.0">>},0}].'],
    ['ebin/x.app', '{a}'],
    ['ebin/x.app', '{application, x, [}.'],
    ['mix.exs', '\u0000'],
  ])('names a broken %s (%#) and keeps the others', async (name, content) => {
    const { components, diagnostics } = await catalogued(hex, { [`bad/${name}`]: content, 'good/rebar.lock': LOCK })
    expect(components).toHaveLength(3)
    expect(diagnostics).toMatchObject([{ path: `bad/${name}`, effect: 'partial' }])
  })

  it('takes any text for terms without a throw, and soon', () => {
    assert(property(string(), (text) => void erlangTerms(`[{a,<<"${text}`)))
    const start = performance.now()
    erlangTerms(`"${'\\'.repeat(1_000_000)}`)
    erlangTerms('1.'.repeat(500_000))
    erlangTerms('{a},'.repeat(300_000))
    expect(performance.now() - start).toBeLessThan(2000)
  })
})
