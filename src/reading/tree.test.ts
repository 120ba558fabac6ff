import { chmodSync, linkSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Failure } from '../lib/failure.ts'
import { DEFAULT_LIMITS } from '../lib/limits.ts'
import { type AnyReader, type FileReader, inlineRunner, type ReadOptions, readTree } from './index.ts'
import { fromFacts } from './layer-read.ts'
import { TreePass } from './tree-pass.ts'

const STATUS = 'var/lib/db/status'
const db: FileReader<string> = {
  id: 'db',
  version: 1,
  wants: { any: [{ path: STATUS }, { name: 'package.json' }], maxBytes: 1000, loss: 'blind' },
  keys: (fact) => [fact],
  read: ({ bytes }) => ({ facts: [Buffer.from(bytes).toString()], diagnostics: [] }),
}

let root: string
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'tree-'))
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

function put(path: string, text: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true })
  writeFileSync(join(root, path), text)
}

async function read(more: Partial<ReadOptions> = {}) {
  const readers = more.readers ?? [db as AnyReader]
  const target = await readTree(
    { reference: 'dir', root },
    {
      readers,
      runner: inlineRunner(readers),
      limits: DEFAULT_LIMITS,
      signal: new AbortController().signal,
      skipFiles: [],
      skipDirs: [],
      progress: () => {},
      ...more,
    },
  )
  const rows = [...target.rows.values()].flat()
  return { target, rows: rows.map(({ path, facts, wins }) => [path, wins, ...facts]), diagnostics: target.diagnostics }
}

describe('a tree read as it lies', () => {
  it('looks for programs in files that may be started, and in those whose name does not say that they are text', async () => {
    const program: FileReader<string> = {
      id: 'program',
      version: 1,
      wants: { any: [], magic: { bytes: [Buffer.from('MAGIC')] }, maxBytes: 1000, loss: 'partial' },
      read: ({ path }) => ({ facts: [path], diagnostics: [] }),
    }
    for (const path of ['a', 'b.bin', 'c.so.1', 'd.txt', 'e.js', 'f.sh', '.md']) put(path, 'MAGIC')
    chmodSync(join(root, 'e.js'), 0o755)
    const { rows } = await read({ readers: [program as AnyReader] })
    expect(rows.map(([path]) => path).sort()).toEqual(['a', 'b.bin', 'c.so.1', 'e.js', 'f.sh'])
  })

  it('is one layer in which everything wins', async () => {
    put(STATUS, 'a')
    put('app/package.json', 'b')
    put('other', 'c')
    const { rows, target, diagnostics } = await read()
    expect(rows).toEqual([
      ['app/package.json', true, 'b'],
      [STATUS, true, 'a'],
    ])
    expect(target.layers).toEqual([])
    expect(target.tree.since('db', STATUS, 'a')).toBe(0)
    expect(target.tree.resolve('app/../app/package.json')).toBe('app/package.json')
    expect(diagnostics).toEqual([])
  })

  it.each([
    ['absolute', '/opt/state'],
    ['relative', '../../opt/state'],
    ['above the root', '../../../../../../opt/state'],
  ])('follows links inside the root: %s', async (_, to) => {
    put('opt/state/status', 'a')
    mkdirSync(join(root, 'var/lib'), { recursive: true })
    symlinkSync(to, join(root, 'var/lib/db'))
    expect((await read()).rows).toEqual([[STATUS, true, 'a']])
  })

  it('never follows links out of the root', async () => {
    const outside = mkdtempSync(join(tmpdir(), 'outside-'))
    writeFileSync(join(outside, 'package.json'), 'secret')
    put('app/x', '')
    symlinkSync(join(outside, 'package.json'), join(root, 'app/package.json'))
    const { rows, diagnostics } = await read()
    rmSync(outside, { recursive: true })
    expect(rows).toEqual([])
    expect(diagnostics).toMatchObject([{ code: 'link-to-nowhere', path: 'app/package.json' }])
  })

  it('reads each name of a hard link', async () => {
    put('a/package.json', 'x')
    mkdirSync(join(root, 'b'))
    linkSync(join(root, 'a/package.json'), join(root, 'b/package.json'))
    expect((await read()).rows).toHaveLength(2)
  })

  it('does not enter what is skipped', async () => {
    put('a/package.json', 'x')
    put('b/package.json', 'y')
    put('c/package.json', 'z')
    const { rows } = await read({ skipDirs: ['/a'], skipFiles: ['b/*.json'] })
    expect(rows).toEqual([['c/package.json', true, 'z']])
  })

  it.each(['file-changed', 'file-unreadable'])(
    'says of a file that changes or vanishes while it is read that it is lost: %s',
    async (code) => {
      const pass = new TreePass([db as AnyReader], DEFAULT_LIMITS, () => {
        const at = (): never => {
          throw new Failure(code, 'it is not what it was')
        }
        return { body: { sizeBytes: 20, at, digest: at }, close: () => {} }
      })
      pass.add({ path: STATUS, type: 'file', mode: 0o644, sizeBytes: 20, linkName: '' })
      const read = fromFacts(await pass.facts())
      expect(read.rows.get('db')?.rows()).toEqual([])
      expect(read.rows.get('db')?.diagnostics).toMatchObject([{ code, path: STATUS, effect: 'blind' }])
    },
  )

  it.skipIf(process.getuid?.() === 0)(
    'is blind where a folder of a package database is closed (not as root, who can read all)',
    async () => {
      put(STATUS, 'a')
      put('home/x', 'a')
      for (const folder of ['var/lib', 'home']) chmodSync(join(root, folder), 0)
      const { diagnostics } = await read()
      for (const folder of ['var/lib', 'home']) chmodSync(join(root, folder), 0o755)
      expect(diagnostics.map(({ path, effect }) => [path, effect])).toEqual([
        ['home', 'partial'],
        ['var/lib', 'blind'],
      ])
    },
  )

  it('stops when it is cancelled, and names a root that is not there', async () => {
    await expect(read({ signal: AbortSignal.abort() })).rejects.toMatchObject({ kind: 'interrupted' })
    rmSync(root, { recursive: true })
    await expect(read()).rejects.toMatchObject({ name: 'Failure', input: root })
  })
})
