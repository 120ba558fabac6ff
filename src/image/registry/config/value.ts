import { parse, TomlDate, TomlError } from 'smol-toml'

/** Keys and values of a JSON object or a TOML table. A Map, so that no key means more than itself (`__proto__`). */
export type Table = ReadonlyMap<string, unknown>

/** A value as a table; undefined when it is none. */
export function tableOf(value: unknown): Table | undefined {
  if (value instanceof Map) return new Map([...value].map(([key, member]) => [String(key), member]))
  if (typeof value !== 'object' || value === null || Array.isArray(value) || value instanceof TomlDate) return undefined
  return new Map(Object.entries(value))
}

/** A value as text, undefined when it is none or is empty. */
export function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}

/** The texts of a list; undefined when it is no list or holds something else. */
export function textsOf(value: unknown): readonly string[] | undefined {
  return Array.isArray(value) && value.every((member) => typeof member === 'string') ? value : undefined
}

/** Text of a document as a value, or one line that says what is wrong, without quoting the document: it may hold secrets. */
export type Parsed = { readonly table: Table; readonly problem?: undefined } | { readonly problem: string }

/** Parses a JSON object (RFC 8259). */
export function parseJson(text: string): Parsed {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return { problem: text.trim() === '' ? 'it is empty' : 'it is not JSON' }
  }
  const table = tableOf(value)
  return table === undefined ? { problem: 'it is JSON, but no object' } : { table }
}

/** Parses a TOML document (https://toml.io/en/v1.0.0). */
export function parseToml(text: string): Parsed {
  try {
    return { table: tableOf(parse(text)) ?? new Map() }
  } catch (error) {
    const at = error instanceof TomlError ? ` (line ${error.line}, column ${error.column})` : ''
    return { problem: `it is not TOML${at}` }
  }
}

/** Text from a file as it can stand in a message: one line of at most 80 characters. */
export function quoted(text: string): string {
  const cut = text.length > 80 ? `${text.slice(0, 77)}...` : text
  return `"${cut.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '?').toWellFormed()}"`
}
