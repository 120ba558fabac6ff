import { availableParallelism } from 'node:os'
import { severitySources } from '../advisories/index.ts'
import { Failure } from '../lib/failure.ts'
import { DEFAULT_LIMITS } from '../lib/limits.ts'
import { VENDOR_STATUSES, type VendorStatus } from '../model/finding.ts'
import type { Severity } from '../model/severity.ts'
import {
  type Flag,
  parseDuration,
  parseExitCode,
  parseList,
  parseOneOf,
  parseSeverities,
  parseShare,
  parseSize,
  parseSomeOf,
  parseSwitch,
  parseText,
  parseWhole,
  type SettingsOf,
} from './flag.ts'
import { NETWORK_FLAGS } from './network-flags.ts'

function onOff(name: string, summary: string, short?: string): Flag<boolean> {
  return { name, short, summary, parse: parseSwitch, fallback: false }
}

function text(name: string, argument: string, summary: string, short?: string): Flag<string | undefined> {
  return { name, short, argument, summary, parse: parseText, fallback: undefined }
}

function list(name: string, argument: string, summary: string): Flag<readonly string[]> {
  return { name, argument, summary, many: true, parse: parseList, fallback: [] }
}

const severity: Flag<readonly Severity[] | undefined> = {
  name: 'severity',
  short: 's',
  argument: 'LIST',
  summary: 'keep findings of these severities: critical,high,medium,low,negligible,unknown',
  parse: parseSeverities,
  fallback: undefined,
}

const pkgTypes: Flag<readonly ('os' | 'library')[]> = {
  name: 'pkg-types',
  argument: 'LIST',
  summary: 'packages to examine: os,library',
  parse: parseSomeOf(['os', 'library']),
  fallback: ['os', 'library'],
}

/** Names of sources of severity; one that is spelled wrong would change nothing, silently. */
function parseSources(words: string): readonly string[] {
  const sources = parseList(words).map((word) => word.toLowerCase())
  const known = severitySources()
  const wrong = sources.find((source) => source !== 'auto' && !known.includes(source))
  if (wrong === undefined) return sources
  throw new Failure('usage', `there is no source of severity ${wrong}`, {
    kind: 'usage',
    input: wrong,
    hints: [`these are known: auto, ${known.join(', ')}`],
  })
}

/** Scanners that exist. */
const SCANNERS = ['vuln'] as const

/** Scanners that users of other programs know and that are not built: refused by name, never ignored. */
const UNBUILT_SCANNERS: ReadonlySet<string> = new Set(['secret', 'misconfig', 'config', 'license', 'none'])

function parseScanners(words: string): readonly (typeof SCANNERS)[number][] {
  const missing = parseList(words).find((word) => UNBUILT_SCANNERS.has(word.toLowerCase()))
  if (missing !== undefined) {
    throw new Failure('not-built-yet', `names ${missing}, which is not built yet`, {
      kind: 'usage',
      hints: ['--scanners vuln'],
    })
  }
  return parseSomeOf(SCANNERS)(words)
}

const format: Flag<'table' | 'json'> = {
  name: 'format',
  short: 'f',
  argument: 'FORMAT',
  summary: 'table or json',
  parse: parseOneOf(['table', 'json']),
  fallback: 'table',
}

/** Settings that every command knows. */
export const COMMON_FLAGS = {
  cacheDir: text('cache-dir', 'DIR', 'where layer facts and advisories are kept'),
  cacheMax: {
    name: 'cache-max',
    argument: 'SIZE',
    summary: 'layer facts that are kept at most; those that were not used for the longest time go',
    parse: parseSize,
    fallback: 2 * 1024 ** 3,
  } satisfies Flag<number>,
  sharedCache: text('shared-cache', 'DIR', 'a folder on shared storage where several machines keep layer facts'),
  quiet: onOff('quiet', 'no progress and no remarks on stderr', 'q'),
  noProgress: onOff('no-progress', 'no progress on stderr'),
  debug: onOff('debug', 'explain failures with their causes', 'd'),
} as const

/** Statuses by our names and Trivy's (`will_not_fix`, `fix_deferred`). */
function parseStatuses(words: string): readonly VendorStatus[] {
  return parseList(words).map((word) => {
    const name = word.toLowerCase().replaceAll('_', '-').replace('fix-deferred', 'deferred')
    const status = VENDOR_STATUSES.find((one) => one === name)
    if (status !== undefined) return status
    throw new Failure('usage', `expects ${VENDOR_STATUSES.join(', ')}, not "${word}"`, { kind: 'usage' })
  })
}

/** Settings of a scan. */
export const SCAN_FLAGS = {
  severity,
  ignoreUnfixed: onOff('ignore-unfixed', 'leave out findings that no version fixes yet'),
  severitySource: {
    name: 'severity-source',
    argument: 'LIST',
    summary:
      'whose severity is shown, the first that says one: nvd,ghsa,redhat,…; auto is whoever decides about the package',
    many: true,
    parse: parseSources,
    fallback: [],
  } satisfies Flag<readonly string[]>,
  matchPolicy: {
    name: 'match-policy',
    argument: 'POLICY',
    summary:
      'who decides that a package has a weakness: specific (its vendor or ecosystem), any (whoever says so), agreed (nobody says otherwise)',
    parse: parseOneOf(['specific', 'any', 'agreed']),
    fallback: 'specific',
  } satisfies Flag<'specific' | 'any' | 'agreed'>,
  ignoreStatus: {
    name: 'ignore-status',
    argument: 'LIST',
    summary: `leave out what the vendor calls so: ${VENDOR_STATUSES.join(', ')}`,
    many: true,
    parse: parseStatuses,
    fallback: [],
  } satisfies Flag<readonly VendorStatus[]>,
  exitCode: {
    name: 'exit-code',
    argument: 'N',
    summary: 'exit status when findings are left after the filters',
    parse: parseExitCode,
    fallback: 0,
  } satisfies Flag<number>,
  format,
  output: text('output', 'FILE', 'write the report to a file instead of standard output', 'o'),
  platform: text('platform', 'OS/ARCH', 'which image of several: linux/amd64, linux/arm64/v8'),
  skipFiles: list('skip-files', 'GLOB', 'leave out these files (repeatable)'),
  skipDirs: list('skip-dirs', 'GLOB', 'leave out these directories (repeatable)'),
  pkgTypes,
  read: {
    name: 'read',
    argument: 'WHICH',
    summary: 'libraries that count: installed, declared (lockfiles), both; by the kind of target without it',
    parse: parseOneOf<'auto' | 'installed' | 'declared' | 'both'>(['auto', 'installed', 'declared', 'both']),
    fallback: undefined,
  } satisfies Flag<'auto' | 'installed' | 'declared' | 'both' | undefined>,
  includeDevDeps: onOff('include-dev-deps', 'keep findings about packages that only development needs'),
  includeOwned: onOff('include-owned', "keep findings about libraries that are files of the system's packages"),
  allLayers: onOff('all-layers', 'also packages that a later layer removed or replaced'),
  minConfidence: {
    name: 'min-confidence',
    argument: 'N',
    summary: 'leave out findings that are less sure than N, 0 to 1',
    parse: parseShare,
    fallback: undefined,
  } satisfies Flag<number | undefined>,
  reachable: {
    name: 'reachable',
    argument: 'LIST',
    summary: 'keep findings about what is loaded: yes,unknown (leaves out no)',
    parse: parseSomeOf(['yes', 'no', 'unknown']),
    fallback: undefined,
  } satisfies Flag<readonly ('yes' | 'no' | 'unknown')[] | undefined>,
  distro: text('distro', 'NAME:VERSION', 'take the operating system to be this one: debian:12'),
  scanners: {
    name: 'scanners',
    argument: 'LIST',
    summary: 'what to look for: vuln',
    parse: parseScanners,
    fallback: SCANNERS,
  } satisfies Flag<readonly 'vuln'[]>,
  ignoreFile: {
    name: 'ignorefile',
    argument: 'FILE',
    summary: 'exceptions in the form of .trivyignore or .trivyignore.yaml',
    parse: parseText,
    fallback: undefined,
  } satisfies Flag<string | undefined>,
  includeKernelHeaders: onOff('include-kernel-headers', "match kernel headers against the kernel's advisories"),
  listAllPkgs: onOff('list-all-pkgs', 'show every package in the table'),
  allFindings: onOff('all-findings', 'show every finding in the table'),
  showSuppressed: onOff('show-suppressed', 'show findings that an exception or the vendor has settled'),
  advisories: text('advisories', 'FILE', 'use this advisory database (as built, or as packed) instead of the cache'),
  offline: onOff('offline', 'use no network'),
  noUpdate: onOff('no-update', 'do not look for newer advisories'),
  allowIncomplete: onOff('allow-incomplete', 'a blind answer is a warning instead of exit status 3'),
  strict: onOff('strict', 'a partial answer, too, is exit status 3'),
  timeout: {
    name: 'timeout',
    argument: 'DURATION',
    summary: 'give up after this long',
    parse: parseDuration,
    fallback: 10 * 60_000,
  } satisfies Flag<number>,
  maxUnpacked: {
    name: 'max-unpacked',
    argument: 'SIZE',
    summary: 'a layer that unpacks to more is refused',
    parse: parseSize,
    fallback: DEFAULT_LIMITS.unpackedBytes,
  } satisfies Flag<number>,
  maxRatio: {
    name: 'max-ratio',
    argument: 'N',
    summary: 'a layer that unpacks to more than N times its size is refused',
    parse: parseWhole(2, 1_000_000),
    fallback: DEFAULT_LIMITS.ratio,
  } satisfies Flag<number>,
  parallel: {
    name: 'parallel',
    argument: 'N',
    summary: 'layers read at once',
    parse: parseWhole(1, 64),
    fallback: Math.min(4, availableParallelism()),
  } satisfies Flag<number>,
  trace: text('trace', 'FILE', 'write what took how long, for a trace viewer (Chrome trace format)'),
  ...NETWORK_FLAGS,
} as const

/** Settings of a scan of many targets. */
export const BATCH_FLAGS = {
  all: onOff('all', 'scan every image that the engines on this machine hold'),
  imagesFrom: text('images-from', 'FILE', 'scan the images that a file lists, one a line; - for standard input'),
  allPlatforms: onOff('all-platforms', 'scan an image once for each platform that it has'),
} as const

/** Everything that decides a scan, as flags, environment and file gave it. */
export type ScanSettings = SettingsOf<typeof SCAN_FLAGS> & SettingsOf<typeof COMMON_FLAGS>
