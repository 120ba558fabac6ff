import { Failure } from '../../lib/failure.ts'
import { openZip } from '../../lib/zip/zip.ts'
import type { RandomFile, ReadResult } from '../../reading/index.ts'
import { asObject, type JsonObject, member, parseJsonObject, textMember } from '../json-document.ts'
import { RecordProblems } from '../record-problems.ts'
import { quoted } from '../recorded-text.ts'
import { type Manifest, readManifest } from './installed.ts'

const MAX_MANIFEST_BYTES = 4 * 1024 ** 2
const MAX_MANIFESTS = 50_000
const MAX_HEADER_BYTES = 64 * 1024 ** 2
const MAX_ENTRIES = 1_000_000
/** The archive's own `package.json`, or one of a package installed in it; not what packages keep in their folders to test themselves. */
const MANIFEST = /^(?:(?:extension\/)?|(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+\/)package\.json$/

/** The `package.json` files of packages in a zip archive: an extension of VS Code (`.vsix`), a package in the cache of Yarn. */
export function readZippedManifests(file: RandomFile): ReadResult<Manifest> {
  return reported(file.path, (problems) => {
    const zip = openZip(file, file.path)
    const entries = zip.entries.filter(({ name }) => MANIFEST.test(name)).slice(0, MAX_MANIFESTS)
    return entries.flatMap((entry) => {
      try {
        return manifestAt(entry.name, zip.read(entry, MAX_MANIFEST_BYTES), problems)
      } catch (error) {
        if (!(error instanceof Failure)) throw error
        problems.add(`${quoted(entry.name)} in the archive could not be read: ${error.message}`)
        return []
      }
    })
  })
}

/**
 * The `package.json` files of packages in an archive of Electron (https://github.com/electron/asar#format): a header of four numbers
 * and JSON that names all files with their sizes and offsets, and after it their bodies one after the other. Files that lie unpacked
 * beside the archive are found there.
 */
export function readAsarManifests(file: RandomFile): ReadResult<Manifest> {
  return reported(file.path, (problems) => {
    const { object, bodiesAt } = asarHeader(file)
    const found: Manifest[] = []
    const waiting: { readonly files: JsonObject; readonly folder: string }[] = [{ files: object, folder: '' }]
    let seen = 0
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      const files = asObject(member(next.files, 'files')) ?? {}
      for (const name of Object.keys(files)) {
        const entry = asObject(files[name])
        if (entry === undefined || ++seen > MAX_ENTRIES || found.length >= MAX_MANIFESTS) continue
        const path = `${next.folder}${name}`
        // A path longer than this is none of a file system, and a folder in a folder without end would grow without bound.
        if (member(entry, 'files') !== undefined && path.length < 4096)
          waiting.push({ files: entry, folder: `${path}/` })
        else if (MANIFEST.test(path)) found.push(...asarManifest(file, path, entry, bodiesAt, problems))
      }
    }
    return found
  })
}

function asarManifest(file: RandomFile, path: string, entry: JsonObject, bodiesAt: number, problems: RecordProblems) {
  const size = member(entry, 'size')
  const offset = Number(textMember(entry, 'offset') ?? Number.NaN)
  if (member(entry, 'unpacked') === true || member(entry, 'link') !== undefined) return []
  const isSound = typeof size === 'number' && Number.isSafeInteger(size) && size >= 0 && Number.isSafeInteger(offset)
  if (!isSound || offset < 0 || size > MAX_MANIFEST_BYTES || bodiesAt + offset + size > file.sizeBytes) {
    problems.add(`${quoted(path)} in the archive has a size or place that cannot be`)
    return []
  }
  return manifestAt(path, file.at(bodiesAt + offset, size), problems)
}

/** Its numbers are of Chromium's Pickle: 4, the header's size, the text's size with padding, the text's size. */
function asarHeader(file: RandomFile): { readonly object: JsonObject; readonly bodiesAt: number } {
  const start = file.at(0, 16)
  if (start.length < 16) throw new Failure('asar-damaged', 'it is no archive of Electron', { input: file.path })
  const numbers = new DataView(start.buffer, start.byteOffset, start.byteLength)
  const headerBytes = numbers.getUint32(4, true)
  const textBytes = numbers.getUint32(12, true)
  const isSound = numbers.getUint32(0, true) === 4 && textBytes <= headerBytes && textBytes <= MAX_HEADER_BYTES
  if (!isSound || 16 + textBytes > file.sizeBytes)
    throw new Failure('asar-damaged', 'it is no archive of Electron', { input: file.path })
  const parsed = parseJsonObject(file.at(16, textBytes))
  if ('problem' in parsed)
    throw new Failure('asar-damaged', `its list of files cannot be read: ${parsed.problem}`, { input: file.path })
  return { object: parsed.object, bodiesAt: 8 + headerBytes }
}

function manifestAt(inside: string, bytes: Uint8Array, problems: RecordProblems): Manifest[] {
  const { facts, diagnostics } = readManifest({ path: inside, sizeBytes: bytes.length, mode: 0, bytes })
  for (const { message } of diagnostics) problems.add(`${quoted(inside)} in the archive: ${message}`)
  return facts.map((fact) => ({ ...fact, inside }))
}

function reported(path: string, read: (problems: RecordProblems) => Manifest[]): ReadResult<Manifest> {
  const problems = new RecordProblems('npm-archive-entry-unreadable', path)
  try {
    const facts = read(problems)
    return { facts, diagnostics: problems.diagnostics() }
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    const message = `an archive of npm packages could not be read: ${error.message}`
    return { facts: [], diagnostics: [{ code: 'npm-archive-unreadable', message, path, effect: 'partial' }] }
  }
}
