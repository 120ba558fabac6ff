import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { DEFAULT_LIMITS } from '../lib/limits.ts'
import { type AnyReader, type FileReader, inlineRunner, type PathCondition, readSingleFile } from './index.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'single-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

/** Lines that begin with the reader's own word are its facts; any other is a problem. */
function reader(word: string, any: readonly PathCondition[], magic?: string): AnyReader {
  const made: FileReader<string> = {
    id: word,
    version: 1,
    wants: {
      any,
      maxBytes: 1000,
      loss: 'blind',
      ...(magic === undefined ? {} : { magic: { bytes: [Buffer.from(magic)] } }),
    },
    read({ bytes, path }) {
      const lines = Buffer.from(bytes)
        .toString()
        .split('\n')
        .filter((line) => line !== '')
      const facts = lines.filter((line) => line.startsWith(word)).map((line) => `${path}: ${line}`)
      const diagnostics =
        facts.length === lines.length ? [] : [{ code: 'odd', message: 'odd', effect: 'partial' as const, path }]
      return { facts, diagnostics }
    },
  }
  return made as AnyReader
}

const readers = [
  reader('dpkg', [{ path: 'var/lib/dpkg/status' }, { under: 'var/lib/dpkg/status.d' }]),
  reader('opkg', [{ path: 'usr/lib/opkg/status' }]),
  reader('apk', [{ path: 'lib/apk/db/installed' }]),
  reader('lock', [{ name: 'package-lock.json' }]),
  reader('elf', [], 'elfmagic'),
]

async function read(name: string, text: string, known: readonly AnyReader[] = readers) {
  const path = join(folder, name)
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, text)
  const target = await readSingleFile(
    { reference: name, path },
    {
      readers: known,
      runner: inlineRunner(known),
      limits: DEFAULT_LIMITS,
      signal: new AbortController().signal,
      skipFiles: [],
      skipDirs: [],
      progress: () => {},
    },
  )
  const facts = [...target.rows.values()].flat().flatMap((row) => row.facts)
  return { facts, diagnostics: target.diagnostics, target }
}

describe('a single package file', () => {
  it.each([
    ['rootfs/var/lib/dpkg/status', 'dpkg a', 'var/lib/dpkg/status: dpkg a'],
    ['status', 'opkg a', 'usr/lib/opkg/status: opkg a'],
    ['status', 'dpkg a', 'var/lib/dpkg/status: dpkg a'],
    ['installed', 'apk a', 'lib/apk/db/installed: apk a'],
    ['my/package-lock.json', 'lock a', 'my/package-lock.json: lock a'],
    ['program', 'elfmagic', 'file: elfmagic'],
    ['a.txt', 'apk a\napk b', 'lib/apk/db/installed: apk a'],
  ])('%s is read by whom it is meant for', async (name, text, first) => {
    const { facts, diagnostics, target } = await read(name, text)
    expect(facts[0]?.toString().replace(/^.*\/my\//, 'my/')).toBe(first)
    expect(diagnostics).toEqual([])
    expect([...target.rows.values()].flat().every(({ wins }) => wins)).toBe(true)
  })

  it('of a known name and a bad body is a diagnostic that names the file as given', async () => {
    const { facts, diagnostics } = await read('installed', 'nonsense')
    expect(facts).toEqual([])
    expect(diagnostics).toMatchObject([{ code: 'odd', path: 'installed' }])
  })

  it('of no known kind is an error that says what name to give it', async () => {
    await expect(read('a.txt', 'what is this')).rejects.toMatchObject({
      code: 'file-of-no-known-kind',
      input: 'a.txt',
      hints: [expect.stringContaining('name')],
    })
  })

  it('is not read by a reader that finds something in any text', async () => {
    const anything: FileReader<string> = {
      id: 'anything',
      version: 1,
      wants: { any: [{ path: 'etc/anything' }], maxBytes: 1000, loss: 'partial' },
      read: () => ({ facts: ['fact'], diagnostics: [] }),
    }
    const known = [...readers, anything as AnyReader]
    await expect(read('a.txt', 'what is this', known)).rejects.toMatchObject({ code: 'file-of-no-known-kind' })
    expect((await read('anything', 'what is this', known)).facts).toEqual(['fact'])
  })

  it('that is not there, or too large, is an error that names it', async () => {
    await expect(read('installed', 'x'.repeat(2000))).rejects.toMatchObject({
      code: 'file-too-large',
      input: 'installed',
    })
    const options = {
      readers,
      runner: inlineRunner(readers),
      limits: DEFAULT_LIMITS,
      signal: new AbortController().signal,
      skipFiles: [],
      skipDirs: [],
      progress: () => {},
    }
    const reading = readSingleFile({ reference: 'gone', path: join(folder, 'gone') }, options)
    await expect(reading).rejects.toMatchObject({ code: 'file-unreadable', input: 'gone' })
  })
})
