import { Buffer } from 'node:buffer'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { zipOf, zipped } from '../../../test/support/zip-writer.ts'
import { Failure } from '../failure.ts'
import { encodePath } from '../path-text.ts'
import { MAX_ENTRIES } from './directory.ts'
import { openZip, sourceOf } from './zip.ts'

const MAX = 1 << 24

function archive(bytes: Uint8Array) {
  return openZip(sourceOf(bytes), 'a.zip')
}

function texts(bytes: Uint8Array): Record<string, string> {
  const zip = archive(bytes)
  return Object.fromEntries(zip.entries.map((entry) => [entry.name, Buffer.from(zip.read(entry, MAX)).toString()]))
}

function code(action: () => unknown): string | undefined {
  try {
    action()
    return undefined
  } catch (error) {
    expect(error).toBeInstanceOf(Failure)
    expect((error as Failure).input).toMatch(/^a\.zip/)
    return (error as Failure).code
  }
}

test('stored and deflated entries, folders, an empty archive', () => {
  expect(texts(zipOf({ 'a/': '', 'a/b.txt': 'hello', 'c.txt': 'x'.repeat(5000) }))).toEqual({
    'a/': '',
    'a/b.txt': 'hello',
    'c.txt': 'x'.repeat(5000),
  })
  expect(texts(zipOf({ 'a.txt': 'stored' }, false))).toEqual({ 'a.txt': 'stored' })
  expect(archive(zipOf({ 'a/': '' })).entries[0].isDirectory).toBe(true)
  expect(texts(zipped([]))).toEqual({})
})

test('an end record behind a comment, also one that looks like an end record', () => {
  expect(texts(zipped([{ name: 'a', body: '1' }], { comment: 'made by hand' }))).toEqual({ a: '1' })
  expect(texts(zipped([{ name: 'a', body: '1' }], { comment: `PK\u0005\u0006${' '.repeat(40)}` }))).toEqual({ a: '1' })
})

test('bytes in front and behind', () => {
  const entries = [{ name: 'a', body: '1' }]
  const prepend = Buffer.from('#!/bin/sh\nexec java -jar "$0"\n')
  expect(texts(zipped(entries, { prepend }))).toEqual({ a: '1' })
  expect(texts(zipped(entries, { prepend, zip64: true }))).toEqual({ a: '1' })
  expect(texts(Buffer.concat([zipped(entries), Buffer.alloc(100)]))).toEqual({ a: '1' })
})

test('zip64 end record and entries', () => {
  expect(texts(zipped([{ name: 'a', body: 'wide', zip64: true }], { zip64: true }))).toEqual({ a: 'wide' })
})

test('names are kept without loss, and lead nowhere', () => {
  const cp437 = Uint8Array.of(0x81, 0x2e, 0x74)
  const [odd, up] = archive(zipped([{ name: cp437 }, { name: '../../etc/passwd' }])).entries
  expect(Buffer.from(encodePath(odd.name))).toEqual(Buffer.from(cp437))
  expect(up.name).toBe('../../etc/passwd')
})

test('an archive in an archive: stored is a window, deflated is unpacked', () => {
  const inner = zipOf({ x: 'inside' })
  for (const deflate of [false, true]) {
    const outer = archive(zipped([{ name: 'lib/inner.jar', body: inner, deflate }]))
    const opened = openZip(outer.open(outer.entries[0], MAX), 'inner')
    expect(Buffer.from(opened.read(opened.entries[0], MAX)).toString()).toBe('inside')
  }
  const bytes = zipped([{ name: 'i', body: inner }])
  const outer = archive(bytes)
  const part = outer.open(outer.entries[0], MAX).at(0, 4)
  expect(part.buffer).toBe(bytes.buffer)
})

test('refuses what is encrypted, packed otherwise, too large, a bomb, or false', () => {
  const read = (entry: Parameters<typeof zipped>[0][0], max = MAX) =>
    code(() => {
      const zip = archive(zipped([entry]))
      zip.read(zip.entries[0], max)
    })
  expect(read({ name: 'a', body: '1', flags: 1 })).toBe('zip-encrypted')
  expect(read({ name: 'a', body: '1', method: 12 })).toBe('zip-method-unsupported')
  expect(read({ name: 'a', body: '12345' }, 4)).toBe('zip-entry-too-large')
  expect(read({ name: 'a', body: Buffer.alloc(8 << 20), deflate: true })).toBe('zip-bomb')
  expect(read({ name: 'a', body: '1', crc: 1 })).toBe('zip-damaged')
  expect(read({ name: 'a', body: 'x'.repeat(100), deflate: true, sizeBytes: 50 })).toBe('zip-damaged')
  expect(read({ name: 'a', body: 'x'.repeat(100), deflate: true, sizeBytes: 5000 })).toBe('zip-damaged')
  expect(read({ name: 'a', body: 'abc', sizeBytes: 2 })).toBe('zip-damaged')
})

test('no archive, half an archive, counts that lie', () => {
  const whole = zipOf({ a: 'x'.repeat(100), b: 'y' })
  expect(code(() => archive(Buffer.alloc(0)))).toBe('zip-no-directory')
  expect(code(() => archive(Buffer.from('<html></html>')))).toBe('zip-no-directory')
  expect(code(() => archive(whole.subarray(0, whole.length - 30)))).toBe('zip-no-directory')
  expect(code(() => archive(whole.subarray(60)))).toBe('zip-damaged')
  expect(code(() => archive(zipped([{ name: 'a' }], { count: 7 })))).toBe('zip-damaged')
})

test('a million entries are read in bounded time, and no more than that', { timeout: 60_000 }, () => {
  const bytes = manyEntries(1_000_000)
  const before = Date.now()
  expect(archive(bytes).entries).toHaveLength(1_000_000)
  expect(Date.now() - before).toBeLessThan(10_000)
  expect(code(() => archive(manyEntries(MAX_ENTRIES + 1)))).toBe('zip-too-large')
})

/** One entry's directory record, repeated. */
function manyEntries(count: number): Buffer {
  const one = zipped([{ name: 'some/name.class' }], { zip64: true })
  const at = one.indexOf('PK\x01\x02', 0, 'latin1')
  const end = one.indexOf('PK\x06\x06', 0, 'latin1')
  const record = one.subarray(at, end)
  const tail = Buffer.from(one.subarray(end))
  tail.writeBigUInt64LE(BigInt(count), 32)
  tail.writeBigUInt64LE(BigInt(count * record.length), 40)
  tail.writeBigUInt64LE(BigInt(at + count * record.length), 64)
  return Buffer.concat([one.subarray(0, at), Buffer.alloc(count * record.length, record), tail])
}

test('whatever bytes are changed, it is read or refused with a Failure', () => {
  const whole = zipped(
    [
      { name: 'a', body: 'x'.repeat(300), deflate: true },
      { name: 'b', body: 'y', zip64: true },
    ],
    { zip64: true, comment: 'c' },
  )
  const change = fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { minLength: 1, maxLength: 8 })
  fc.assert(
    fc.property(change, fc.nat(whole.length), (changes, cut) => {
      const bytes = Buffer.from(whole)
      for (const [at, value] of changes) bytes[at] = value
      for (const variant of [bytes, bytes.subarray(0, cut), bytes.subarray(cut)]) {
        code(() => {
          const zip = archive(variant)
          for (const entry of zip.entries) code(() => zip.read(entry, MAX))
        })
      }
    }),
    { numRuns: 500 },
  )
})
