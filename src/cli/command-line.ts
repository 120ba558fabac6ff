import { Command, CommanderError, Option } from 'commander'
import { Failure } from '../lib/failure.ts'
import type { Flag } from './flag.ts'
import { type World, write } from './world.ts'

/** What was typed after a command's name. */
export interface CommandLine {
  readonly targets: readonly string[]
  /** Raw texts by flag name; a switch that was given is `true`. */
  readonly given: ReadonlyMap<string, readonly string[]>
}

export interface CommandLineForm {
  readonly name: string
  readonly summary: string
  /** `TARGET`, `[TARGET]`, or '' for none. */
  readonly operands: string
  readonly examples: readonly string[]
  readonly page: string
  /** Lines between the options and the page's name. */
  readonly notes?: readonly string[]
  readonly flags: readonly Flag<unknown>[]
  /** Other spellings: what users of other programs type, and the flag that it means. */
  readonly aliases?: readonly { readonly name: string; readonly short?: string; readonly flag: string }[]
  /** Flags known elsewhere that are not built: named in the refusal. */
  readonly unbuilt?: ReadonlySet<string>
}

/**
 * Parses the words after a command. Undefined when help was asked for and printed.
 * @throws Failure of kind usage for anything that the form does not have.
 */
export async function parseCommandLine(
  form: CommandLineForm,
  words: readonly string[],
  world: World,
): Promise<CommandLine | undefined> {
  const given = new Map<string, string[]>()
  const command = commandOf(form, given)
  const printed: string[] = []
  command.exitOverride()
  command.configureOutput({ writeOut: (text) => printed.push(text), writeErr: () => {} })
  try {
    command.parse(spellOutSwitches(form, words), { from: 'user' })
  } catch (thrown) {
    if (!(thrown instanceof CommanderError)) throw thrown
    if (thrown.code === 'commander.helpDisplayed' || thrown.code === 'commander.help') {
      await write(world.stdout, printed.join(''))
      return undefined
    }
    throw usageFailure(form, thrown)
  }
  return { targets: command.args, given }
}

function commandOf(form: CommandLineForm, given: Map<string, string[]>): Command {
  const command = new Command(`bulwark ${form.name}`)
  command.description(form.summary).usage(`${form.operands === '' ? '' : `${form.operands} `}[options]`)
  if (form.operands !== '') command.argument('[operands...]', form.operands)
  command.allowExcessArguments(false)
  const take = (flag: Flag<unknown>, name: string, short: string | undefined, hidden: boolean): void => {
    const option = new Option(
      `${short === undefined ? '' : `-${short}, `}--${name}${flag.argument === undefined ? ' [BOOL]' : ` <${flag.argument}>`}`,
      flag.summary,
    )
    if (hidden) option.hideHelp()
    if (flag.group !== undefined) option.helpGroup(flag.group)
    option.argParser((text: string) => {
      given.set(flag.name, [...(given.get(flag.name) ?? []), text])
      return text
    })
    command.addOption(option)
  }
  for (const flag of form.flags) take(flag, flag.name, flag.short, false)
  for (const alias of form.aliases ?? []) {
    const flag = form.flags.find((one) => one.name === alias.flag)
    if (flag !== undefined) take(flag, alias.name, alias.short, true)
  }
  command.configureHelp({
    optionTerm: (option) => option.flags.replace(' [BOOL]', ''),
    visibleArguments: () => [],
  })
  command.addHelpText('before', `${form.examples.map((example) => `  ${example}`).join('\n')}\n`)
  if (form.notes !== undefined) command.addHelpText('after', `\n${form.notes.join('\n')}`)
  command.addHelpText('after', `\nEvery option is also a line of .bulwark.yaml and a BULWARK_ variable.\n${form.page}`)
  return command
}

/**
 * A switch may stand bare or as `--name=false`. A bare one is spelled out as `--name=true`, so that it never takes the operand
 * behind it for its value. Words after `--` are operands.
 */
function spellOutSwitches(form: CommandLineForm, words: readonly string[]): string[] {
  const switches = new Map<string, string>()
  for (const flag of form.flags) {
    const names = [flag, ...(form.aliases ?? []).filter((alias) => alias.flag === flag.name)]
    if (flag.argument !== undefined) continue
    for (const { name, short } of names) {
      switches.set(`--${name}`, `--${name}=true`)
      if (short !== undefined) switches.set(`-${short}`, `--${name}=true`)
    }
  }
  const end = words.indexOf('--')
  return words.map((word, i) => (end !== -1 && i > end ? word : (switches.get(word) ?? word)))
}

function usageFailure(form: CommandLineForm, error: CommanderError): Failure {
  const message = error.message.replace(/^error: /, '')
  const unknown = /unknown option '(--?[^' =]+)/.exec(message)?.[1]
  if (unknown !== undefined && form.unbuilt?.has(unknown.replace(/^-+/, '')) === true) {
    return new Failure('not-built-yet', `${unknown} is not built yet`, {
      kind: 'usage',
      input: unknown,
      hints: [`bulwark ${form.name} --help`],
    })
  }
  return new Failure('usage', usageWords(form, error.code, message), {
    kind: 'usage',
    hints: [`bulwark ${form.name} --help`],
  })
}

function usageWords(form: CommandLineForm, code: string, message: string): string {
  const missing = /option '(?:-\w, )?(--\S+) <(.+)>' argument missing/.exec(message)
  if (missing !== null) return `${missing[1]} needs a value: ${missing[2]}`
  if (code === 'commander.excessArguments') return `${form.name} takes no operand`
  return message.split('\n').join(' ')
}
