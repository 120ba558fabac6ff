import type { FileBytes, ReadResult } from '../../reading/index.ts'
import { refuseIdentity } from '../recorded-text.ts'
import type { Distribution } from './facts.ts'

const MAX_NEEDS = 10_000

/** Whether a path is one where installers put metadata (PyPA, "Recording installed projects"; setuptools, "Egg formats"). */
export function isMetadataPath(path: string): boolean {
  return /(?:\.dist-info\/METADATA|\.egg-info\/PKG-INFO|\bEGG-INFO\/PKG-INFO|\.egg-info)$/.test(path)
}

/**
 * The distribution of a metadata file (https://packaging.python.org/en/latest/specifications/core-metadata/): fields as in e-mail up to the
 * first empty line, whatever their letters' case. A file of that name in another place has no facts.
 */
export function readMetadata(file: FileBytes): ReadResult<Distribution> {
  if (!isMetadataPath(file.path)) return { facts: [], diagnostics: [] }
  const fields = fieldsOf(Buffer.from(file.bytes.buffer, file.bytes.byteOffset, file.bytes.length).toString('utf8'))
  const name = fields.get('name')?.[0] ?? ''
  const version = fields.get('version')?.[0] ?? ''
  const refused = refuseIdentity(name, version)
  if (refused !== undefined) {
    const message = `the metadata of a Python package could not be read: it ${refused}`
    return {
      facts: [],
      diagnostics: [{ code: 'python-metadata-unreadable', message, path: file.path, effect: 'partial' }],
    }
  }
  const licence = licenceOf(fields)
  const author = fields.get('author')?.[0] || fields.get('author-email')?.[0]
  const needs = (fields.get('requires-dist') ?? []).slice(0, MAX_NEEDS).flatMap((text) => {
    const needed = /^[A-Za-z0-9][A-Za-z0-9._-]{0,213}/.exec(text)?.[0]
    return needed === undefined || /;.*\bextra\s*==/.test(text.slice(0, 1000)) ? [] : [needed]
  })
  return {
    facts: [{ kind: 'installed', name, version, ...(licence && { licence }), ...(author && { author }), needs }],
    diagnostics: [],
  }
}

/** Fields by their name in lower case. Continued lines are left out: none of the fields that are used has any. */
function fieldsOf(text: string): Map<string, string[]> {
  const fields = new Map<string, string[]>()
  let at = text.charCodeAt(0) === 0xfeff ? 1 : 0
  while (at < text.length) {
    const newline = text.indexOf('\n', at)
    const end = newline < 0 ? text.length : newline
    const line = text.slice(at, end).trimEnd()
    at = end + 1
    if (line === '') break
    const colon = line.indexOf(':')
    if (colon <= 0 || line[0] === ' ' || line[0] === '\t') continue
    const key = line.slice(0, colon).toLowerCase()
    const values = fields.get(key)
    const value = line.slice(colon + 1).trim()
    if (values) values.push(value)
    else fields.set(key, [value])
  }
  return fields
}

function licenceOf(fields: ReadonlyMap<string, readonly string[]>): string | undefined {
  const expression = fields.get('license-expression')?.[0] || fields.get('license')?.[0]
  if (expression && expression.length <= 200 && expression !== 'UNKNOWN') return expression
  const classifiers = (fields.get('classifier') ?? []).filter((text) => text.startsWith('License ::'))
  const last = classifiers[0]?.split('::').at(-1)?.trim()
  return last === 'OSI Approved' ? undefined : last
}
