import { Buffer } from 'node:buffer'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type BoltTree, boltFile } from '../../../test/support/bolt-writer.ts'
import { Failure } from '../failure.ts'
import { type BoltBucket, readBolt } from './database.ts'
import type { RandomBytes } from './page.ts'

function bytesOf(file: Uint8Array): RandomBytes {
  return { sizeBytes: file.length, at: (offset, length) => file.subarray(offset, offset + length) }
}

function read<Result>(file: Uint8Array, use: (root: BoltBucket) => Result): Result {
  return readBolt(bytesOf(file), 'test.db', use)
}

/** Everything that is in a bucket, at most eight buckets deep. */
function treeOf(bucket: BoltBucket, depth = 0): BoltTree {
  const tree: Record<string, string | BoltTree> = Object.create(null)
  for (const entry of bucket.entries()) {
    if (entry.bucket !== undefined) tree[entry.key] = depth < 8 ? treeOf(entry.bucket, depth + 1) : {}
    else tree[entry.key] = Buffer.from(entry.value ?? []).toString()
  }
  return tree
}

function failureOf(action: () => unknown): string {
  try {
    action()
  } catch (error) {
    return error instanceof Failure ? `${error.code}: ${error.message}` : String(error)
  }
  return 'nothing was thrown'
}

const wide: BoltTree = Object.fromEntries(
  Array.from({ length: 700 }, (_, i) => [`key ${String(i).padStart(4, '0')}`, { digest: `sha256:${i}`, size: `${i}` }]),
)

describe('bolt databases', () => {
  it('are searched through branches and buckets within values', () => {
    const file = boltFile({ v1: { default: { images: wide, labels: { a: 'b' } } } }, { pageBytes: 512 })
    read(file, (root) => {
      const images = root.bucket('v1', 'default', 'images')
      expect(images?.bucket('key 0345')?.text('digest')).toBe('sha256:345')
      expect(images?.bucket('key 0000')?.text('size')).toBe('0')
      expect(images?.bucket('key 0699')?.text('size')).toBe('699')
      for (const missing of ['', 'key', 'key 0345x', 'z']) expect(images?.bucket(missing)).toBeUndefined()
      expect(images?.value('key 0345')).toBeUndefined()
      expect(root.bucket('v1', 'default', 'labels')?.text('a')).toBe('b')
      expect(root.bucket('v1', 'default', 'labels', 'a')).toBeUndefined()
      expect([...(images?.entries() ?? [])].length).toBe(700)
    })
  })

  it('give back what was written, at any page size', () => {
    const key = fc.string({ minLength: 1, maxLength: 40 }).filter((one) => one.isWellFormed())
    const value = fc.string({ maxLength: 3000 }).filter((one) => one.isWellFormed())
    const { tree } = fc.letrec<{ tree: BoltTree; content: string | BoltTree }>((tie) => ({
      tree: fc.dictionary(key, tie('content'), { maxKeys: 12 }),
      content: fc.oneof({ maxDepth: 3 }, value, tie('tree')),
    }))
    fc.assert(
      fc.property(tree, fc.constantFrom(512, 1024, 4096), (written, pageBytes) => {
        read(boltFile(written, { pageBytes }), (root) => expect(treeOf(root)).toEqual(written))
      }),
      { numRuns: 60 },
    )
  })

  it('have the newest state that is whole', () => {
    const file = boltFile({ state: 'new' }, { older: { state: 'old' }, transaction: 8n })
    expect(read(file, (root) => root.text('state'))).toBe('new')
    file[16 + 30] ^= 1
    expect(read(file, (root) => root.text('state'))).toBe('old')
    file[4096 + 16 + 30] ^= 1
    expect(failureOf(() => read(file, () => {}))).toContain('both of its meta pages are damaged')
  })

  it('that are written meanwhile are read anew, and not for ever', () => {
    const states = [boltFile({ state: 'first' }), boltFile({ state: 'second' }, { transaction: 8n })]
    let now = states[0]
    const live: RandomBytes = { sizeBytes: now.length, at: (offset, length) => now.subarray(offset, offset + length) }
    const seen = readBolt(live, 'live.db', (root) => {
      const state = root.text('state')
      now = states[1]
      return state
    })
    expect(seen).toBe('second')
    let transaction = 9n
    const busy = (): string =>
      readBolt(live, 'live.db', () => {
        now = boltFile({}, { transaction: transaction++ })
        return ''
      })
    expect(failureOf(busy)).toContain('bolt-busy')
  })

  it.each([
    ['text', Buffer.from('clearly not a db.\n'), 'too short'],
    ['zeros', Buffer.alloc(100_000), 'no bolt database'],
    ['nothing', Buffer.alloc(0), 'too short'],
  ])('that are none are refused: %s', (_, bytes, why) => {
    expect(failureOf(() => read(bytes, treeOf))).toContain(why)
  })

  it('with pages in a circle, outside or cut off end in an error', () => {
    const file = boltFile({ a: wide }, { pageBytes: 512 })
    const branches = [...Array(file.length / 512).keys()].filter((page) => file.readUInt16LE(page * 512 + 8) === 1)
    const changed = (page: bigint): Buffer => {
      const copy = Buffer.from(file)
      for (const branch of branches) copy.writeBigUInt64LE(page, branch * 512 + 16 + 8)
      return copy
    }
    for (const page of [BigInt(branches[0]), BigInt(branches.at(-1) ?? 0), 0n, 1n << 63n, 1_000_000n]) {
      expect(failureOf(() => read(changed(page), treeOf))).toContain('bolt-damaged')
      expect(failureOf(() => read(changed(page), (root) => root.bucket('a', 'key 0000')))).toMatch(/damaged|nothing/)
    }
    expect(failureOf(() => read(file.subarray(0, 3000), treeOf))).toContain('is cut off')
  })

  it('with elements that overlap do not give their bytes many times over', () => {
    const value = 'x'.repeat(60_000)
    const file = boltFile(Object.fromEntries(Array.from({ length: 300 }, (_, i) => [`${i + 100}`, i < 2 ? value : ''])))
    const leaf = [...Array(file.length / 4096).keys()].find((page) => file.readUInt16LE(page * 4096 + 8) === 2) ?? 0
    const element = leaf * 4096 + 16
    file.writeUInt32LE(file.readUInt32LE(element + 4) - 16, element + 16 + 4)
    expect(failureOf(() => read(file, treeOf))).toContain('overlap')
  })

  it('with any bytes changed end in an error or an answer', () => {
    const file = boltFile({ v1: { default: { images: wide } }, big: 'y'.repeat(5000) }, { pageBytes: 1024 })
    const change = fc.tuple(fc.nat(file.length - 1), fc.integer({ min: 0, max: 255 }))
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 20 }), (changes) => {
        const copy = Buffer.from(file)
        for (const [at, byte] of changes) copy[at] = byte
        expect(failureOf(() => read(copy, treeOf))).toMatch(/^(bolt-damaged|nothing was thrown)/)
      }),
    )
  })
})
