import { assert, property, string } from 'fast-check'
import { describe, expect, it } from 'vitest'
import { catalogued } from '../../../test/support/catalog.ts'
import { luarocks } from './index.ts'
import { luaAssignments } from './lua-tables.ts'

const SPEC = `-- a rock
package = "LuaSocket"
version = "3.1.0-1"
source = { url = "git+https://example.org/" .. version, tag = [[v3]] }
description = {
   summary = "Network 'support'; {for} Lua",
   license = "MIT", maintainer = 'Jane <jane@example.org>',
}
dependencies = {
   "lua >= 5.1, < 5.5",
   "luafilesystem ~> 1.8",
   "owner/lpeg == 1.0.2-1";
   "any",
}
test_dependencies = { "busted >= 2.0" }
--[==[ not = "this"
]==]
build = { type = "builtin", modules = { ["socket.core"] = { sources = { "a.c", "b" .. ".c" }, n = 1 + (2) } } }
`

describe('luarocks', () => {
  it('lists an installed tree, and what needs what in it', async () => {
    const tree = 'usr/local/lib/luarocks/rocks-5.4'
    const { components, relations, diagnostics } = await catalogued(luarocks, {
      [`${tree}/luasocket/3.1.0-1/luasocket-3.1.0-1.rockspec`]: SPEC,
      [`${tree}/luafilesystem/1.8.0-1/luafilesystem-1.8.0-1.rockspec`]:
        'package = "LuaFileSystem"\nversion = "1.8.0-1"\ndescription = { license = "MIT/X11" }',
      'opt/rocks-5.4/luafilesystem/1.7.0-1/x.rockspec': 'package = "LuaFileSystem"\nversion = "1.7.0-1"',
    })
    expect(diagnostics).toEqual([])
    const socket = components.find(({ name }) => name === 'LuaSocket')
    expect(socket).toMatchObject({
      purl: 'pkg:luarocks/luasocket@3.1.0-1',
      licences: ['MIT'],
      supplier: 'Jane <jane@example.org>',
      presence: 'installed',
    })
    const files = components.find(({ version }) => version === '1.8.0-1')
    expect(relations).toEqual([{ from: socket?.id, to: files?.id, kind: 'depends-on' }])
  })

  it('lists a project and the least versions of what it asks for', async () => {
    const { components, relations } = await catalogued(luarocks, { 'app/luasocket-3.1.0-1.rockspec': SPEC })
    expect(components.map(({ purl, scope, evidence }) => [purl, scope, evidence[0]?.confidence])).toEqual([
      ['pkg:luarocks/luasocket@3.1.0-1', 'unknown', 1],
      ['pkg:luarocks/luafilesystem@1.8', 'runtime', 0.3],
      ['pkg:luarocks/owner/lpeg@1.0.2-1', 'runtime', 1],
      ['pkg:luarocks/busted@2.0', 'development', 0.3],
    ])
    expect(relations).toHaveLength(2)
  })

  it('follows texts under names, and takes what is computed from the tree', async () => {
    const { components, diagnostics } = await catalogued(luarocks, {
      'app/a.rockspec':
        "local modrev = 'scm'\nlocal x, specrev = '0', '9'\nlocal rev = '1'\npackage = 'a.nvim'\nversion = modrev ..'-'.. rev\nif modrev == 'scm' then source = { url = u:gsub('a', 'b') } end",
      'rocks-5.1/b/2.0-1/b-2.0-1.rockspec': "package = 'b'\nlocal _REV, _SPEC = '1', '-1'\nversion = _REV .. _SPEC",
      'bad/c.rockspec': "package = 'c'\nversion = name() .. '-1'",
    })
    expect(components.map(({ purl }) => purl)).toEqual(['pkg:luarocks/b@2.0-1', 'pkg:luarocks/a.nvim@scm-1'])
    expect(diagnostics).toMatchObject([{ path: 'bad/c.rockspec' }])
  })

  it('lists what is locked, and then no ranges', async () => {
    const { components } = await catalogued(luarocks, {
      'app/x.rockspec': SPEC,
      'app/luarocks.lock':
        'return {\n  build_dependencies = { ["luarocks-build"] = "1.0-1" },\n  dependencies = {\n    lua = "5.3-1", lpeg = "1.1.0-1",\n  }\n}\n',
    })
    expect(components.map(({ purl, scope }) => [purl, scope])).toEqual([
      ['pkg:luarocks/lpeg@1.1.0-1', 'runtime'],
      ['pkg:luarocks/luarocks-build@1.0-1', 'development'],
    ])
  })

  it.each([
    ['x.rockspec', 'package = "a"'],
    ['x.rockspec', 'package = "a'],
    ['x.rockspec', 'package = [[a'],
    ['x.rockspec', 'dependencies = { "a"'],
    ['x.rockspec', `dependencies = ${'{'.repeat(1_000_000)}`],
    ['x.rockspec', 'package = "a\\nb"\nversion = "1"'],
    ['x.rockspec', '= '.repeat(1_000_000)],
    ['luarocks.lock', 'dependencies = {}'],
    ['luarocks.lock', '{'],
    ['luarocks.lock', 'return { dependencies = { a = "" } }'],
  ])('names a broken %s (%#) and keeps the others', async (name, content) => {
    const { components, diagnostics } = await catalogued(luarocks, {
      [`bad/${name}`]: content,
      'good/rocks-5.1/a/1-1/a-1-1.rockspec': 'package = "a"\nversion = "1-1"',
    })
    expect(components).toHaveLength(1)
    expect(diagnostics).toMatchObject([{ path: `bad/${name}`, effect: 'partial' }])
  })

  it('takes any text for Lua without a throw', () => {
    assert(property(string({ unit: 'binary' }), (text) => void luaAssignments(`${text}{ = "a`)))
    assert(property(string(), (text) => void luaAssignments(text)))
  })
})
