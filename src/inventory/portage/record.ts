import type { FileBytes, FileReader, ReadResult } from '../../reading/index.ts'
import { quoted, refuseIdentity, shownText } from '../recorded-text.ts'

/** One file of a package's record: its full name `PF` with name and version apart, a field, or its file list. */
export type PortageFact =
  | { readonly kind: 'package'; readonly name: string; readonly version: string }
  | { readonly kind: 'field'; readonly value: string }
  | { readonly kind: 'files'; readonly bytes: Uint8Array }

/** Files of a record that are read beside `PF` and `CONTENTS`. */
const FIELDS: ReadonlySet<string> = new Set(['CATEGORY', 'LICENSE', 'SLOT', 'RDEPEND', 'CHOST', 'repository'])
const FOLDER = 'var/db/pkg'

/** PMS 3.2: a version after the last hyphen at which one can begin; a revision `-r1` belongs to it. */
const FULL_NAME = /^([A-Za-z0-9+_][A-Za-z0-9+_-]*)-(\d+(?:\.\d+)*[a-z]?(?:_(?:alpha|beta|pre|rc|p)\d*)*(?:-r\d+)?)$/

/** Name and version of `NAME-VERSION[-rN]` (Package Manager Specification, 3.1.2 and 3.2), or undefined when it is not one. */
export function splitFullName(text: string): { name: string; version: string } | undefined {
  if (text.length > 600) return undefined
  const match = FULL_NAME.exec(text)
  return match?.[1] === undefined || match[2] === undefined ? undefined : { name: match[1], version: match[2] }
}

/** Reads Portage's records of installed packages, `var/db/pkg/CATEGORY/NAME-VERSION/` (PMS, appendix "Installed package database"; portage(5)). */
export const recordReader: FileReader<PortageFact> = {
  id: 'portage-record',
  version: 1,
  wants: {
    any: ['PF', 'CONTENTS', ...FIELDS].map((name) => ({ under: FOLDER, name })),
    maxBytes: 64 * 1024 * 1024,
    loss: 'partial',
  },
  read,
  keys: (fact) => (fact.kind === 'package' ? [`${fact.name} ${fact.version}`] : []),
}

function read(file: FileBytes): ReadResult<PortageFact> {
  const segments = file.path.split('/')
  const name = segments[5]
  if (segments.length !== 6 || name === undefined) return { facts: [], diagnostics: [] }
  if (name === 'CONTENTS') return { facts: [{ kind: 'files', bytes: Uint8Array.from(file.bytes) }], diagnostics: [] }
  const text = new TextDecoder().decode(file.bytes.subarray(0, 256 * 1024)).trim()
  if (name !== 'PF') return { facts: text === '' ? [] : [{ kind: 'field', value: shownField(text) }], diagnostics: [] }
  const parts = splitFullName(text)
  const refused = parts === undefined ? 'is not a name with a version' : refuseIdentity(parts.name, parts.version)
  if (parts === undefined || refused !== undefined) {
    const message = `the package's full name ${quoted(text)} ${refused}`
    return { facts: [], diagnostics: [{ code: 'portage-record-broken', message, path: file.path, effect: 'partial' }] }
  }
  return { facts: [{ kind: 'package', ...parts }], diagnostics: [] }
}

/** Needs may be long; everything else is cut as shown text is. */
function shownField(text: string): string {
  return text.length > 4096 ? text.replace(/\s+/g, ' ') : shownText(text)
}
