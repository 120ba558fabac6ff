import { inflateSync } from 'node:zlib'
import { asFailure } from '../../lib/failure.ts'
import { openZip } from '../../lib/zip/zip.ts'
import type { RandomFile, ReadResult } from '../../reading/index.ts'
import { RecordProblems } from '../record-problems.ts'
import { quoted } from '../recorded-text.ts'
import type { Distribution } from './facts.ts'
import { readMetadata } from './metadata.ts'

const MAX_METADATA_BYTES = 8 * 1024 ** 2
/** Distributions of one archive. */
const MAX_DISTRIBUTIONS = 10_000

/** Metadata at the top of an archive: of wheels and of zipped eggs, and those that a bundle carries along. */
const METADATA = /^(?:[^/]{1,300}\.(?:dist|egg)-info\/(?:METADATA|PKG-INFO)|EGG-INFO\/PKG-INFO)$/

/**
 * The distribution of a wheel (https://packaging.python.org/en/latest/specifications/binary-distribution-format/) or of a zipped egg, by the
 * metadata in it.
 */
export function readPythonArchive(file: RandomFile): ReadResult<Distribution> {
  const problems = new RecordProblems('python-archive-unreadable', file.path)
  const facts: Distribution[] = []
  try {
    const archive = openZip(file, file.path)
    const entries = archive.entries.filter(({ name }) => METADATA.test(name)).slice(0, MAX_DISTRIBUTIONS)
    for (const entry of entries) {
      try {
        facts.push(...distributionIn(entry.name, archive.read(entry, MAX_METADATA_BYTES), problems))
      } catch (error) {
        problems.add(`${quoted(entry.name)} could not be read: ${asFailure(error).message}`)
      }
    }
  } catch (error) {
    problems.add(`it could not be read: ${asFailure(error).message}`)
  }
  return { facts, diagnostics: problems.diagnostics() }
}

const COOKIE = Buffer.from('MEI\x0c\x0b\x0a\x0b\x0e', 'latin1')
const COOKIE_BYTES = 88
/** A signature may follow the archive. */
const TAIL_BYTES = 16 * 1024
const MAX_CONTENTS_BYTES = 32 * 1024 ** 2
const ENTRY_BYTES = 18

/**
 * The distributions that PyInstaller put into a program, of those whose metadata it took along (CArchive,
 * https://pyinstaller.org/en/stable/advanced-topics.html#carchive): a list of contents, found by the cookie near the end of the file.
 */
export function readFrozenProgram(file: RandomFile): ReadResult<Distribution> {
  const tailAt = Math.max(0, file.sizeBytes - TAIL_BYTES)
  const tail = Buffer.from(file.at(tailAt, TAIL_BYTES))
  const at = tail.lastIndexOf(COOKIE)
  if (at < 0 || at + COOKIE_BYTES > tail.length) return { facts: [], diagnostics: [] }
  const problems = new RecordProblems('python-archive-unreadable', file.path)
  const end = tailAt + at + COOKIE_BYTES
  const start = end - tail.readUInt32BE(at + 8)
  const contentsBytes = tail.readUInt32BE(at + 16)
  if (start < 0 || contentsBytes > MAX_CONTENTS_BYTES || start + tail.readUInt32BE(at + 12) + contentsBytes > end) {
    problems.add('the archive of PyInstaller at its end is damaged')
    return { facts: [], diagnostics: problems.diagnostics() }
  }
  const contents = Buffer.from(file.at(start + tail.readUInt32BE(at + 12), contentsBytes))
  const facts: Distribution[] = []
  for (const { name, offset, packedBytes, sizeBytes, isPacked } of frozenEntries(contents)) {
    if (!METADATA.test(name) || facts.length >= MAX_DISTRIBUTIONS) continue
    const bytes = sizeBytes > MAX_METADATA_BYTES ? undefined : unpacked(file, start + offset, packedBytes, isPacked)
    if (bytes === undefined) problems.add(`${quoted(name)} in the archive of PyInstaller could not be read`)
    else facts.push(...distributionIn(name, bytes, problems))
  }
  return { facts, diagnostics: problems.diagnostics() }
}

interface FrozenEntry {
  readonly name: string
  /** From the beginning of the archive. */
  readonly offset: number
  readonly packedBytes: number
  readonly sizeBytes: number
  readonly isPacked: boolean
}

function* frozenEntries(contents: Buffer): Generator<FrozenEntry, void, undefined> {
  for (let at = 0; at + ENTRY_BYTES <= contents.length; ) {
    const length = contents.readUInt32BE(at)
    if (length < ENTRY_BYTES || at + length > contents.length) return
    const name = contents.toString('utf8', at + ENTRY_BYTES, at + length).replace(/\0.*$/s, '')
    yield {
      name: name.replaceAll('\\', '/'),
      offset: contents.readUInt32BE(at + 4),
      packedBytes: contents.readUInt32BE(at + 8),
      sizeBytes: contents.readUInt32BE(at + 12),
      isPacked: contents[at + 16] === 1,
    }
    at += length
  }
}

function unpacked(file: RandomFile, offset: number, bytes: number, isPacked: boolean): Uint8Array | undefined {
  if (bytes > MAX_METADATA_BYTES) return undefined
  const packed = file.at(offset, bytes)
  if (packed.length < bytes) return undefined
  if (!isPacked) return packed
  try {
    return inflateSync(packed, { maxOutputLength: MAX_METADATA_BYTES })
  } catch {
    // Whatever is damaged: the caller names the entry.
    return undefined
  }
}

/** What the metadata of an archive says; its name inside the archive stands in for a path. */
function distributionIn(name: string, bytes: Uint8Array, problems: RecordProblems): Distribution[] {
  const { facts, diagnostics } = readMetadata({ path: name, mode: 0o644, sizeBytes: bytes.length, bytes })
  for (const { message } of diagnostics) problems.add(`${quoted(name)}: ${message}`)
  return facts.map((fact) => ({ ...fact, inside: name }))
}
