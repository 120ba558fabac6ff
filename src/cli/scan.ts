import { existsSync } from 'node:fs'
import { DOORS, OPENERS } from '../image/index.ts'
import { Failure } from '../lib/failure.ts'
import type { BatchRequest } from './batch.ts'
import type { CommandModule } from './command.ts'
import { type CommandLineForm, parseCommandLine } from './command-line.ts'
import { BATCH_FLAGS, COMMON_FLAGS, SCAN_FLAGS } from './scan-flags.ts'
import { runScan, runScans } from './scan-request.ts'
import { settingsFor } from './settings-command.ts'

const FORM: CommandLineForm = {
  name: 'scan',
  summary: 'What is in an image, container, directory or file, and what is known against it.',
  operands: 'TARGET',
  examples: [
    'bulwark scan alpine:3.20                            wherever it is: Docker, podman, containerd, a registry',
    'bulwark scan image.tar                              an archive of docker save, or an OCI layout',
    'bulwark scan --all                                  every image of the engines on this machine',
    'bulwark scan --severity critical,high --exit-code 1 image.tar',
    'bulwark scan --format json --output result.json dir:/mnt/root',
  ],
  page: 'docs/scan.md',
  notes: [
    'TARGET is a file or folder that is there, whose kind is seen from its content, or the name of an image; a prefix forces it:',
    ...[...OPENERS, ...DOORS].map(({ prefix, summary }) => `  ${prefix.padEnd(16)} ${summary}`),
    'Several targets, registry.example/team/*, --all, --images-from and --all-platforms are one run with a summary.',
  ],
  flags: [...Object.values(SCAN_FLAGS), ...Object.values(BATCH_FLAGS), ...Object.values(COMMON_FLAGS)],
  unbuilt: new Set(['policy', 'baseline', 'vex']),
}

/** `bulwark scan TARGET`. */
export const scan: CommandModule = {
  async run(words, world) {
    const line = await parseCommandLine(FORM, words, world)
    if (line === undefined) return 0
    const { settings } = await settingsFor({ ...SCAN_FLAGS, ...BATCH_FLAGS, ...COMMON_FLAGS }, line.given, world)
    const { all, allPlatforms, imagesFrom } = settings
    const batch: BatchRequest = { targets: line.targets, all, allPlatforms, imagesFrom }
    const request = { settings, read: 'auto', exitOnEndOfLife: 0 } as const
    if (isBatch(batch)) return runScans(batch, request, world)
    return runScan({ target: onlyTarget(line.targets, 'scan'), ...request }, world)
  },
}

/** Whether a command line means more than one scan. */
function isBatch({ targets, all, allPlatforms, imagesFrom }: BatchRequest): boolean {
  // What is there is a file with a star in its name, not a pattern.
  const patterns = targets.filter((one) => one.includes('*') && !existsSync(one))
  return all || allPlatforms || imagesFrom !== undefined || targets.length > 1 || patterns.length > 0
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
