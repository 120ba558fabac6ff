import { decodePath } from '../../lib/path-text.ts'
import type { FileBytes, FileReader, ReadResult } from '../../reading/index.ts'
import { RecordProblems } from '../record-problems.ts'
import { quoted, refuseIdentity, shownText } from '../recorded-text.ts'

/** One installed package, as its record says. */
export interface ApkFact {
  readonly name: string
  readonly version: string
  readonly architecture?: string
  /** The package whose build recipe made this one: `o:`. */
  readonly origin?: string
  readonly licence?: string
  readonly maintainer?: string
  readonly depends?: string
  readonly provides?: string
  /** The record's lines from its first folder on (`F:`, `R:`, `a:`, `Z:`), undecoded. */
  readonly files?: Uint8Array
  readonly lines: readonly [number, number]
}

/** Names, versions and lists of needs are short; a longer line is an attack. */
const MAX_LINE = 1024 * 1024
const NEWLINE = 10
const COLON = 58
const CARRIAGE_RETURN = 13
const FOLDER = 70
/** Letters of the fields that are read: P V A o L m D p. */
const READ = new Set([...'PVAoLmDp'].map((letter) => letter.charCodeAt(0)))

/**
 * Reads apk's database of installed packages (apk-tools, `apk-v2(5)` "Installed database" and
 * https://wiki.alpinelinux.org/wiki/Apk_spec): records separated by blank lines, a letter and a colon begin each line.
 */
export const installedReader: FileReader<ApkFact> = {
  id: 'apk-installed',
  version: 1,
  wants: {
    any: [{ path: 'lib/apk/db/installed' }, { path: 'usr/lib/apk/db/installed' }],
    maxBytes: 256 * 1024 * 1024,
    loss: 'blind',
  },
  read,
  keys: (fact) => [apkKey(fact)],
}

/** What a record is followed by from layer to layer. */
export function apkKey(fact: ApkFact): string {
  return `${fact.name} ${fact.version} ${fact.architecture ?? ''}`
}

interface OpenRecord {
  readonly firstLine: number
  lastLine: number
  readonly fields: Map<string, string>
  /** Offset of its first `F:` line. */
  filesAt?: number
}

function read(file: FileBytes): ReadResult<ApkFact> {
  const { bytes } = file
  const problems = new RecordProblems('apk-record-broken', file.path)
  const facts: ApkFact[] = []
  let record: OpenRecord | undefined
  let line = 0
  let named = 0
  const finish = (end: number): void => {
    if (record === undefined) return
    if (record.fields.has('P')) named++
    const fact = makeFact(record, bytes, end, problems)
    if (fact !== undefined) facts.push(fact)
    record = undefined
  }
  for (let at = 0; at < bytes.length; ) {
    const newline = bytes.indexOf(NEWLINE, at)
    const next = newline < 0 ? bytes.length : newline + 1
    let stop = newline < 0 ? bytes.length : newline
    if (stop > at && bytes[stop - 1] === CARRIAGE_RETURN) stop--
    line++
    if (stop === at) finish(at)
    else {
      record ??= { firstLine: line, lastLine: line, fields: new Map() }
      record.lastLine = line
      readLine(record, bytes, at, stop, line, problems)
    }
    at = next
  }
  finish(bytes.length)
  if (named === 0 && problems.count > 0) {
    const message = `no package record was found, though the file is not empty (${file.sizeBytes} bytes)`
    return { facts, diagnostics: [{ code: 'apk-database-unreadable', message, path: file.path, effect: 'blind' }] }
  }
  return { facts, diagnostics: problems.diagnostics() }
}

function readLine(
  record: OpenRecord,
  bytes: Uint8Array,
  from: number,
  to: number,
  line: number,
  problems: RecordProblems,
): void {
  const letter = bytes[from] ?? 0
  if (to - from < 2 || bytes[from + 1] !== COLON) {
    problems.add(`line ${line} does not begin with a letter and a colon`)
    return
  }
  if (letter === FOLDER) record.filesAt ??= from
  if (record.filesAt !== undefined || !READ.has(letter)) return
  const key = String.fromCharCode(letter)
  if (to - from > MAX_LINE) problems.add(`line ${line} has ${to - from} bytes`)
  else if (!record.fields.has(key))
    record.fields.set(key, new TextDecoder().decode(bytes.subarray(from + 2, to)).trim())
}

function makeFact(record: OpenRecord, bytes: Uint8Array, end: number, problems: RecordProblems): ApkFact | undefined {
  const { fields, firstLine, lastLine, filesAt } = record
  const field = (key: string): string | undefined => fields.get(key) || undefined
  const name = field('P') ?? ''
  const version = field('V') ?? ''
  const refused = refuseIdentity(name, version)
  if (refused !== undefined) {
    problems.add(`the record${name === '' ? '' : ` of ${quoted(name)}`} at line ${firstLine} ${refused}`)
    return undefined
  }
  const architecture = field('A')
  const origin = field('o')
  const licence = field('L')
  const maintainer = field('m')
  const depends = field('D')
  const provides = field('p')
  return {
    name,
    version,
    ...(architecture && refuseIdentity(architecture, version) === undefined && { architecture }),
    ...(origin && refuseIdentity(origin, version) === undefined && { origin }),
    ...(licence && { licence: shownText(licence) }),
    ...(maintainer && { maintainer: shownText(maintainer) }),
    ...(depends && { depends }),
    ...(provides && { provides }),
    ...(filesAt !== undefined && { files: bytes.slice(filesAt, end) }),
    lines: [firstLine, lastLine],
  }
}

/** Lines of a record's file part as text; names keep every byte. */
export function fileLines(files: Uint8Array): string[] {
  return decodePath(files).split('\n')
}
