import { printable } from '../report/index.ts'
import { ADVISORY_FLAGS } from './advisories-flags.ts'
import { CACHE_FLAGS } from './cache-flags.ts'
import type { CommandModule } from './command.ts'
import { type CommandLineForm, parseCommandLine } from './command-line.ts'
import type { Flag, SettingsOf } from './flag.ts'
import { BATCH_FLAGS, COMMON_FLAGS, SCAN_FLAGS } from './scan-flags.ts'
import { environmentName, type Resolved, resolveSettings } from './settings.ts'
import { loadSettingsFile } from './settings-file.ts'
import { type World, write } from './world.ts'

const ALL_FLAGS = { ...SCAN_FLAGS, ...BATCH_FLAGS, ...ADVISORY_FLAGS, ...CACHE_FLAGS, ...COMMON_FLAGS }

/** Names that a settings file may have: those of every command, so that one file serves all. */
const KNOWN: ReadonlySet<string> = new Set(Object.values(ALL_FLAGS).map((flag) => flag.name))

/** A command's settings from flags, environment, `.bulwark.yaml` in the working directory, and defaults. @throws Failure of kind usage. */
export async function settingsFor<Table extends Readonly<Record<string, Flag<unknown>>>>(
  flags: Table,
  given: ReadonlyMap<string, readonly string[]>,
  world: World,
): Promise<{ readonly settings: SettingsOf<Table>; readonly resolved: readonly Resolved[] }> {
  return resolveSettings(flags, given, world.environment, await loadSettingsFile(world.cwd, KNOWN))
}

const FORM: CommandLineForm = {
  name: 'settings',
  summary: 'Every setting with its value and where it comes from.',
  operands: '',
  examples: ['bulwark settings', 'bulwark settings --format json', 'BULWARK_SEVERITY=critical bulwark settings'],
  page: 'docs/settings.md',
  flags: Object.values(ALL_FLAGS),
}

/** `bulwark settings`: takes every flag of the other commands, so that a command line can be tried. */
export const settings: CommandModule = {
  async run(words, world) {
    const line = await parseCommandLine(FORM, words, world)
    if (line === undefined) return 0
    const { settings: values, resolved } = await settingsFor(ALL_FLAGS, line.given, world)
    await write(world.stdout, values.format === 'json' ? settingsJson(resolved) : settingsTable(resolved))
    return 0
  },
}

function settingsJson(resolved: readonly Resolved[]): string {
  const rows = resolved.map(({ flag, value, origin }) => ({
    name: flag.name,
    value: shownValue(flag, value) ?? null,
    origin: origin.kind,
    at: origin.at,
    environment: environmentName(flag),
  }))
  return `${JSON.stringify(rows, null, 2)}\n`
}

function settingsTable(resolved: readonly Resolved[]): string {
  const rows = resolved.map(({ flag, value, origin }) => [
    flag.name,
    printable(valueText(shownValue(flag, value))),
    origin.kind === 'default' ? 'default' : `${origin.kind} ${origin.at}`,
  ])
  const widths = [0, 1].map((column) => Math.max(...rows.map((row) => row[column].length)))
  return `${rows.map((row) => `${row[0].padEnd(widths[0])}  ${row[1].padEnd(widths[1])}  ${row[2]}`).join('\n')}\n`
}

/** A secret is said to be there, no more. */
function shownValue(flag: Flag<unknown>, value: unknown): unknown {
  return flag.secret === true && value !== undefined ? '(given)' : value
}

function valueText(value: unknown): string {
  if (value === undefined) return '-'
  if (Array.isArray(value)) return value.length === 0 ? '-' : value.join(',')
  return String(value)
}
