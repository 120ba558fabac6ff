import { OPENERS } from '../image/index.ts'
import { Failure } from '../lib/failure.ts'
import type { CommandModule } from './command.ts'
import { type CommandLineForm, parseCommandLine } from './command-line.ts'
import { COMMON_FLAGS, SCAN_FLAGS } from './scan-flags.ts'
import { runScan, type ScanSettings } from './scan-request.ts'
import { settingsFor } from './settings-command.ts'
import type { World } from './world.ts'

const FORM: CommandLineForm = {
  name: 'scan',
  summary: 'What is in an image, directory or file, and what is known against it.',
  operands: 'TARGET',
  examples: [
    'bulwark scan image.tar                              an archive of docker save, or an OCI layout',
    'bulwark scan --severity critical,high --exit-code 1 image.tar',
    'bulwark scan --format json --output result.json dir:/mnt/root',
  ],
  page: 'docs/scan.md',
  notes: [
    'The kind of TARGET is seen from its content; a prefix forces it:',
    ...OPENERS.map(({ prefix, summary }) => `  ${prefix.padEnd(16)} ${summary}`),
  ],
  flags: [...Object.values(SCAN_FLAGS), ...Object.values(COMMON_FLAGS)],
  unbuilt: new Set([
    'policy',
    'baseline',
    'vex',
    'all',
    'images-from',
    'all-platforms',
    'all-layers',
    'read',
    'include-owned',
  ]),
}

/** `bulwark scan TARGET`. */
export const scan: CommandModule = {
  async run(words, world) {
    const line = await parseCommandLine(FORM, words, world)
    if (line === undefined) return 0
    const settings = await scanSettings(line.given, world)
    return runScan({ target: onlyTarget(line.targets, 'scan'), settings, read: 'auto', exitOnEndOfLife: 0 }, world)
  },
}

/** The settings of a scan from flags, environment, `.bulwark.yaml` and defaults. @throws Failure of kind usage. */
async function scanSettings(given: ReadonlyMap<string, readonly string[]>, world: World): Promise<ScanSettings> {
  return (await settingsFor({ ...SCAN_FLAGS, ...COMMON_FLAGS }, given, world)).settings
}

/** The one target of a command line. @throws Failure of kind usage when there is none or more than one. */
export function onlyTarget(targets: readonly string[], command: string): string {
  const [target, ...others] = targets
  if (target === undefined || target === '') {
    throw new Failure('usage', `${command} needs a target`, {
      kind: 'usage',
      hints: [`bulwark ${command} image.tar`, `bulwark ${command} --help`],
    })
  }
  if (others.length > 0) {
    throw new Failure('usage', `${command} takes one target, and got ${targets.length}`, {
      kind: 'usage',
      input: others[0],
      hints: ['options that take a value need it: --output FILE'],
    })
  }
  return target
}
