import { join } from 'node:path'
import { Failure } from '../lib/failure.ts'
import { type CacheCleaned, type CacheShare, type CacheStatus, cacheUpkeep } from '../reading/index.ts'
import { alignText, grouped, printable } from '../report/index.ts'
import { ADVISORY_FLAGS } from './advisories-flags.ts'
import { CACHE_FLAGS } from './cache-flags.ts'
import { commandGroup, type GroupPart } from './command-group.ts'
import type { CommandLineForm } from './command-line.ts'
import type { SettingsOf } from './flag.ts'
import { COMMON_FLAGS } from './scan-flags.ts'
import { cacheDirOf } from './scan-request.ts'
import { type World, write } from './world.ts'

const { format } = ADVISORY_FLAGS
const FLAGS = { ...COMMON_FLAGS, ...CACHE_FLAGS, format } as const

type Settings = SettingsOf<typeof FLAGS>

function form(
  name: string,
  summary: string,
  examples: readonly string[],
  flags: readonly (keyof typeof FLAGS)[],
): CommandLineForm {
  const common = Object.values(COMMON_FLAGS)
  const own = flags.map((key) => FLAGS[key])
  return { name: `cache ${name}`, summary, operands: '', examples, page: 'docs/cache.md', flags: [...own, ...common] }
}

const PARTS: Readonly<Record<string, GroupPart<Settings>>> = {
  status: {
    form: form(
      'status',
      'What is kept of layers that were read, and how much room it takes.',
      ['bulwark cache status', 'bulwark cache status --format json'],
      ['format'],
    ),
    async run(operands, settings, world) {
      noOperands(operands, 'status')
      const { cacheStatus } = await cacheUpkeep()
      await write(world.stdout, statusText(cacheStatus(pathOf(settings, world)), settings, world.now()))
      return 0
    },
  },
  clean: {
    form: form(
      'clean',
      'Removes it, or what was not used for some time. Advisories stay; scans that run go on.',
      ['bulwark cache clean', 'bulwark cache clean --older-than 30d'],
      ['olderThan', 'format'],
    ),
    async run(operands, settings, world) {
      noOperands(operands, 'clean')
      const { cleanCache } = await cacheUpkeep()
      const cleaned = cleanCache(pathOf(settings, world), {
        olderThanMs: settings.olderThan,
        now: world.now().getTime(),
      })
      await write(world.stdout, cleanedText(cleaned, settings))
      return 0
    },
  },
}

/** `bulwark cache status|clean`. */
export const cache = commandGroup({
  name: 'cache',
  summary: 'What is kept of layers that were read, so that none is read twice.',
  page: 'docs/cache.md',
  flags: FLAGS,
  parts: PARTS,
})

function noOperands(operands: readonly string[], name: string): void {
  if (operands.length > 0)
    throw new Failure('usage', `cache ${name} takes no operand`, { kind: 'usage', input: operands[0] })
}

function pathOf(settings: Settings, world: World): string {
  return join(cacheDirOf(settings, world), 'layers.db')
}

function statusText(status: CacheStatus, settings: Settings, now: Date): string {
  const limit = settings.cacheMax
  const shared = settings.sharedCache
  if (settings.format === 'json')
    return `${JSON.stringify({ ...status, limitBytes: limit, sharedCache: shared ?? null }, null, 2)}\n`
  const aside = status.setAsideBytes > 0 ? [`damaged file set aside: ${size(status.setAsideBytes)} (cache clean)`] : []
  if (!status.exists) {
    const what =
      status.fileBytes === 0
        ? 'nothing is kept yet'
        : `kept by another version of bulwark (${size(status.fileBytes)}): the next scan begins anew`
    return `${[`${printable(status.path)}: ${what}`, ...aside].join('\n')}\n`
  }
  const rows = shareRows(status)
  const lines = [
    printable(status.path),
    `${size(status.usedBytes)} in use of at most ${size(limit)}; ${size(status.fileBytes)} on the disk`,
    '',
    ...alignText(rows, '  ', [1, 2]),
  ]
  if (status.oldestStoredAt !== null && status.leastRecentlyUsedAt !== null && status.lastUsedAt !== null) {
    const { oldestStoredAt: oldest, leastRecentlyUsedAt: least, lastUsedAt: last } = status
    lines.push('', `oldest ${age(oldest, now)}; last used ${age(last, now)}, the least used ${age(least, now)}`)
  }
  if (shared !== undefined) lines.push(`shared with other machines: ${printable(shared)}`)
  return `${[...lines, ...aside].join('\n')}\n`
}

function cleanedText(cleaned: CacheCleaned, settings: Settings): string {
  if (settings.format === 'json') return `${JSON.stringify(cleaned, null, 2)}\n`
  const { layers, archives, documents, freedBytes, leftBytes } = cleaned
  const counts: readonly (readonly [CacheShare, string])[] = [
    [layers, 'layers'],
    [archives, 'archives'],
    [documents, 'documents'],
  ]
  const removed = counts.filter(([share]) => share.count > 0).map(([share, name]) => `${grouped(share.count)} ${name}`)
  const what = removed.length === 0 ? 'nothing to remove' : `removed ${removed.join(', ')}`
  return `${what}; ${size(freedBytes)} freed, ${size(leftBytes)} left in ${printable(cleaned.path)}\n`
}

function shareRows({ layers, archives, documents }: CacheStatus): string[][] {
  const row = (name: string, { count, bytes }: CacheShare, what: string): string[] => [
    name,
    grouped(count),
    size(bytes),
    what,
  ]
  return [
    row('layers', layers, 'what readers found in them'),
    row('archives', archives, 'which layers they hold'),
    row('documents', documents, 'manifests and configs'),
  ]
}

/** A size as `--cache-max` takes it: units are powers of 1024. */
function size(bytes: number): string {
  const unit = bytes >= 1024 ** 3 ? 3 : bytes >= 1024 ** 2 ? 2 : bytes >= 1024 ? 1 : 0
  const value = bytes / 1024 ** unit
  return `${unit === 0 ? value : value.toFixed(value < 10 ? 1 : 0)} ${['bytes', 'KiB', 'MiB', 'GiB'][unit]}`
}

/** How long ago, to the hour, as far as stamps know. */
function age(time: string, now: Date): string {
  const hours = Math.floor((now.getTime() - Date.parse(time)) / 3_600_000)
  if (hours < 1) return 'within the hour'
  return hours < 48 ? `${hours} h ago` : `${Math.floor(hours / 24)} days ago`
}
