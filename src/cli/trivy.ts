import { Failure } from '../lib/failure.ts'
import type { ReadMode } from '../scan/index.ts'
import type { CommandModule } from './command.ts'
import { type CommandLineForm, parseCommandLine } from './command-line.ts'
import { type Flag, parseExitCode, parseSwitch, parseText } from './flag.ts'
import { onlyTarget } from './scan.ts'
import { COMMON_FLAGS, SCAN_FLAGS } from './scan-flags.ts'
import { runScan } from './scan-request.ts'
import { settingsFor } from './settings-command.ts'
import { TRIVY_ALIASES, TRIVY_UNBUILT } from './trivy-flags.ts'

/** Flags that only these command lines have. */
export const TRIVY_FLAGS = {
  input: {
    name: 'input',
    argument: 'FILE',
    summary: 'the image archive to scan',
    parse: parseText,
    fallback: undefined,
  } satisfies Flag<string | undefined>,
  insecure: {
    name: 'insecure',
    summary: 'registries may be spoken to over HTTP and with certificates that nobody vouches for',
    parse: parseSwitch,
    fallback: false,
  } satisfies Flag<boolean>,
  exitOnEol: {
    name: 'exit-on-eol',
    argument: 'N',
    summary: 'exit status when the operating system is past its end of life',
    parse: parseExitCode,
    fallback: 0,
  } satisfies Flag<number>,
} as const

interface Form {
  readonly name: string
  readonly summary: string
  readonly read: ReadMode
  readonly prefix: string
  /** Whether `--input` names the target. */
  readonly input: boolean
}

function trivyCommand(form: Form): CommandModule {
  const { input, insecure, exitOnEol } = TRIVY_FLAGS
  const table = { ...SCAN_FLAGS, ...COMMON_FLAGS, exitOnEol, ...(form.input ? { input, insecure } : {}) }
  const line: CommandLineForm = {
    name: form.name,
    summary: form.summary,
    operands: form.input ? '[TARGET]' : 'TARGET',
    examples: form.input
      ? ['bulwark image alpine:3.20', 'bulwark image --severity HIGH,CRITICAL --exit-code 1 --input image.tar']
      : [`bulwark ${form.name} .`, `bulwark ${form.name} --severity HIGH,CRITICAL --exit-code 1 .`],
    page: 'docs/trivy.md',
    flags: Object.values(table),
    aliases: TRIVY_ALIASES,
    unbuilt: TRIVY_UNBUILT,
  }
  return {
    async run(words, world) {
      const parsed = await parseCommandLine(line, words, world)
      if (parsed === undefined) return 0
      const { settings: given } = await settingsFor(
        { ...SCAN_FLAGS, ...COMMON_FLAGS, ...TRIVY_FLAGS },
        parsed.given,
        world,
      )
      const settings = given.insecure ? { ...given, insecureRegistry: ['*'] } : given
      const target = targetOf(form, parsed.targets, settings.input)
      return runScan({ target, settings, read: form.read, exitOnEndOfLife: settings.exitOnEol }, world)
    },
  }
}

function targetOf(form: Form, targets: readonly string[], input: string | undefined): string {
  if (form.input && input !== undefined) {
    if (targets.length > 0) {
      throw new Failure('usage', 'takes either --input or a target, not both', { kind: 'usage', input: targets[0] })
    }
    return input
  }
  const target = onlyTarget(targets, form.name)
  if (form.name === 'repo' && /^(https?|ssh|git):\/\/|^git@/.test(target)) {
    throw new Failure('not-built-yet', 'repositories that are not on this machine are not read yet', {
      kind: 'usage',
      input: target,
      hints: ['git clone it, and scan the folder'],
    })
  }
  return form.prefix !== '' && !target.startsWith(form.prefix) ? form.prefix + target : target
}

/** `bulwark image`: an image, as `trivy image` takes it, wherever it is. */
export const image: CommandModule = trivyCommand({
  name: 'image',
  summary: 'An image of an engine, a registry or an archive, with the command line of `trivy image`.',
  read: 'installed',
  prefix: '',
  input: true,
})

/** `bulwark fs`: a source directory, where what is locked counts. */
export const fs: CommandModule = trivyCommand({
  name: 'fs',
  summary: 'A directory, with the command line of `trivy fs`: locked packages count.',
  read: 'declared',
  prefix: '',
  input: false,
})

/** `bulwark rootfs`: a root file system, where what is installed counts. */
export const rootfs: CommandModule = trivyCommand({
  name: 'rootfs',
  summary: 'A root file system, with the command line of `trivy rootfs`: installed packages count.',
  read: 'installed',
  prefix: 'dir:',
  input: false,
})

/** `bulwark repo`: a repository on this machine, where what is locked counts. */
export const repo: CommandModule = trivyCommand({
  name: 'repo',
  summary: 'A repository on this machine, with the command line of `trivy repo`: locked packages count.',
  read: 'declared',
  prefix: 'dir:',
  input: false,
})
