import { Failure } from '../lib/failure.ts'
import type { CommandModule } from './command.ts'
import { type CommandLineForm, parseCommandLine } from './command-line.ts'
import type { Flag, SettingsOf } from './flag.ts'
import { settingsFor } from './settings-command.ts'
import { type World, write } from './world.ts'

/** One command of a group: `status` of `bulwark cache`. */
export interface GroupPart<Settings> {
  readonly form: CommandLineForm
  /** Gives the exit status. */
  run(operands: readonly string[], settings: Settings, world: World): Promise<number>
}

/** Commands that go by one name. */
export interface CommandGroup<Table extends Readonly<Record<string, Flag<unknown>>>> {
  readonly name: string
  /** What they are about, one sentence. */
  readonly summary: string
  /** The page of the documentation: `docs/cache.md`. */
  readonly page: string
  readonly flags: Table
  readonly parts: Readonly<Record<string, GroupPart<SettingsOf<Table>>>>
}

/** A command whose first word names the one to run; without it, or with `--help`, it lists them. */
export function commandGroup<Table extends Readonly<Record<string, Flag<unknown>>>>(
  group: CommandGroup<Table>,
): CommandModule {
  const { parts, flags } = group
  return {
    async run(words, world) {
      const [name, ...rest] = words
      if (name === undefined || name === '--help' || name === '-h') {
        await write(name === undefined ? world.stderr : world.stdout, helpText(group))
        return name === undefined ? 2 : 0
      }
      if (!Object.hasOwn(parts, name)) {
        throw new Failure('unknown-command', `there is no command ${group.name} ${name}`, {
          kind: 'usage',
          input: name,
          hints: [`bulwark ${group.name} ${Object.keys(parts).join('|')}`],
        })
      }
      const line = await parseCommandLine(parts[name].form, rest, world)
      if (line === undefined) return 0
      return parts[name].run(line.targets, (await settingsFor(flags, line.given, world)).settings, world)
    },
  }
}

function helpText<Table extends Readonly<Record<string, Flag<unknown>>>>(group: CommandGroup<Table>): string {
  const rows = Object.entries(group.parts).map(([name, { form }]) => `  ${name.padEnd(8)}${form.summary}`)
  return `${group.summary}\n\n${rows.join('\n')}\n\nbulwark ${group.name} COMMAND --help says more. ${group.page}\n`
}
