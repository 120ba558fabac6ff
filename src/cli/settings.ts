import { Failure } from '../lib/failure.ts'
import type { Flag, SettingsOf } from './flag.ts'

/** A settings file, read: each key with its value as text and its line. */
export interface SettingsFile {
  readonly name: string
  readonly entries: ReadonlyMap<string, { readonly text: string; readonly line: number }>
}

/** Where a value comes from. */
export interface Origin {
  readonly kind: 'flag' | 'environment' | 'file' | 'default'
  /** `--severity`, `BULWARK_SEVERITY`, `.bulwark.yaml:3`, or nothing more. */
  readonly at: string
}

/** A setting with its value and origin, as `bulwark settings` shows it. */
export interface Resolved {
  readonly flag: Flag<unknown>
  readonly value: unknown
  readonly origin: Origin
}

type Flags = Readonly<Record<string, Flag<unknown>>>

/** The environment variable of a flag: `BULWARK_IGNORE_UNFIXED`. */
export function environmentName(flag: Pick<Flag<unknown>, 'name'>): string {
  return `BULWARK_${flag.name.replaceAll('-', '_').toUpperCase()}`
}

/**
 * Every setting from flag, environment, file, default, in this order. `given` holds the raw texts of flags by flag name.
 * @throws Failure of kind usage that names where the wrong value stands.
 */
export function resolveSettings<Table extends Flags>(
  flags: Table,
  given: ReadonlyMap<string, readonly string[]>,
  environment: Readonly<Record<string, string | undefined>>,
  file: SettingsFile | undefined,
): { readonly settings: SettingsOf<Table>; readonly resolved: readonly Resolved[] } {
  const values: Record<string, unknown> = {}
  const resolved: Resolved[] = []
  for (const [key, flag] of Object.entries(flags)) {
    const one = resolveOne(flag, given, environment, file)
    values[key] = one.value
    resolved.push(one)
  }
  return { settings: values as SettingsOf<Table>, resolved }
}

function resolveOne(
  flag: Flag<unknown>,
  given: ReadonlyMap<string, readonly string[]>,
  environment: Readonly<Record<string, string | undefined>>,
  file: SettingsFile | undefined,
): Resolved {
  const raw = given.get(flag.name)
  if (raw !== undefined) {
    const text = flag.many === true ? raw.join(',') : raw[raw.length - 1]
    return parsed(flag, text, { kind: 'flag', at: `--${flag.name}` })
  }
  const variable = environmentName(flag)
  const fromEnvironment = environment[variable]
  if (fromEnvironment !== undefined) return parsed(flag, fromEnvironment, { kind: 'environment', at: variable })
  const entry = file?.entries.get(flag.name)
  if (entry !== undefined) return parsed(flag, entry.text, { kind: 'file', at: `${file?.name}:${entry.line}` })
  return { flag, value: flag.fallback, origin: { kind: 'default', at: '' } }
}

function parsed(flag: Flag<unknown>, text: string, origin: Origin): Resolved {
  try {
    return { flag, value: flag.parse(text), origin }
  } catch (thrown) {
    if (!(thrown instanceof Failure)) throw thrown
    const name = origin.kind === 'file' ? `${origin.at}: ${flag.name}` : origin.at
    throw new Failure('usage', `${name} ${thrown.message}`, { kind: 'usage', input: origin.at, hints: thrown.hints })
  }
}
