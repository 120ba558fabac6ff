import { resolve } from 'node:path'
import { type AdvisoryDatabase, databasePath, filterFindings, openAdvisories } from '../advisories/index.ts'
import { Failure } from '../lib/failure.ts'
import type { ScanResult } from '../model/scan-result.ts'
import { printable } from '../report/index.ts'
import { scanTarget } from '../scan/index.ts'
import type { CommandModule } from './command.ts'
import { type CommandLineForm, parseCommandLine } from './command-line.ts'
import { COMMON_FLAGS, SCAN_FLAGS } from './scan-flags.ts'
import { cacheDirOf, scanOptions, withScanIo } from './scan-request.ts'
import { settingsFor } from './settings-command.ts'
import { type Answer, answersFor } from './why-answers.ts'
import { type World, write } from './world.ts'

const { format, ...FLAGS } = SCAN_FLAGS

const FORM: CommandLineForm = {
  name: 'why',
  summary: 'Why a weakness is, or is not, reported of a target.',
  operands: 'ID TARGET',
  examples: ['bulwark why CVE-2022-3715 ubuntu:22.04', 'bulwark why --ignore-unfixed GHSA-jf85-cpcp-j695 dir:.'],
  page: 'docs/why.md',
  notes: [
    'With the flags of bulwark scan: what they leave out is said. Exit status 0 when the question is answered, 3 when it cannot be.',
  ],
  flags: [...Object.values(FLAGS), format, ...Object.values(COMMON_FLAGS)],
  unbuilt: new Set(['policy', 'baseline', 'vex']),
}

/** `bulwark why ID TARGET`. */
export const why: CommandModule = {
  async run(words, world) {
    const line = await parseCommandLine(FORM, words, world)
    if (line === undefined) return 0
    const { settings } = await settingsFor({ ...SCAN_FLAGS, ...COMMON_FLAGS }, line.given, world)
    const [id, target, ...rest] = line.targets
    if (id === undefined || target === undefined || rest.length > 0)
      throw new Failure('usage', `why takes a weakness and a target, and got ${line.targets.length} words`, {
        kind: 'usage',
        hints: ['bulwark why CVE-2022-3715 ubuntu:22.04'],
      })
    const options = { ...(await scanOptions({ settings, read: 'auto', exitOnEndOfLife: 0 }, world)), reference: target }
    // Nothing is left out, so that what leaves it out can be named.
    const whole = {
      ...options,
      severities: undefined,
      ignoreUnfixed: false,
      ignoreStatus: undefined,
      includeDevelopment: true,
      includeKernelHeaders: true,
      includeOwned: true,
      minConfidence: undefined,
      reachable: undefined,
      pkgTypes: ['os', 'library'] as const,
    }
    return await withScanIo(target, settings, world, async (io, progress) => {
      const result = await scanTarget(whole, io)
      const plain = settings.includeOwned ? result : await scanTarget({ ...whole, includeOwned: false }, io)
      const database = databaseOf(settings, world)
      try {
        const left = (findings: ScanResult['findings']) => {
          const { kept, leftOut } = filterFindings(findings, result.inventory, options)
          return kept.length > 0 ? undefined : leftOut[0]?.filter
        }
        const answers = answersFor({ id, result, plain, database, left, now: io.now() })
        progress.done()
        await write(world.stdout, settings.format === 'json' ? asJson(id, target, answers) : asText(answers))
        return answers.every(({ blind }) => blind) ? 3 : 0
      } finally {
        database?.close()
      }
    })
  },
}

function databaseOf(
  settings: { readonly advisories: string | undefined; readonly cacheDir: string | undefined },
  world: World,
): AdvisoryDatabase | undefined {
  const { advisories } = settings
  try {
    return openAdvisories(
      advisories === undefined ? databasePath(cacheDirOf(settings, world)) : resolve(world.cwd, advisories),
    )
  } catch (error) {
    if (error instanceof Failure && error.code === 'no-advisories') return undefined
    throw error
  }
}

function asJson(id: string, target: string, answers: readonly Answer[]): string {
  return `${JSON.stringify({ id, target, answers }, null, 2)}\n`
}

function asText(answers: readonly Answer[]): string {
  return `${answers.map(({ says, then }) => [says, ...then.map((line) => `  ${line}`)].map(printable).join('\n')).join('\n')}\n`
}
