import { expect, test } from 'vitest'
import { catalogued } from '../../../test/support/catalog.ts'
import { rubygems } from './index.ts'

const LOCK = `GIT
  remote: https://example.com/own.git
  revision: 0123456789abcdef
  specs:
    own (0.1.0)
      rack (>= 2)

GEM
  remote: https://rubygems.org/
  specs:
    nokogiri (1.13.3-x86_64-linux)
    rack (2.2.3)

PLATFORMS
  ruby

DEPENDENCIES
  nokogiri (~> 1.13)
  own!

CHECKSUMS
  rack (2.2.3) sha256=${'ab'.repeat(32)}
  nokogiri (1.13.3-x86_64-linux) sha256=${'cd'.repeat(32)}

BUNDLED WITH
   2.5.0
`

test('Gemfile.lock: direct ones, edges, checksums, platforms, repositories', async () => {
  const { components, relations, diagnostics } = await catalogued(rubygems, { 'app/Gemfile.lock': LOCK })
  expect(
    components.map(({ name, version, purl, direct, hashes }) => ({ name, version, purl, direct, hashes })),
  ).toStrictEqual([
    {
      name: 'own',
      version: '0.1.0',
      purl: expect.stringContaining('pkg:gem/own@0.1.0?vcs_url='),
      direct: true,
      hashes: [],
    },
    {
      name: 'nokogiri',
      version: '1.13.3',
      purl: 'pkg:gem/nokogiri@1.13.3?platform=x86_64-linux',
      direct: true,
      hashes: [`sha256:${'cd'.repeat(32)}`],
    },
    {
      name: 'rack',
      version: '2.2.3',
      purl: 'pkg:gem/rack@2.2.3',
      direct: false,
      hashes: [`sha256:${'ab'.repeat(32)}`],
    },
  ])
  expect(relations).toStrictEqual([{ from: components[0]?.id, to: components[2]?.id, kind: 'depends-on' }])
  expect(components[2]?.evidence).toMatchObject([{ path: 'app/Gemfile.lock', lines: [12, 12] }])
  expect(diagnostics).toStrictEqual([])
})

test('installed specifications with licences and edges; a version in a file of the project', async () => {
  const folder = 'usr/lib/ruby/gems/3.1.0/specifications'
  const { components, relations } = await catalogued(rubygems, {
    [`${folder}/rss-0.2.9.gemspec`]:
      'Gem::Specification.new do |s|\n  s.name = "rss".freeze\n  s.version = "0.2.9"\n  s.licenses = ["BSD-2-Clause".freeze]\n  s.add_runtime_dependency(%q<rexml>.freeze, [">= 0"])\nend\n',
    [`${folder}/rexml-3.2.5.gemspec`]: 's.name = "rexml"\ns.version = Gem::Version.new("3.2.5")\n',
    'work/own.gemspec': "require_relative 'lib/own/version'\nspec.name = 'own'\nspec.version = Own::VERSION\n",
    'work/lib/own/version.rb': "module Own\n  VERSION = '1.0.0'.freeze\nend\n",
  })
  expect(components.map(({ name, version, presence, licences }) => [name, version, presence, licences])).toStrictEqual([
    ['rexml', '3.2.5', 'installed', []],
    ['rss', '0.2.9', 'installed', ['BSD-2-Clause']],
    ['own', '1.0.0', 'declared', []],
  ])
  expect(relations).toStrictEqual([{ from: components[1]?.id, to: components[0]?.id, kind: 'depends-on' }])
})

test('bad input: a diagnostic for that file, the gems of others stay', async () => {
  const { components, diagnostics } = await catalogued(rubygems, {
    'a/Gemfile.lock': '<<<<<<< ours\n=======\n',
    'b/Gemfile.lock': `GEM\n  specs:\n    (1.0)\n    x\u0001y (1.0)\n`,
    'c/Gemfile.lock': LOCK,
    'd/c.gemspec': `s.name = ${'('.repeat(100_000)}`,
  })
  expect(components).toHaveLength(3)
  expect(new Set(diagnostics.map(({ path }) => path))).toStrictEqual(
    new Set(['a/Gemfile.lock', 'b/Gemfile.lock', 'd/c.gemspec']),
  )
})
