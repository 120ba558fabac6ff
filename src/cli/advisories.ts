import { readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import {
  type AdvisoryDatabase,
  buildAdvisories,
  type Contradiction,
  contradictions,
  databasePath,
  explainWeakness,
  type FeedSettings,
  openAdvisories,
  packAdvisories,
  publishAdvisories,
  readFeedSettings,
  updateAdvisories,
} from '../advisories/index.ts'
import { componentOfPurl } from '../inventory/index.ts'
import { Failure } from '../lib/failure.ts'
import { ADVISORY_FLAGS } from './advisories-flags.ts'
import { buildText, packText, publishText, recordText, searchText, statusText, updateText } from './advisories-text.ts'
import { commandGroup, type GroupPart } from './command-group.ts'
import type { CommandLineForm } from './command-line.ts'
import { auditText, explanationText } from './explain-text.ts'
import type { SettingsOf } from './flag.ts'
import { progressLine } from './progress.ts'
import { REGISTRY_FLAGS, registryAccess } from './registry-access.ts'
import { onlyTarget } from './scan.ts'
import { COMMON_FLAGS, SCAN_FLAGS } from './scan-flags.ts'
import { cacheDirOf } from './scan-request.ts'
import { type World, write } from './world.ts'

const { from, all, ecosystems, force, feeds, feedSettings, shards, component, format } = ADVISORY_FLAGS
const { advisories: file, severitySource, matchPolicy } = SCAN_FLAGS
const FLAGS = {
  ...COMMON_FLAGS,
  from,
  all,
  ecosystems,
  force,
  feeds,
  feedSettings,
  shards,
  component,
  severitySource,
  matchPolicy,
  format,
  file,
  ...REGISTRY_FLAGS,
} as const

type Settings = SettingsOf<typeof FLAGS>

const REGISTRY_KEYS = Object.keys(REGISTRY_FLAGS) as (keyof typeof REGISTRY_FLAGS)[]

const NO_RECORD =
  'nothing found: no record in the database goes by this name (bulwark advisories status shows what is in it)'
const NO_PACKAGE = 'nothing found: distributions file advisories under the source package (openssl, not libssl3)'

function form(
  name: string,
  summary: string,
  operands: string,
  examples: readonly string[],
  flags: readonly (keyof typeof FLAGS)[],
): CommandLineForm {
  const common = Object.values(COMMON_FLAGS)
  return {
    name: `advisories ${name}`,
    summary,
    operands,
    examples,
    page: 'docs/advisories.md',
    flags: [...flags.map((key) => FLAGS[key]), ...common],
  }
}

const PARTS: Readonly<Record<string, GroupPart<Settings>>> = {
  update: {
    form: form(
      'update',
      'Fetches what is new; --from takes a mirror, a folder or a packed file.',
      '',
      ['bulwark advisories update', 'bulwark advisories update --all', 'bulwark advisories update --from ./mirror'],
      ['from', 'all', 'ecosystems', 'force', 'feeds', 'feedSettings', 'format', ...REGISTRY_KEYS],
    ),
    run: update,
  },
  status: {
    form: form(
      'status',
      'Age, source, licence and count of each ecosystem.',
      '',
      ['bulwark advisories status', 'bulwark advisories status --format json'],
      ['format', 'file'],
    ),
    async run(operands, settings, world) {
      noOperands(operands, 'status')
      return withDatabase(settings, world, (database) => statusText(database.status(), settings.format, world.now()))
    },
  },
  show: {
    form: form(
      'show',
      'One advisory, by any of its names.',
      'ID',
      ['bulwark advisories show CVE-2019-1549', 'bulwark advisories show --format json GHSA-jf85-cpcp-j695'],
      ['format', 'file'],
    ),
    async run(operands, settings, world) {
      const id = onlyTarget(operands, 'advisories show')
      return withDatabase(settings, world, (database) => recordText(database, id, settings.format), NO_RECORD)
    },
  },
  search: {
    form: form(
      'search',
      'Advisories of a package, or of one version of it.',
      'PACKAGE[@VERSION]',
      ['bulwark advisories search openssl', 'bulwark advisories search npm:lodash@4.17.11'],
      ['format', 'file'],
    ),
    async run(operands, settings, world) {
      const wanted = onlyTarget(operands, 'advisories search')
      return withDatabase(settings, world, (database) => searchText(database, wanted, settings.format), NO_PACKAGE)
    },
  },
  explain: {
    form: form(
      'explain',
      'What every source says about a weakness; with --component, which statement counted and why.',
      'ID',
      [
        'bulwark advisories explain CVE-2022-3715',
        'bulwark advisories explain --component pkg:npm/lodash@4.17.11 CVE-2019-10744',
      ],
      ['component', 'severitySource', 'matchPolicy', 'format', 'file'],
    ),
    async run(operands, settings, world) {
      const id = onlyTarget(operands, 'advisories explain')
      const component = settings.component === undefined ? undefined : componentOfPurl(settings.component)
      const options = {
        includeKernelHeaders: true,
        image: true,
        policy: settings.matchPolicy,
        ...(settings.severitySource.length === 0 ? {} : { severitySources: settings.severitySource }),
      }
      const explained = (database: AdvisoryDatabase) => {
        const found = explainWeakness(database, id, component, options)
        return found && explanationText(found, settings.format)
      }
      return withDatabase(settings, world, explained, NO_RECORD)
    },
  },
  audit: {
    form: form(
      'audit',
      'Where sources contradict each other: the same weakness and package, other versions or a severity two steps apart.',
      '',
      ['bulwark advisories audit --ecosystems npm,PyPI', 'bulwark advisories audit --format json'],
      ['ecosystems', 'format', 'file'],
    ),
    async run(operands, settings, world) {
      noOperands(operands, 'audit')
      return withDatabase(settings, world, (database) => audited(database, settings))
    },
  },
  build: {
    form: form(
      'build',
      'Cuts the database into shards in a folder, for many machines that each fetch what they need, and by day what changed.',
      'FOLDER',
      ['bulwark advisories build ./shards', 'bulwark advisories build --format json ./shards'],
      ['format', 'file'],
    ),
    async run(operands, settings, world) {
      const folder = resolve(world.cwd, onlyTarget(operands, 'advisories build'))
      const progress = progressLine(world, !settings.quiet && !settings.noProgress)
      const path =
        settings.file === undefined ? databasePath(cacheDirOf(settings, world)) : resolve(world.cwd, settings.file)
      try {
        const report = buildAdvisories(path, folder, {
          progress: (message) => progress.update({ stage: 'advisories', message }),
          signal: world.signal,
        })
        progress.done()
        await write(world.stdout, buildText(report, settings.format))
        return 0
      } finally {
        progress.done()
      }
    },
  },
  publish: {
    form: form(
      'publish',
      'Cuts the database into shards and pushes them to a registry, from which others update.',
      'REGISTRY/REPOSITORY[:TAG]',
      ['bulwark advisories publish registry.example.com/security/advisories'],
      ['shards', 'format', 'file', ...REGISTRY_KEYS],
    ),
    run: publish,
  },
  pack: {
    form: form(
      'pack',
      'Writes the whole database into one file with a checksum, for a machine without a network.',
      'FILE',
      ['bulwark advisories pack advisories.pack'],
      ['format'],
    ),
    async run(operands, settings, world) {
      const target = resolve(world.cwd, onlyTarget(operands, 'advisories pack'))
      await write(world.stdout, packText(packAdvisories(cacheDirOf(settings, world), target), settings.format))
      return 0
    },
  },
}

/** `bulwark advisories update|status|show|search|explain|audit|build|publish|pack`. */
export const advisories = commandGroup({
  name: 'advisories',
  summary: 'The advisory database.',
  page: 'docs/advisories.md',
  flags: FLAGS,
  parts: PARTS,
})

async function update(operands: readonly string[], settings: Settings, world: World): Promise<number> {
  noOperands(operands, 'update')
  const progress = progressLine(world, !settings.quiet && !settings.noProgress)
  try {
    const report = await updateAdvisories(
      {
        cacheDir: cacheDirOf(settings, world),
        from: settings.from,
        ecosystems: settings.ecosystems.length === 0 ? undefined : settings.ecosystems,
        all: settings.all,
        force: settings.force,
        feeds: {
          ...(settings.feeds.length === 0 ? {} : { asked: settings.feeds }),
          ...(settings.feedSettings === undefined
            ? {}
            : { settings: await feedSettingsOf(settings.feedSettings, world) }),
        },
      },
      {
        env: world.environment,
        now: world.now,
        signal: world.signal,
        network: await registryAccess(settings, world),
        progress: (event) => progress.update({ stage: 'advisories', ...event }),
      },
    )
    progress.done()
    await write(world.stdout, updateText(report, settings.format))
    // What was kept from before is a success that needs a look: the good part is in place.
    return report.complete ? 0 : 1
  } finally {
    progress.done()
  }
}

/** The settings of feeds from their file. */
async function feedSettingsOf(path: string, world: World): Promise<FeedSettings> {
  const file = resolve(world.cwd, path)
  const text = await readFile(file, 'utf8').catch((cause: Error) => {
    throw new Failure('feed-settings', `cannot read ${path}: ${cause.message}`, { kind: 'usage', input: path, cause })
  })
  return readFeedSettings(text, path)
}

/** Contradictions that a table lists. */
const MOST_LISTED = 100

function audited(database: AdvisoryDatabase, { ecosystems: asked, format: wanted }: Settings): string {
  const listed: Contradiction[] = []
  let total = 0
  const within = asked.length === 0 ? undefined : asked
  for (const one of contradictions(database, within)) {
    total++
    if (wanted === 'json' || listed.length < MOST_LISTED) listed.push(one)
  }
  return auditText(listed, total, wanted)
}

/** The shards of the last publishing stay in the cache: the next ones are published as what changed. */
async function publish(operands: readonly string[], settings: Settings, world: World): Promise<number> {
  const to = onlyTarget(operands, 'advisories publish')
  const folder =
    settings.shards === undefined
      ? join(cacheDirOf(settings, world), 'advisories-published')
      : resolve(world.cwd, settings.shards)
  const progress = progressLine(world, !settings.quiet && !settings.noProgress)
  try {
    if (settings.shards === undefined) {
      const { file } = settings
      const path = file === undefined ? databasePath(cacheDirOf(settings, world)) : resolve(world.cwd, file)
      buildAdvisories(path, folder, {
        progress: (message) => progress.update({ stage: 'advisories', message }),
        signal: world.signal,
      })
    }
    const access = { env: world.environment, network: await registryAccess(settings, world), signal: world.signal }
    const report = await publishAdvisories(folder, to, access, (doneBytes, totalBytes) =>
      progress.update({ stage: 'advisories', message: 'pushing shards', doneBytes, totalBytes }),
    )
    progress.done()
    await write(world.stdout, publishText(report, settings.format))
    return 0
  } finally {
    progress.done()
  }
}

function noOperands(operands: readonly string[], name: string): void {
  if (operands.length === 0) return
  throw new Failure('usage', `advisories ${name} takes no operand`, { kind: 'usage', input: operands[0] })
}

/** Opens the database, prints what `text` makes of it; `undefined` means that the answer is no. */
async function withDatabase(
  settings: Settings,
  world: World,
  text: (database: AdvisoryDatabase) => string | undefined,
  otherwise = 'nothing found',
): Promise<number> {
  const path =
    settings.file === undefined ? databasePath(cacheDirOf(settings, world)) : resolve(world.cwd, settings.file)
  const database = openAdvisories(path)
  try {
    const answer = text(database)
    if (answer === undefined) {
      if (!settings.quiet) await write(world.stderr, `${otherwise}\n`)
      return 1
    }
    await write(world.stdout, answer)
    return 0
  } finally {
    database.close()
  }
}
