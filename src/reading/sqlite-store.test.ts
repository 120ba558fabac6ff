import { createHash } from 'node:crypto'
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { sqliteFactStore } from './sqlite-store.ts'
import type { AnyReader, FactStore, LayerFacts } from './types.ts'

let folder: string
let path: string
const open: FactStore[] = []
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'store-'))
  path = join(folder, 'cache', 'layers.db')
})
afterEach(() => {
  for (const store of open.splice(0)) store.close()
  rmSync(folder, { recursive: true, force: true })
})

const DIFF_ID = `sha256:${'a'.repeat(64)}` as const
const facts: LayerFacts = {
  diffId: DIFF_ID,
  complete: true,
  index: Uint8Array.of(1, 2, 3),
  rows: [
    { reader: 'one', version: 1, encoded: Uint8Array.of(4) },
    { reader: 'two', version: 3, encoded: new Uint8Array(0) },
    { reader: 'three', version: 1, encoded: Uint8Array.of(5), transient: true },
  ],
  diagnostics: [],
}
const reader = (id: string, version: number): AnyReader => ({
  id,
  version,
  wants: { any: [], maxBytes: 1, loss: 'partial' },
  read: () => ({ facts: [], diagnostics: [] }),
})

function store(): FactStore {
  const made = sqliteFactStore(path)
  open.push(made)
  return made
}

describe('facts in SQLite', () => {
  it('touch no file until they are asked for', () => {
    store().close()
    expect(existsSync(path)).toBe(false)
  })

  it('come back as they were, to another process too; an empty row is a row', () => {
    store().store(facts)
    const loaded = store().load(DIFF_ID, [reader('one', 1), reader('two', 3), reader('three', 1), reader('four', 1)])
    expect(loaded?.index).toEqual(Uint8Array.of(1, 2, 3))
    expect([...(loaded?.rows ?? [])]).toEqual([
      ['one', Uint8Array.of(4)],
      ['two', new Uint8Array(0)],
    ])
  })

  it('of another version of a reader are not there, and give way to the newer', () => {
    const one = store()
    one.store(facts)
    expect(one.load(DIFF_ID, [reader('one', 2)])?.rows.size).toBe(0)
    one.store({ ...facts, rows: [{ reader: 'one', version: 2, encoded: Uint8Array.of(9) }] })
    expect(one.load(DIFF_ID, [reader('one', 1)])?.rows.size).toBe(0)
    expect(one.load(DIFF_ID, [reader('one', 2)])?.rows.get('one')).toEqual(Uint8Array.of(9))
  })

  it('of an incomplete layer are not kept', () => {
    const one = store()
    one.store({ ...facts, complete: false })
    expect(one.load(DIFF_ID, [reader('one', 1)])).toBeUndefined()
  })

  it('of readers with other options are told apart', () => {
    const one = store()
    const deep = { ...reader('one', 1), options: 'deep' }
    one.store(facts)
    expect(one.load(DIFF_ID, [deep])?.rows.size).toBe(0)
    one.store({ ...facts, rows: [{ reader: 'one', version: 1, options: 'deep', encoded: Uint8Array.of(8) }] })
    expect(one.load(DIFF_ID, [deep])?.rows.get('one')).toEqual(Uint8Array.of(8))
    expect(one.load(DIFF_ID, [reader('one', 1)])?.rows.get('one')).toEqual(Uint8Array.of(4))
  })

  it('that were not used for the longest time give way when there is no room', () => {
    let hour = 100
    const bounded = (): FactStore => {
      const made = sqliteFactStore(path, { maxBytes: 600_000, now: () => hour * 3_600_000 })
      open.push(made)
      return made
    }
    const key = (number: number) => `sha256:${String(number).padStart(64, '0')}` as const
    const put = (to: FactStore, number: number): boolean =>
      to.store({ ...facts, diffId: key(number), index: new Uint8Array(100_000).fill(number) })
    const one = bounded()
    for (let number = 0; number < 4; number++, hour++) put(one, number)
    expect(one.load(key(0), [])).toBeDefined()
    one.close()
    const two = bounded()
    for (let number = 4; number < 7; number++, hour++) put(two, number)
    const there = [0, 1, 2, 3, 4, 5, 6].filter((number) => two.load(key(number), []) !== undefined)
    expect(there).toContain(0)
    expect(there).toContain(6)
    expect(there).not.toContain(1)
    expect(statSync(path).size).toBeLessThan(900_000)
    const huge = { ...facts, diffId: key(9), index: new Uint8Array(700_000) }
    expect(two.store(huge)).toBe(false)
    expect(two.load(key(9), [])).toBeUndefined()
    expect(two.load(key(6), [])).toBeDefined()
  })

  it('are a notice to nobody when another process writes at the same time', () => {
    const [one, two] = [store(), store()]
    for (let i = 0; i < 20; i++) {
      one.store({ ...facts, diffId: `sha256:${String(i).padStart(64, '0')}` })
      two.store({ ...facts, diffId: `sha256:${String(i).padStart(64, 'f')}` })
    }
    expect([...(one.notices?.() ?? []), ...(two.notices?.() ?? [])]).toEqual([])
  })

  it('of an archive come back by its digest', () => {
    const one = store()
    expect(one.loadArchive(DIFF_ID)).toBeUndefined()
    one.storeArchive(DIFF_ID, Uint8Array.of(7))
    expect(store().loadArchive(DIFF_ID)).toEqual(Uint8Array.of(7))
  })
})

describe('documents', () => {
  const bytes = Buffer.from('{"a":1}')
  const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}` as const

  it('come back by their digest, and only what has it', () => {
    store().storeDocument(digest, bytes)
    expect(Buffer.from(store().loadDocument(digest) ?? '')).toEqual(bytes)
    store().storeDocument(DIFF_ID, bytes)
    expect(store().loadDocument(DIFF_ID)).toBeUndefined()
    const raw = new DatabaseSync(path)
    raw.exec("UPDATE contents SET encoded = x'00'")
    raw.close()
    expect(store().loadDocument(digest)).toBeUndefined()
  })

  it('that are too large are not kept', () => {
    const large = Buffer.alloc(17 * 1024 ** 2)
    const name = `sha256:${createHash('sha256').update(large).digest('hex')}` as const
    store().storeDocument(name, large)
    expect(store().loadDocument(name)).toBeUndefined()
  })
})

describe('a store that cannot be used', () => {
  it('is set aside and begun anew when it is no database', () => {
    store().store(facts)
    writeFileSync(path, 'this is no database, and long enough to look like one'.repeat(100))
    const one = store()
    expect(one.load(DIFF_ID, [])).toBeUndefined()
    expect(one.notices?.().map(({ code, effect }) => [code, effect])).toEqual([['cache-damaged', 'notice']])
    one.store(facts)
    expect(store().load(DIFF_ID, [reader('one', 1)])?.rows.size).toBe(1)
    expect(existsSync(`${path}.damaged`)).toBe(true)
  })

  it('is begun anew whatever bytes of it were changed, and never throws', () => {
    for (let seed = 1; seed <= 40; seed++) {
      const one = store()
      for (let i = 0; i < 20; i++)
        one.store({ ...facts, diffId: `sha256:${String(i).padStart(64, '0')}`, index: new Uint8Array(900) })
      one.close()
      const bytes = readFileSync(path)
      for (let i = 0; i < 300; i++) bytes[(i * seed * 7919 + seed * 104729) % bytes.length] ^= (i * seed) & 0xff
      writeFileSync(path, bytes)
      const two = store()
      for (let i = 0; i < 20; i++) two.load(`sha256:${String(i).padStart(64, '0')}`, [reader('one', 1)])
      two.store(facts)
      two.load(DIFF_ID, [reader('one', 1)])
      two.close()
      rmSync(path, { force: true })
    }
  })

  it('is begun anew when an older version of the program made it', () => {
    store().store(facts)
    const raw = new DatabaseSync(path)
    raw.exec('PRAGMA user_version = 999')
    raw.close()
    const one = store()
    expect(one.load(DIFF_ID, [])).toBeUndefined()
    expect(one.notices?.()).toEqual([])
  })

  it('is a notice when its folder cannot be made', () => {
    writeFileSync(join(folder, 'cache'), 'a file')
    const one = store()
    one.store(facts)
    expect(one.load(DIFF_ID, [])).toBeUndefined()
    expect(one.notices?.()).toMatchObject([{ code: 'cache-unusable', effect: 'notice' }])
  })

  it.skipIf(process.getuid?.() === 0)('is still read when it cannot be written (not as root, who can)', () => {
    store().store(facts)
    chmodSync(path, 0o400)
    const one = store()
    one.store(facts)
    expect(one.notices?.()).toMatchObject([{ code: 'cache-unwritable' }])
    expect(one.load(DIFF_ID, [reader('one', 1)])?.rows.size).toBe(1)
  })
})
