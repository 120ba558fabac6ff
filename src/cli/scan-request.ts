import { resolve } from 'node:path'
import { cacheDirectory } from '../lib/cache-directory.ts'
import { Failure } from '../lib/failure.ts'
import { DEFAULT_LIMITS } from '../lib/limits.ts'
import { printable, REPORTERS } from '../report/index.ts'
import { type ReadMode, type ScanOptions, scanTarget, workerEntry } from '../scan/index.ts'
import { scanStatus } from './exit-status.ts'
import type { SettingsOf } from './flag.ts'
import { deliver } from './output.ts'
import { progressLine } from './progress.ts'
import type { COMMON_FLAGS, SCAN_FLAGS } from './scan-flags.ts'
import { VERSION } from './version.ts'
import { reportWidth, type World, wantsColour, write } from './world.ts'

/** Everything that decides a scan, as flags, environment and file gave it. */
export type ScanSettings = SettingsOf<typeof SCAN_FLAGS> & SettingsOf<typeof COMMON_FLAGS>

/** What a command line adds to the settings. */
export interface ScanRequest {
  readonly target: string
  /** What the report calls it, where that is not the target itself. */
  readonly shownAs?: string
  readonly settings: ScanSettings
  readonly read: ReadMode
  /** Trivy's `--exit-on-eol`; 0 when not asked. */
  readonly exitOnEndOfLife: number
}

/** The folder for layer facts and advisories: the setting, else the platform's convention. */
export function cacheDirOf(settings: { readonly cacheDir: string | undefined }, world: World): string {
  return settings.cacheDir === undefined ? cacheDirectory(world.environment) : resolve(world.cwd, settings.cacheDir)
}

/** Scans, writes the report, gives the exit status. @throws Failure when there is no answer. */
export async function runScan(request: ScanRequest, world: World): Promise<number> {
  const { settings } = request
  const progress = progressLine(world, !settings.quiet && !settings.noProgress)
  const timeout = new AbortController()
  const timer = setTimeout(() => timeout.abort(timedOut(request)), settings.timeout)
  try {
    const result = await scanTarget(scanOptions(request, world), {
      signal: AbortSignal.any([world.signal, timeout.signal]),
      now: world.now,
      environment: world.environment,
      workerUrl: workerEntry(),
      progress: progress.update,
      explain: settings.debug ? (line) => void world.stderr.write(`debug: ${printable(line)}\n`) : () => {},
    })
    progress.done()
    clearTimeout(timer)
    const toTerminal = settings.output === undefined
    const reporter = REPORTERS.find((one) => one.id === settings.format) ?? REPORTERS[0]
    const text = reporter.render(result, {
      width: reportWidth(toTerminal ? world.stdout : {}, world.environment),
      colour: toTerminal && wantsColour(world.stdout, world.environment),
      allFindings: settings.allFindings,
      listPackages: settings.listAllPkgs,
      showSuppressed: settings.showSuppressed,
      version: VERSION,
      now: world.now(),
    })
    await deliver(text, settings.output, world)
    const status = scanStatus({ ...settings, ...result, exitOnEndOfLife: request.exitOnEndOfLife })
    if (!settings.quiet) await remark(result.complete, settings.allowIncomplete, status, world)
    return status
  } catch (thrown) {
    // A timeout surfaces as whatever the interrupted operation made of it: the reason is what the user must read.
    if (timeout.signal.aborted && !world.signal.aborted) throw timeout.signal.reason
    throw thrown
  } finally {
    clearTimeout(timer)
    progress.done()
  }
}

function timedOut(request: ScanRequest): Failure {
  return new Failure('timeout', `gave up after ${request.settings.timeout / 1000} s`, {
    kind: 'timeout',
    input: request.target,
    hints: ['--timeout 30m gives it more time'],
  })
}

/** The answer is not whole: said on stderr too, where a pipeline's log shows it. */
async function remark(complete: boolean, allowed: boolean, status: number, world: World): Promise<void> {
  if (complete) return
  const what = allowed ? 'warning: the answer is incomplete' : 'the answer is incomplete'
  const why = status === 3 ? ': see Blind in the report; --allow-incomplete makes it a warning' : ''
  await write(world.stderr, `${what}${why}\n`)
}

function scanOptions(request: ScanRequest, world: World): ScanOptions {
  const { settings } = request
  const fromHere = (path: string): string => resolve(world.cwd, path)
  return {
    reference: request.target,
    shownAs: request.shownAs,
    cwd: world.cwd,
    platform: settings.platform,
    distro: settings.distro,
    skipFiles: settings.skipFiles,
    skipDirs: settings.skipDirs,
    pkgTypes: settings.pkgTypes,
    severities: settings.severity,
    ignoreUnfixed: settings.ignoreUnfixed,
    includeKernelHeaders: settings.includeKernelHeaders,
    read: request.read,
    ignoreFile: settings.ignoreFile === undefined ? undefined : fromHere(settings.ignoreFile),
    cacheDir: cacheDirOf(settings, world),
    advisories: settings.advisories === undefined ? undefined : fromHere(settings.advisories),
    offline: settings.offline,
    network: { offline: settings.offline, allowAddresses: [], insecureRegistries: [], pullSecrets: [] },
    engines: {},
    noUpdate: settings.noUpdate,
    limits: { ...DEFAULT_LIMITS, unpackedBytes: settings.maxUnpacked, ratio: settings.maxRatio },
    workers: settings.parallel,
  }
}
