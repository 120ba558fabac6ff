import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { TarReader } from '../../src/image/index.ts'
import type { TarEntry } from '../../src/image/types.ts'
import { DEFAULT_LIMITS } from '../../src/lib/limits.ts'
import { encodePath } from '../../src/lib/path-text.ts'
import type { CaseOutcome, ConformanceSuite } from './suite.ts'

/** The first character of `tar -tv` by type. */
const LETTERS: Readonly<Record<TarEntry['type'], string>> = {
  file: '-',
  directory: 'd',
  symlink: 'l',
  hardlink: 'h',
  character: 'c',
  block: 'b',
  fifo: 'p',
  other: '?',
}
const MODE = /^(.)([rwxsStT-]{9}) (\d+)\/(\d+) +(\d+|\d+,\d+) \d{4}-\d\d-\d\d \d\d:\d\d ?(.*)$/

/**
 * Every archive listed as GNU tar on this machine lists it: `tar --list --verbose --numeric-owner --quoting-style=escape`. Expected are
 * type, permissions, owner, size, name and link target of each entry, in order; an entry without a name must be a diagnostic. The bodies
 * of small files are compared with `tar --to-stdout`.
 */
export const tar: ConformanceSuite = {
  id: 'tar',
  gaps: {},
  run(folder) {
    return readdirSync(folder)
      .filter((name) => name.endsWith('.tar'))
      .sort()
      .map((name) => compare(name, path.join(folder, name)))
  },
}

function compare(name: string, file: string): CaseOutcome {
  try {
    const read = readArchive(file)
    const listed = gnuList(file)
    const expected = listed.filter((line) => !line.endsWith(NAMELESS)).join('\n')
    const nameless = listed.length - listed.filter((line) => !line.endsWith(NAMELESS)).length
    const actual = read.lines.join('\n')
    if (expected !== actual) return { name, passed: false, expected, actual }
    if (nameless !== read.emptyNames) {
      return { name, passed: false, expected: `${nameless} entries without a name`, actual: `${read.emptyNames}` }
    }
    return compareBodies(name, file, read)
  } catch (error) {
    return { name, passed: false, expected: 'read to its end', actual: String(error) }
  }
}

const NAMELESS = '\t'
const MAX_BODY = 16 * 1024 * 1024

function compareBodies(name: string, file: string, read: Reading): CaseOutcome {
  if (read.totalBytes > MAX_BODY) return { name, passed: true }
  const out = execFileSync('tar', ['--extract', '--to-stdout', '--file', file], {
    maxBuffer: 2 * MAX_BODY,
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  // GNU tar prints nothing for links; so do we.
  const passed = Buffer.concat(read.bodies).equals(out)
  return passed
    ? { name, passed }
    : { name, passed, expected: `${out.length} bytes of content`, actual: 'other content' }
}

interface Reading {
  readonly lines: string[]
  readonly bodies: Buffer[]
  emptyNames: number
  totalBytes: number
}

function readArchive(file: string): Reading {
  const reading: Reading = { lines: [], bodies: [], emptyNames: 0, totalBytes: 0 }
  const reader = new TarReader(
    {
      entry(entry) {
        reading.lines.push(line(entry))
        if (entry.type === 'file') reading.totalBytes += entry.sizeBytes
        return reading.totalBytes <= MAX_BODY
      },
      body: (chunk) => reading.bodies.push(Buffer.from(chunk)),
      end: () => {},
      problem: (diagnostic) => {
        if (diagnostic.code === 'tar-empty-name') reading.emptyNames++
      },
    },
    file,
    DEFAULT_LIMITS,
  )
  reader.push(readFileSync(file))
  reader.finish()
  return reading
}

function line(entry: TarEntry): string {
  const link =
    entry.type === 'symlink'
      ? ` -> ${gnuEscape(entry.linkName)}`
      : entry.type === 'hardlink'
        ? ` link to ${gnuEscape(entry.linkName)}`
        : ''
  const size = entry.type === 'character' || entry.type === 'block' ? 'device' : entry.sizeBytes
  return `${LETTERS[entry.type]}${permissions(entry.mode)} ${entry.uid}/${entry.gid} ${size}\t${gnuEscape(entry.name)}${link}`
}

function permissions(mode: number): string {
  const bit = (at: number, letter: string) => ((mode >> at) & 1 ? letter : '-')
  const special = (at: number, x: string, set: string) => ((mode >> at) & 1 ? (x === 'x' ? set : set.toUpperCase()) : x)
  return [
    `${bit(8, 'r')}${bit(7, 'w')}${special(11, bit(6, 'x'), 's')}`,
    `${bit(5, 'r')}${bit(4, 'w')}${special(10, bit(3, 'x'), 's')}`,
    `${bit(2, 'r')}${bit(1, 'w')}${special(9, bit(0, 'x'), 't')}`,
  ].join('')
}

const ESCAPES: Readonly<Record<number, string>> = {
  7: '\\a',
  8: '\\b',
  9: '\\t',
  10: '\\n',
  11: '\\v',
  12: '\\f',
  13: '\\r',
  92: '\\\\',
  127: '\\177',
}

/** `--quoting-style=escape` in the C locale: all but printable ASCII is escaped. */
function gnuEscape(name: string): string {
  let text = ''
  for (const byte of encodePath(name)) {
    const isPlain = byte >= 0x20 && byte < 0x7f && byte !== 0x5c
    text += isPlain ? String.fromCharCode(byte) : (ESCAPES[byte] ?? `\\${byte.toString(8).padStart(3, '0')}`)
  }
  return text
}

function gnuList(file: string): string[] {
  const options = ['--list', '--verbose', '--numeric-owner', '--quoting-style=escape', '--utc', '--file', file]
  const out = execFileSync('tar', options, {
    encoding: 'latin1',
    env: { ...process.env, LC_ALL: 'C' },
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  return out
    .split('\n')
    .filter((text) => text !== '')
    .map((text) => {
      const match = MODE.exec(text)
      if (match === null) throw new Error(`cannot parse what GNU tar lists: ${text}`)
      const [, type, mode, uid, gid, size, rest] = match
      return `${type === 'V' ? '?' : type}${mode} ${uid}/${gid} ${size.includes(',') ? 'device' : size}\t${rest}`
    })
}
