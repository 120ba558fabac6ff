import { Failure } from '../lib/failure.ts'
import { SEVERITIES, type Severity } from '../model/severity.ts'

/** One setting of a command: a flag, an environment variable, a line of the settings file, and a default. */
export interface Flag<T> {
  /** Long name without dashes: `ignore-unfixed`. */
  readonly name: string
  readonly short?: string
  /** What `--help` calls the value; a flag without one is a switch. */
  readonly argument?: string
  readonly summary: string
  /** Given several times, the values are joined. */
  readonly many?: boolean
  /** Under which heading `--help` lists it; `Options:` when not given. */
  readonly group?: string
  /** Its value is never shown. */
  readonly secret?: boolean
  /** The value from text. @throws Failure of kind usage without input: the caller adds where the text came from. */
  readonly parse: (text: string) => T
  readonly fallback: T
}

/** Values of a table of flags. */
export type SettingsOf<Flags extends Readonly<Record<string, Flag<unknown>>>> = {
  readonly [Key in keyof Flags]: Flags[Key] extends Flag<infer T> ? T : never
}

/** A complaint about a value; where it stood is added by whoever knows. */
function wrongValue(message: string): Failure {
  return new Failure('usage', message, { kind: 'usage' })
}

/** A switch's value. */
export function parseSwitch(text: string): boolean {
  const word = text.trim().toLowerCase()
  if (['true', '1', 'yes', 'on'].includes(word)) return true
  if (['false', '0', 'no', 'off', ''].includes(word)) return false
  throw wrongValue(`expects true or false, not "${text}"`)
}

/** Words separated by commas; empty ones are dropped. */
export function parseList(text: string): readonly string[] {
  return text
    .split(',')
    .map((word) => word.trim())
    .filter((word) => word !== '')
}

/** Text as it is; empty means not given. */
export function parseText(text: string): string | undefined {
  return text === '' ? undefined : text
}

/** One word of a list of allowed ones. */
export function parseOneOf<Word extends string>(allowed: readonly Word[]): (text: string) => Word {
  return (text) => {
    const found = allowed.find((word) => word === text.trim().toLowerCase())
    if (found === undefined) throw wrongValue(`expects ${choiceWords(allowed)}, not "${text}"`)
    return found
  }
}

function choiceWords(words: readonly string[]): string {
  const last = words.length - 1
  return words.length < 3 ? words.join(' or ') : `${words.slice(0, last).join(', ')} or ${words[last]}`
}

/** A list of allowed words, without repetition, in any case. */
export function parseSomeOf<Word extends string>(allowed: readonly Word[]): (text: string) => readonly Word[] {
  const one = parseOneOf(allowed)
  return (text) => [...new Set(parseList(text).map(one))]
}

/** Severities to keep, in any case; `none` or empty means all. Trivy's users write them in capitals. */
export function parseSeverities(text: string): readonly Severity[] | undefined {
  return text.trim() === '' ? undefined : parseSomeOf(SEVERITIES)(text)
}

/** A whole number within bounds. */
export function parseWhole(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = /^\d{1,15}$/.test(text.trim()) ? Number(text) : Number.NaN
    if (!(value >= least && value <= most))
      throw wrongValue(`expects a whole number from ${least} to ${most}, not "${text}"`)
    return value
  }
}

/** A number from 0 to 1. */
export function parseShare(text: string): number {
  const value = /^(?:0|1|0?\.\d{1,6}|1\.0{1,6})$/.test(text.trim()) ? Number(text) : Number.NaN
  if (Number.isNaN(value)) throw wrongValue(`expects a number from 0 to 1, not "${text}"`)
  return value
}

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 }

/** A duration in milliseconds: `90s`, `5m`, `1h30m`, `500ms`, as Go writes them; a bare number counts seconds. */
export function parseDuration(text: string): number {
  const compact = text.trim()
  if (/^\d{1,9}$/.test(compact)) return Number(compact) * 1000
  const parts = [...compact.matchAll(/(\d{1,9}(?:\.\d{1,3})?)(ms|s|m|h)/g)]
  if (parts.length === 0 || parts.map((part) => part[0]).join('') !== compact) {
    throw wrongValue(`expects a duration such as 90s, 5m or 1h30m, not "${text}"`)
  }
  return parts.reduce((sum, part) => sum + Number(part[1]) * UNIT_MS[part[2]], 0)
}

const UNIT_BYTES: Readonly<Record<string, number>> = { '': 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3, t: 1024 ** 4 }

/** A size in bytes: `500M`, `2GiB`, `64g`, `1024`; units are powers of 1024. */
export function parseSize(text: string): number {
  const match = /^(\d{1,15})\s*([kmgt]?)(?:i?b)?$/i.exec(text.trim())
  if (match === null) throw wrongValue(`expects a size such as 500M or 64G, not "${text}"`)
  return Number(match[1]) * UNIT_BYTES[match[2].toLowerCase()]
}

/** Status for findings: what a pipeline wants to see, but never what other answers of this program mean. */
export function parseExitCode(text: string): number {
  const code = parseWhole(0, 125)(text)
  if (code === 2) throw wrongValue('cannot be 2: that is the status of wrong usage')
  if (code === 3) throw wrongValue('cannot be 3: that is the status of an answer that could not be given')
  return code
}
