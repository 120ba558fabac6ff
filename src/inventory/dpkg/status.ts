import { encodePath } from '../../lib/path-text.ts'
import type { FileBytes, FileReader, ReadResult } from '../../reading/index.ts'
import { type Paragraph, paragraphsOf } from '../documents/control.ts'
import { RecordProblems } from '../record-problems.ts'
import { quoted, refuseIdentity, shownText } from '../recorded-text.ts'

/** One package that is there, as its record says. */
export interface StatusFact {
  readonly kind: 'package'
  readonly name: string
  readonly version: string
  readonly architecture?: string
  readonly source?: { readonly name: string; readonly version: string }
  readonly maintainer?: string
  /** opkg only: dpkg keeps licences in `usr/share/doc`. */
  readonly licence?: string
  /** `Pre-Depends` and `Depends` as written. */
  readonly depends?: string
  readonly provides?: string
  /** The `Conffiles` field: lines ` /path digest`, as bytes. */
  readonly conffiles?: Uint8Array
  readonly lines: readonly [number, number]
}

const FIELDS: ReadonlySet<string> = new Set([
  'package',
  'status',
  'version',
  'source',
  'sourcename',
  'architecture',
  'maintainer',
  'license',
  'depends',
  'pre-depends',
  'provides',
  'conffiles',
])

/** Folders that hold one record a file; beside it lie the package's scripts and lists. */
const RECORD_FOLDER = /^(?:var|usr)\/lib\/(?:dpkg\/status\.d|opkg\/info)\//
const BESIDE_RECORDS =
  /\.(?:md5sums|list|preinst|postinst|prerm|postrm|conffiles|config|templates|triggers|shlibs|symbols|sha256sums)$/

/** More of a relationship field is not read; the longest real ones have some 20,000 characters. */
const MAX_RELATIONSHIPS = 256 * 1024

/**
 * Reads dpkg's and opkg's databases (deb822(5), fields in deb-control(5) and dpkg(1)): `status`, the one-record files of
 * distroless images below `status.d`, and opkg's `info/*.control`.
 */
export const statusReader: FileReader<StatusFact> = {
  id: 'dpkg-status',
  version: 1,
  wants: {
    any: [
      { path: 'var/lib/dpkg/status' },
      { path: 'usr/lib/dpkg/status' },
      { under: 'var/lib/dpkg/status.d' },
      { under: 'usr/lib/dpkg/status.d' },
      { path: 'usr/lib/opkg/status' },
      { path: 'var/lib/opkg/status' },
      { under: 'usr/lib/opkg/info', suffix: '.control' },
      { under: 'var/lib/opkg/info', suffix: '.control' },
    ],
    maxBytes: 256 * 1024 * 1024,
    loss: 'blind',
  },
  read,
  keys: (fact) => [statusKey(fact)],
}

/** What a record is followed by from layer to layer. */
export function statusKey(fact: StatusFact): string {
  return `${fact.name} ${fact.version} ${fact.architecture ?? ''}`
}

function read(file: FileBytes): ReadResult<StatusFact> {
  if (RECORD_FOLDER.test(file.path) && BESIDE_RECORDS.test(file.path)) return { facts: [], diagnostics: [] }
  const text = new TextDecoder().decode(file.bytes)
  const problems = new RecordProblems('dpkg-record-broken', file.path)
  const facts: StatusFact[] = []
  let records = 0
  for (const paragraph of paragraphsOf(text, FIELDS)) {
    if ((paragraph.fields.get('package') ?? '') !== '') records++
    const fact = readRecord(paragraph, problems)
    if (fact !== undefined) facts.push(fact)
  }
  if (records === 0 && problems.count > 0 && !RECORD_FOLDER.test(file.path)) {
    const message = `no package record was found, though the file is not empty (${file.sizeBytes} bytes)`
    return {
      facts,
      diagnostics: [{ code: 'dpkg-database-unreadable', message, path: file.path, effect: 'blind' }],
    }
  }
  return { facts, diagnostics: problems.diagnostics() }
}

function readRecord(paragraph: Paragraph, problems: RecordProblems): StatusFact | undefined {
  const { fields, firstLine } = paragraph
  if (paragraph.brokenLine !== undefined)
    problems.add(`line ${paragraph.brokenLine} is neither a field nor the continuation of one`)
  const name = fields.get('package') ?? ''
  if (!isPresent(fields.get('status'))) {
    if (name === '') problems.add(`the record at line ${firstLine} has no name`)
    return undefined
  }
  const version = fields.get('version') ?? ''
  const refused = refuseIdentity(name, version)
  if (refused !== undefined) {
    if (paragraph.brokenLine === undefined || name !== '')
      problems.add(`the record${name === '' ? '' : ` of ${quoted(name)}`} at line ${firstLine} ${refused}`)
    return undefined
  }
  if (!/^[A-Za-z0-9.+:~_-]+$/.test(version))
    problems.add(`the version ${quoted(version)} of ${quoted(name)} at line ${firstLine} is not one that dpkg allows`)
  return makeFact(name, version, paragraph)
}

function makeFact(name: string, version: string, paragraph: Paragraph): StatusFact {
  const { fields } = paragraph
  const field = (key: string): string | undefined => fields.get(key) || undefined
  const architecture = field('architecture')
  const source = sourceOf(field('sourcename') ?? field('source'), version)
  const depends = [field('pre-depends'), field('depends')].filter((part) => part !== undefined).join(', ')
  const provides = field('provides')
  const maintainer = field('maintainer')
  const licence = field('license')
  const conffiles = field('conffiles')
  return {
    kind: 'package',
    name,
    version,
    ...(architecture && refuseIdentity(architecture, version) === undefined && { architecture }),
    ...(source && { source }),
    ...(maintainer && { maintainer: shownText(maintainer) }),
    ...(licence && { licence: shownText(licence) }),
    ...(depends && { depends: depends.slice(0, MAX_RELATIONSHIPS) }),
    ...(provides && { provides: provides.slice(0, MAX_RELATIONSHIPS) }),
    ...(conffiles && { conffiles: Uint8Array.from(encodePath(conffiles)) }),
    lines: [paragraph.firstLine, paragraph.lastLine],
  }
}

/**
 * Whether a record's files are there. dpkg(1), "Package states": of a package that was removed (`config-files`) or only asked
 * for (`not-installed`) nothing that runs is left; in all other states, half-way ones too, it may be. No status at all means
 * a distroless record: it is there.
 */
function isPresent(status: string | undefined): boolean {
  if (status === undefined) return true
  const state = status.split(/\s+/).at(-1)
  return state !== 'config-files' && state !== 'not-installed'
}

/** `Source: glibc` or `Source: gcc-12 (12.2.0-14)`; the version is the binary's where none stands there. opkg writes a path of its feed. */
function sourceOf(field: string | undefined, version: string): { name: string; version: string } | undefined {
  if (field === undefined) return undefined
  const open = field.indexOf('(')
  const name = (open < 0 ? field : field.slice(0, open)).trim()
  const close = field.indexOf(')', open)
  const stated = open < 0 || close < 0 ? version : field.slice(open + 1, close).trim()
  const base = name.includes('/') ? name.slice(name.lastIndexOf('/') + 1) : name
  return refuseIdentity(base, stated) === undefined ? { name: base, version: stated } : undefined
}
