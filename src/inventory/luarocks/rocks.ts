import type { FileBytes, ReadResult } from '../../reading/index.ts'
import { lowestAllowed } from '../documents/lowest-allowed.ts'
import { decodeText } from '../documents/text.ts'
import { licencesOf } from '../licences.ts'
import { packageUrl } from '../package-url.ts'
import { RANGE_CONFIDENCE } from '../range-confidence.ts'
import { shownText } from '../recorded-text.ts'
import { type StatedPackage, StatedPackages } from '../stated-packages.ts'
import { type LuaTable, type LuaValue, luaAssignments } from './lua-tables.ts'

/** Tables of requirements, and what they are for (https://github.com/luarocks/luarocks/blob/main/docs/rockspec_format.md). */
const TABLES = [
  ['dependencies', 'runtime'],
  ['build_dependencies', 'development'],
  ['test_dependencies', 'development'],
] as const

const INSTALLED = /(?:^|\/)rocks(?:-[\d.]{1,10})?\/([^/]+)\/([^/]+)\/[^/]+$/

/**
 * The rock that a rockspec describes. In a tree of LuaRocks (`rocks-5.4/<name>/<version>/`) it is installed, and its `needs` are names of others
 * there; elsewhere it is a project, and what it asks for is told with the least versions. Lua itself is no rock.
 */
export function readRockspec(file: FileBytes): ReadResult<StatedPackage> {
  const stated = new StatedPackages('rockspec-unreadable', file.path)
  const values = luaAssignments(decodeText(file.bytes))
  if ('problem' in values) return stated.problem(`the rockspec could not be read: ${values.problem}`).result()
  // A tree says too what lies there, as a rockspec may compute it.
  const [, folder, folderVersion] = INSTALLED.exec(file.path) ?? []
  const isInstalled = folder !== undefined
  const name = textOf(values.get('package')) ?? folder
  const version = textOf(values.get('version')) ?? folderVersion
  if (name === undefined || version === undefined)
    return stated.problem('the rockspec states no name or no version').result()
  const asked = requirements(values)
  stated.add({
    ...rock(name, version),
    ...described(tableOf(values.get('description'))),
    key: name.toLowerCase(),
    presence: isInstalled ? 'installed' : 'declared',
    needs: asked.filter(({ scope }) => scope === 'runtime').map((one) => one.name.toLowerCase()),
  })
  if (!isInstalled) for (const one of asked) addAsked(stated, one)
  return stated.result()
}

/** What LuaRocks pinned in a `luarocks.lock` (https://github.com/luarocks/luarocks/blob/main/docs/pinning_versions_with_a_lock_file.md). */
export function readRocksLock(file: FileBytes): ReadResult<StatedPackage> {
  const stated = new StatedPackages('luarocks-lock-unreadable', file.path)
  const values = luaAssignments(decodeText(file.bytes))
  if ('problem' in values) return stated.problem(`luarocks.lock could not be read: ${values.problem}`).result()
  const returned = tableOf(values.get('return'))
  if (returned === undefined) return stated.problem('luarocks.lock returns no table').result()
  for (const [table, scope] of TABLES)
    for (const [name, version] of tableOf(returned.named.get(table))?.named ?? [])
      if (typeof version === 'string' && name !== 'lua') stated.add({ ...rock(name, version), scope })
  return stated.result()
}

interface Asked {
  readonly name: string
  readonly range: string
  readonly scope: 'runtime' | 'development'
}

function requirements(values: ReadonlyMap<string, LuaValue>): readonly Asked[] {
  return TABLES.flatMap(([table, scope]) =>
    (tableOf(values.get(table))?.list ?? []).flatMap((text) => {
      const [, name, range = ''] = /^\s{0,20}([\w./-]{1,512})(.*)$/s.exec(typeof text === 'string' ? text : '') ?? []
      return name === undefined || name === 'lua' ? [] : [{ name, range, scope }]
    }),
  )
}

function addAsked(stated: StatedPackages, { name, range, scope }: Asked): void {
  const lowest = lowestAllowed(range, 'exact')
  if (lowest === undefined) return
  const confidence = lowest.exact ? {} : { confidence: RANGE_CONFIDENCE }
  stated.add({ ...rock(name, lowest.version), key: name.toLowerCase(), direct: true, scope, ...confidence })
}

function described(description: LuaTable | undefined): Pick<StatedPackage, 'licences' | 'supplier'> {
  const licence = textOf(description?.named.get('license'))
  const supplier = textOf(description?.named.get('maintainer'))
  return {
    ...(licence && { licences: licencesOf(shownText(licence)) }),
    ...(supplier && { supplier: shownText(supplier) }),
  }
}

/** A rock, its owner before its name where one is given (`hisham/luafilesystem`). */
function rock(name: string, version: string): StatedPackage {
  const slash = name.lastIndexOf('/')
  const [namespace, short] = [name.slice(0, Math.max(0, slash)), name.slice(slash + 1)]
  return {
    purl: packageUrl({
      type: 'luarocks',
      namespace: namespace.toLowerCase(),
      name: short.toLowerCase(),
      version: version.toLowerCase(),
    }),
    name: short,
    version,
    ecosystem: 'luarocks',
    presence: 'declared',
  }
}

function textOf(value: LuaValue): string | undefined {
  return typeof value === 'string' ? value : undefined
}

function tableOf(value: LuaValue): LuaTable | undefined {
  return typeof value === 'object' ? value : undefined
}
