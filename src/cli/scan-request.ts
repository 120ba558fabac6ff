import { resolve } from 'node:path'
import { cacheDirectory } from '../lib/cache-directory.ts'
import { Failure } from '../lib/failure.ts'
import { DEFAULT_LIMITS } from '../lib/limits.ts'
import { traceTimeline } from '../lib/timeline.ts'
import { printable } from '../report/index.ts'
import { type ReadMode, type ScanIo, type ScanOptions, scanTarget, workerEntry } from '../scan/index.ts'
import type { BatchRequest } from './batch.ts'
import { scanStatus } from './exit-status.ts'
import { deliver } from './output.ts'
import { type ProgressLine, progressLine } from './progress.ts'
import { registryAccess } from './registry-access.ts'
import { reportText } from './report-text.ts'
import type { ScanSettings } from './scan-flags.ts'
import { type World, write } from './world.ts'

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
  return await withScanIo(request.target, settings, world, async (io, progress) => {
    const options = { ...(await scanOptions(request, world)), reference: request.target }
    const result = await scanTarget(options, io)
    progress.done()
    await deliver(reportText(result, settings, world), settings.output, world)
    const status = scanStatus({ ...settings, ...result, exitOnEndOfLife: request.exitOnEndOfLife })
    if (!settings.quiet) await remark(result.complete, settings.allowIncomplete, status, world)
    return status
  })
}

/** Scans many targets, as `runBatch` does. @throws Failure when nothing can be named, or when interrupted. */
export async function runScans(
  batch: BatchRequest,
  request: Omit<ScanRequest, 'target'>,
  world: World,
): Promise<number> {
  const { settings, exitOnEndOfLife } = request
  return await withScanIo(batch.targets[0] ?? 'the images', settings, world, async (io) => {
    const { runBatch } = await import('./batch.ts')
    return await runBatch(batch, settings, { options: await scanOptions(request, world), io, exitOnEndOfLife }, world)
  })
}

/** Runs a scan with progress, time limit and timeline, and writes the timeline whatever comes of it. */
export async function withScanIo(
  name: string,
  settings: ScanSettings,
  world: World,
  run: (io: ScanIo, progress: ProgressLine) => Promise<number>,
): Promise<number> {
  const progress = progressLine(world, !settings.quiet && !settings.noProgress)
  const timeline = settings.trace === undefined ? undefined : traceTimeline(() => performance.now())
  const timeout = new AbortController()
  const timer = setTimeout(() => timeout.abort(timedOut(name, settings)), settings.timeout)
  try {
    const io: ScanIo = {
      signal: AbortSignal.any([world.signal, timeout.signal]),
      now: world.now,
      environment: world.environment,
      workerUrl: workerEntry(),
      progress: progress.update,
      explain: settings.debug ? (line) => progress.above(`debug: ${printable(line)}`) : () => {},
      ...(timeline === undefined ? {} : { timeline }),
    }
    return await run(io, progress)
  } catch (thrown) {
    // A timeout surfaces as whatever the interrupted operation made of it: the reason is what the user must read.
    if (timeout.signal.aborted && !world.signal.aborted) throw timeout.signal.reason
    throw thrown
  } finally {
    clearTimeout(timer)
    progress.done()
    if (timeline !== undefined) await deliver(timeline.document(), settings.trace, world)
  }
}

function timedOut(name: string, settings: ScanSettings): Failure {
  return new Failure('timeout', `gave up after ${settings.timeout / 1000} s`, {
    kind: 'timeout',
    input: name,
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

/** The settings of a command line as a scan takes them, but for its target. */
export async function scanOptions(
  request: Omit<ScanRequest, 'target'>,
  world: World,
): Promise<Omit<ScanOptions, 'reference'>> {
  const { settings } = request
  const fromHere = (path: string): string => resolve(world.cwd, path)
  return {
    shownAs: request.shownAs,
    cwd: world.cwd,
    platform: settings.platform,
    distro: settings.distro,
    skipFiles: settings.skipFiles,
    skipDirs: settings.skipDirs,
    pkgTypes: settings.pkgTypes,
    severities: settings.severity,
    ignoreUnfixed: settings.ignoreUnfixed,
    ...(settings.ignoreStatus.length === 0 ? {} : { ignoreStatus: settings.ignoreStatus }),
    includeKernelHeaders: settings.includeKernelHeaders,
    matchPolicy: settings.matchPolicy,
    ...(settings.severitySource.length === 0 ? {} : { severitySources: settings.severitySource }),
    read: settings.read ?? request.read,
    includeDevelopment: settings.includeDevDeps,
    includeOwned: settings.includeOwned,
    allLayers: settings.allLayers,
    minConfidence: settings.minConfidence,
    reachable: settings.reachable,
    ignoreFile: settings.ignoreFile === undefined ? undefined : fromHere(settings.ignoreFile),
    cacheDir: cacheDirOf(settings, world),
    cacheMaxBytes: settings.cacheMax,
    sharedCache: settings.sharedCache === undefined ? undefined : fromHere(settings.sharedCache),
    advisories: settings.advisories === undefined ? undefined : fromHere(settings.advisories),
    offline: settings.offline,
    network: {
      ...(await registryAccess(settings, world)),
      offline: settings.offline,
      wholeLayers: settings.wholeLayers,
    },
    engines: {
      dockerHost: settings.dockerHost,
      podmanHost: settings.podmanHost,
      dockerRoot: settings.dockerRoot === undefined ? undefined : fromHere(settings.dockerRoot),
      podmanRoot: settings.podmanRoot === undefined ? undefined : fromHere(settings.podmanRoot),
      containerdRoot: settings.containerdRoot === undefined ? undefined : fromHere(settings.containerdRoot),
      crioRoot: settings.crioRoot === undefined ? undefined : fromHere(settings.crioRoot),
    },
    doors: settings.imageSrc,
    noUpdate: settings.noUpdate,
    limits: { ...DEFAULT_LIMITS, unpackedBytes: settings.maxUnpacked, ratio: settings.maxRatio },
    workers: settings.parallel,
  }
}
