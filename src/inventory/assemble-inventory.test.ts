import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { rpmHeader, sqliteFile } from '../../test/support/rpm-databases.ts'
import { conditionHolds } from '../reading/dispatch.ts'
import type { PlacedRow, ReadTarget } from '../reading/index.ts'
import { loadReaders } from '../reading/load-readers.ts'
import { assembleInventory, CATALOGERS, type InventoryContext, OS_READERS } from './index.ts'

const loaded = await loadReaders([...OS_READERS, ...CATALOGERS.flatMap((cataloger) => cataloger.readers)])

/** Layers of path to content, read by every reader that asks for the whole path or name; the newest copy of a path wins. */
function readLayers(layers: readonly Readonly<Record<string, string | Uint8Array>>[]): ReadTarget {
  const rows = new Map<string, PlacedRow[]>()
  const diagnostics: ReadTarget['diagnostics'][number][] = []
  const newest = new Map<string, number>()
  layers.forEach((files, layer) => {
    for (const path of Object.keys(files)) newest.set(path, layer)
  })
  layers.forEach((files, layer) => {
    for (const [path, content] of Object.entries(files)) {
      const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content
      for (const reader of loaded) {
        if (!reader.wants.any.some((want) => conditionHolds(want, path))) continue
        const wins = newest.get(path) === layer
        const file = { path, sizeBytes: bytes.length, mode: 0o644 }
        const result =
          'read' in reader
            ? reader.read({ ...file, bytes })
            : reader.readRandom({ ...file, at: (o, l) => bytes.subarray(o, o + l) })
        const digests = Object.fromEntries(
          (reader.wants.digests ?? []).map((name) => [name, createHash(name).update(bytes).digest('hex')]),
        )
        const row = { ...file, facts: result.facts, digests, reader: reader.id, layer, wins }
        rows.set(reader.id, [...(rows.get(reader.id) ?? []), row])
        if (wins) diagnostics.push(...result.diagnostics)
      }
    }
  })
  const all = new Map(rows)
  return {
    layers: layers.map((_, index) => ({
      diffId: `sha256:${String(index).repeat(64)}`,
      index,
      known: false,
      complete: true,
    })),
    rows,
    diagnostics,
    tree: {
      resolve: (path) =>
        [...newest.keys()].some((one) => one === path || one.startsWith(`${path}/`)) ? path : undefined,
      wins: (path, layer) => newest.get(path) === layer,
      since: (reader, path) => all.get(reader)?.find((row) => row.path === path)?.layer,
    },
  }
}

const image: InventoryContext = { subject: { kind: 'image', name: 'test' } }
const sources: InventoryContext = { subject: { kind: 'tree', name: '.' } }
const release = 'ID=fedora\nVERSION_ID=40\nNAME="Fedora Linux"\nPRETTY_NAME="Fedora Linux 40"\n'
const metadata =
  'Metadata-Version: 2.1\nName: Requests\nVersion: 2.28.1\nRequires-Dist: idna (<4,>=2.5)\n\nText: none\n'
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')
const SITE = 'usr/lib/python3.12/site-packages'

function databaseWith(digest: string): Uint8Array {
  const files = [{ folder: `/${SITE}/requests-2.28.1.dist-info/`, name: 'METADATA', sha256: digest }]
  return sqliteFile([
    rpmHeader({
      name: 'python3-requests',
      version: '2.28.1',
      release: '1.fc40',
      files,
      requires: ['python3', 'rpmlib(x)'],
    }),
    rpmHeader({ name: 'python3', version: '3.12.1', release: '1.fc40', provides: ['python3', 'python(abi)'] }),
  ])
}

const system = {
  'etc/os-release': release,
  'usr/lib/sysimage/rpm/rpmdb.sqlite': databaseWith(sha256(metadata)),
  [`${SITE}/requests-2.28.1.dist-info/METADATA`]: metadata,
}

describe('whose files libraries are', () => {
  const requests = async (read: ReadTarget) => {
    const inventory = await assembleInventory(read, image)
    const library = inventory.components.find((one) => one.name === 'Requests')
    const owner = inventory.components.find((one) => one.name === 'python3-requests')
    return { library, owner, inventory }
  }

  it("one in an OS package's list with the recorded digest is that package's", async () => {
    const { library, owner, inventory } = await requests(readLayers([system]))
    expect(owner?.purl).toBe(
      'pkg:rpm/fedora/python3-requests@2.28.1-1.fc40?arch=x86_64&distro=fedora-40&upstream=python3-requests-2.28.1-1.fc40.src.rpm',
    )
    expect(library?.ownedBy).toBe(owner?.id)
    expect(library?.purl).toBe('pkg:pypi/requests@2.28.1')
    expect(inventory.diagnostics).toEqual([])
    expect(inventory.relations).toEqual([
      { from: owner?.id, to: inventory.components.find((one) => one.name === 'python3')?.id, kind: 'depends-on' },
    ])
  })

  it('another content is its own, and a notice says so', async () => {
    const newer = metadata.replace('2.28.1', '2.31.0')
    const { library, inventory } = await requests(
      readLayers([{ ...system, [`${SITE}/requests-2.28.1.dist-info/METADATA`]: newer }]),
    )
    expect(library?.version).toBe('2.31.0')
    expect(library?.ownedBy).toBeUndefined()
    expect(inventory.diagnostics).toMatchObject([{ code: 'ownership-not-proven', effect: 'notice' }])
  })

  it('a copy from a newer layer is its own even with the same content', async () => {
    const path = `${SITE}/requests-2.28.1.dist-info/METADATA`
    const { library, inventory } = await requests(readLayers([system, { [path]: metadata }]))
    expect(library?.ownedBy).toBeUndefined()
    expect(inventory.diagnostics[0]?.message).toContain('newer layer')
  })

  it('a file that no list names is its own, without a word', async () => {
    const { library, inventory } = await requests(
      readLayers([
        {
          ...system,
          [`${SITE}/requests-2.28.1.dist-info/METADATA`]: '',
          'opt/requests-1.dist-info/METADATA': metadata,
        },
      ]),
    )
    expect(library?.ownedBy).toBeUndefined()
    expect(inventory.diagnostics.map((one) => one.code)).toEqual(['python-metadata-unreadable'])
  })
})

describe('a Python package of Debian', () => {
  const path = 'usr/lib/python3/dist-packages/requests-2.28.1.egg-info/PKG-INFO'
  const md5 = createHash('md5').update(metadata).digest('hex')
  const debian = {
    'etc/os-release': 'ID=debian\nVERSION_ID="12"\nPRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\n',
    'var/lib/dpkg/status':
      'Package: python3-requests\nStatus: install ok installed\nArchitecture: all\nSource: requests\nVersion: 2.28.1+dfsg-1\nMaintainer: D <d@example.org>\nDescription: x\n',
    'var/lib/dpkg/info/python3-requests.list': `/.\n/usr\n/${path}\n`,
    'var/lib/dpkg/info/python3-requests.md5sums': `${md5}  ${path}\n`,
    [path]: metadata,
  }

  it('is owned by the package that dpkg installed', async () => {
    const { components, diagnostics } = await assembleInventory(readLayers([debian]), image)
    const owner = components.find((one) => one.name === 'python3-requests')
    expect(owner?.ecosystem).toBe('Debian:12')
    expect(components.find((one) => one.kind === 'library')?.ownedBy).toBe(owner?.id)
    expect(diagnostics).toEqual([])
  })

  it('that pip upgraded in a newer layer is its own', async () => {
    const { components, diagnostics } = await assembleInventory(
      readLayers([debian, { [path]: metadata.replace('2.28.1', '2.32.0') }]),
      image,
    )
    expect(components.find((one) => one.kind === 'library')).not.toHaveProperty('ownedBy')
    expect(diagnostics).toMatchObject([{ code: 'ownership-not-proven', path, effect: 'notice' }])
  })
})

describe('what is not known', () => {
  it('nothing at all in an image is complete: static binaries need no system', async () => {
    const inventory = await assembleInventory(readLayers([{ 'usr/bin/server': 'ELF' }]), image)
    expect(inventory).toMatchObject({ components: [], diagnostics: [] })
    expect(inventory.os).toBeUndefined()
  })

  it('a database that names nothing is a notice', async () => {
    const { diagnostics } = await assembleInventory(
      readLayers([{ 'etc/os-release': release, 'var/lib/rpm/rpmdb.sqlite': sqliteFile([]) }]),
      image,
    )
    expect(diagnostics).toMatchObject([
      { code: 'package-database-empty', path: 'var/lib/rpm/rpmdb.sqlite', effect: 'notice' },
    ])
  })

  it('a database that cannot be read is blind, and nothing else is said of it', async () => {
    const { diagnostics } = await assembleInventory(
      readLayers([{ 'etc/os-release': release, 'var/lib/rpm/Packages': 'dummy' }]),
      image,
    )
    expect(diagnostics).toMatchObject([
      { code: 'rpm-database-unrecognised', path: 'var/lib/rpm/Packages', effect: 'blind' },
    ])
  })

  it('a distribution without its database is blind, a system that nobody knows is not', async () => {
    expect((await assembleInventory(readLayers([{ 'etc/os-release': release }]), image)).diagnostics).toMatchObject([
      { code: 'package-database-missing', effect: 'blind' },
    ])
    expect(
      (await assembleInventory(readLayers([{ 'etc/os-release': 'ID=homegrown\nVERSION_ID=1\n' }]), image)).diagnostics,
    ).toEqual([])
  })

  it('traces of a package manager that is not read are a notice', async () => {
    const { diagnostics } = await assembleInventory(readLayers([{ 'var/guix/db/db.sqlite': '' }]), image)
    expect(diagnostics).toMatchObject([
      { code: 'package-manager-not-read', effect: 'notice', path: 'var/guix/db/db.sqlite' },
    ])
  })

  it('the older form of a database beside a newer is not counted twice', async () => {
    const old = sqliteFile([rpmHeader({ name: 'old', version: '1', release: '1' })])
    const now = sqliteFile([rpmHeader({ name: 'new', version: '1', release: '1' })])
    const read = readLayers([
      { 'etc/os-release': release, 'var/lib/rpm/Packages': old, 'var/lib/rpm/rpmdb.sqlite': now },
    ])
    const { components, diagnostics } = await assembleInventory(read, image)
    expect(components.map((one) => one.name)).toEqual(['new'])
    expect(diagnostics).toMatchObject([
      { code: 'rpm-database-left-behind', path: 'var/lib/rpm/Packages', effect: 'notice' },
    ])
  })
})

describe('which packages count', () => {
  const lock = JSON.stringify({
    lockfileVersion: 3,
    packages: {
      '': { dependencies: { a: '^1' } },
      'node_modules/a': { version: '1.0.0' },
      'node_modules/b': { version: '2.0.0', dev: true },
    },
  })
  const files = { 'app/package-lock.json': lock, 'app/node_modules/a/package.json': '{"name":"a","version":"1.0.0"}' }
  const seen = async (context: InventoryContext, tree: Record<string, string> = files) => {
    const { components, diagnostics } = await assembleInventory(readLayers([tree]), context)
    return { names: components.map((one) => `${one.name} ${one.presence}`), codes: diagnostics.map((one) => one.code) }
  }

  it('in an image what is installed, in a source folder what is locked, with a word on the rest', async () => {
    expect(await seen(image)).toEqual({ names: ['a installed'], codes: ['packages-not-installed'] })
    expect(await seen(sources)).toEqual({ names: ['a declared', 'b declared'], codes: ['packages-not-declared'] })
    expect((await seen({ ...sources, presence: 'both' })).names).toEqual(['a installed', 'b declared'])
  })

  it('what is declared and lies installed below is one component, with both sightings', async () => {
    const read = readLayers([{ ...files, 'other/node_modules/a/package.json': '{"name":"a","version":"1.0.0"}' }])
    const { components, relations } = await assembleInventory(read, { ...sources, presence: 'both' })
    const [one, other] = components.filter(({ name }) => name === 'a')
    expect(one?.evidence.map(({ path }) => path)).toEqual(['app/node_modules/a/package.json', 'app/package-lock.json'])
    expect(one).toMatchObject({ presence: 'installed', scope: 'runtime' })
    expect(other?.evidence.map(({ path }) => path)).toEqual(['other/node_modules/a/package.json'])
    const ids = new Set(components.map(({ id }) => id))
    expect(relations.every(({ from, to }) => ids.has(from) && ids.has(to))).toBe(true)
  })

  it('where only the other kind is there, it counts', async () => {
    expect((await seen(image, { 'app/package-lock.json': lock })).names).toEqual(['a declared', 'b declared'])
    expect((await seen(sources, { 'node_modules/a/package.json': '{"name":"a","version":"1.0.0"}' })).names).toEqual([
      'a installed',
    ])
  })

  it('ranges without a lockfile count in a source folder, and are called what they are', async () => {
    const project = {
      'package.json': '{"name":"shop","private":true,"dependencies":{"left-pad":"^1.1.0","own":"file:../own"}}',
    }
    const { components, diagnostics } = await assembleInventory(readLayers([project]), sources)
    expect(components.map((one) => `${one.name} ${one.version} ${one.evidence[0].confidence}`)).toEqual([
      'left-pad 1.1.0 0.3',
    ])
    expect(diagnostics).toMatchObject([{ code: 'versions-from-ranges', effect: 'notice', path: 'package.json' }])
    expect((await seen(image, project)).names).toEqual([])
  })
})

it('the same rows give the same inventory, whatever their order of files', async () => {
  const reversed = Object.fromEntries(Object.entries(system).reverse())
  expect(await assembleInventory(readLayers([reversed]), image)).toEqual(
    await assembleInventory(readLayers([system]), image),
  )
})

it('--distro takes the place of what the release files say', async () => {
  const { os, components } = await assembleInventory(readLayers([system]), { ...image, distro: 'almalinux:9' })
  expect(os).toMatchObject({ id: 'almalinux', release: '9' })
  expect(components.find((one) => one.name === 'python3')?.purl).toContain('pkg:rpm/almalinux/python3@')
})
