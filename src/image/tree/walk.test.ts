import { execFileSync } from 'node:child_process'
import { linkSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Failure } from '../../lib/failure.ts'
import { DEFAULT_LIMITS } from '../../lib/limits.ts'
import { encodePath } from '../../lib/path-text.ts'
import { openTreeFile } from './tree-file.ts'
import { type TreeEntry, walkTree } from './walk.ts'

let root: string
beforeEach(() => {
  root = mkdtempSync(path.join(tmpdir(), 'bulwark-tree-'))
})
afterEach(() => rmSync(root, { recursive: true }))

function walk(entries = DEFAULT_LIMITS.entries, skip?: (path: string) => boolean): TreeEntry[] {
  const found: TreeEntry[] = []
  walkTree(root, {
    signal: new AbortController().signal,
    limits: { ...DEFAULT_LIMITS, entries },
    ...(skip === undefined ? {} : { skip }),
    entry: (entry) => found.push(entry),
    problem: (problem) => expect(problem).toBeUndefined(),
  })
  return found
}

function codeOf(action: () => unknown): string {
  try {
    action()
  } catch (error) {
    return error instanceof Failure ? error.code : String(error)
  }
  return 'nothing was thrown'
}

describe('walking a directory', () => {
  it('reports links without following them, so that circles end', () => {
    mkdirSync(path.join(root, 'a'))
    symlinkSync('..', path.join(root, 'a/up'))
    symlinkSync('self', path.join(root, 'self'))
    writeFileSync(path.join(root, 'a/file'), 'abc')
    linkSync(path.join(root, 'a/file'), path.join(root, 'hard'))
    const found = walk()
    expect(found.map((entry) => [entry.path, entry.type, entry.linkName])).toEqual([
      ['a', 'directory', ''],
      ['hard', 'file', ''],
      ['self', 'symlink', 'self'],
      ['a/file', 'file', ''],
      ['a/up', 'symlink', '..'],
    ])
    expect(found[1].ino).toBe(found[3].ino)
  })

  it('keeps names that are not UTF-8, and opens them again', () => {
    const name = Buffer.concat([Buffer.from(`${root}/`), Uint8Array.of(0x66, 0xe9)])
    writeFileSync(name, 'abc')
    const [{ path: found }] = walk()
    expect(Buffer.from(encodePath(found))).toEqual(Buffer.from([0x66, 0xe9]))
    const file = openTreeFile(root, found)
    expect(file.sizeBytes).toBe(3)
    file.close()
  })

  it('goes through names in the order of their bytes, not of their UTF-16 units', () => {
    const names = ['\u{1f600}', '\uff21', 'z', '\u00e9']
    for (const name of names) writeFileSync(path.join(root, name), '')
    expect(walk().map((entry) => entry.path)).toEqual(['z', '\u00e9', '\uff21', '\u{1f600}'])
  })

  it('skips what is asked, bounds entries, and names a root that is not there', () => {
    mkdirSync(path.join(root, 'a'))
    writeFileSync(path.join(root, 'a/file'), '')
    expect(walk(5, (name) => name === 'a')).toEqual([])
    expect(codeOf(() => walk(1))).toBe('tree-too-many-entries')
    root = path.join(root, 'gone')
    expect(codeOf(() => walk())).toBe('no-such-target')
    root = path.dirname(root)
  })
})

describe('opening a file of a tree', () => {
  it('is not led out of the root, and refuses links, folders and pipes', () => {
    symlinkSync('/etc', path.join(root, 'out'))
    symlinkSync('/etc/passwd', path.join(root, 'link'))
    mkdirSync(path.join(root, 'folder'))
    execFileSync('mkfifo', [path.join(root, 'pipe')])
    expect(codeOf(() => openTreeFile(root, 'out/passwd'))).toBe('leaves-root')
    expect(codeOf(() => openTreeFile(root, '../../etc/passwd'))).toBe('leaves-root')
    for (const name of ['link', 'folder', 'pipe', '..', '']) {
      expect(codeOf(() => openTreeFile(root, name))).toBe('not-a-regular-file')
    }
  })
})
