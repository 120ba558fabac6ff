import { Buffer } from 'node:buffer'
import * as z from 'zod/mini'
import { readBolt } from '../../lib/bolt/database.ts'
import { Failure } from '../../lib/failure.ts'
import type { RandomFile, RandomReader, ReadResult } from '../../reading/index.ts'
import { RecordProblems } from '../record-problems.ts'
import { quoted, refuseIdentity } from '../recorded-text.ts'
import { isSqlite, sqliteRows } from '../sqlite-table.ts'

/** A container, as the engine's database has it. */
export interface PodmanContainer {
  /** The image's name as it was given to `podman run`. */
  readonly image: string
  /** The whole name, where it is another: `docker.io/library/redis:latest`. */
  readonly reference?: string
  /** The digest of the image's config, 64 hexadecimal digits. */
  readonly imageId: string
  readonly isRunning: boolean
}

const MAX_DATABASE_BYTES = 1024 ** 3
const MAX_CONFIG_BYTES = 16 * 1024 ** 2
const MAX_CONTAINERS = 100_000
/** libpod/define/containerstate.go: running, paused, stopping. */
const RUNNING_STATES: ReadonlySet<unknown> = new Set([3, 5, 8])

const Config = z.object({
  RawImageName: z._default(z.string(), ''),
  rootfsImageName: z._default(z.string(), ''),
  rootfsImageID: z._default(z.string(), ''),
})
const State = z.object({ state: z.number() })

/** What is recorded of one container: its configuration as JSON, and its state. */
interface Recorded {
  readonly id: string
  readonly config: string
  readonly state: unknown
}

/** Reads podman's databases: `bolt_state.db` (bolt, libpod/boltdb_state.go) and `db.sql` (SQLite, libpod/sqlite_state.go). */
export const podmanDatabaseReader: RandomReader<PodmanContainer> = {
  id: 'podman-database',
  version: 1,
  wants: {
    any: [{ name: 'bolt_state.db' }, { name: 'db.sql', inside: 'containers/storage' }],
    maxBytes: MAX_DATABASE_BYTES,
    loss: 'partial',
  },
  readRandom,
}

function readRandom(file: RandomFile): ReadResult<PodmanContainer> {
  const problems = new RecordProblems('podman-database-damaged', file.path)
  const facts: PodmanContainer[] = []
  for (const recorded of containersOf(file, problems)) {
    const fact = factOf(recorded)
    if (typeof fact === 'string') problems.add(fact)
    else if (fact !== undefined) facts.push(fact)
  }
  return { facts, diagnostics: problems.diagnostics() }
}

function containersOf(file: RandomFile, problems: RecordProblems): readonly Recorded[] {
  if (isSqlite(file.at(0, 100))) return fromSqlite(file, problems)
  try {
    return fromBolt(file, problems)
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    problems.add(error.message)
    return []
  }
}

/** The bucket `ctr` has one for each container, with its configuration and state. */
function fromBolt(file: RandomFile, problems: RecordProblems): readonly Recorded[] {
  return readBolt(file, file.path, (root) => {
    const found: Recorded[] = []
    for (const { key: id, bucket } of root.bucket('ctr')?.entries() ?? []) {
      if (bucket === undefined) continue
      if (found.length >= MAX_CONTAINERS) return tooMany(found, problems)
      found.push({ id, config: bucket.text('config') ?? '', state: stateIn(bucket.text('state')) })
    }
    return found
  })
}

/** The tables `ContainerConfig` (ID, Name, PodID, JSON) and `ContainerState` (ID, State, ExitCode, JSON), whose JSON is what podman goes by. */
function fromSqlite(file: RandomFile, problems: RecordProblems): readonly Recorded[] {
  const states = new Map<unknown, unknown>()
  for (const row of sqliteRows(file, 'ContainerState', MAX_CONFIG_BYTES)) {
    if ('problem' in row) problems.add(`the list of states is damaged: ${row.problem}`)
    else if (states.size < MAX_CONTAINERS) states.set(row.columns[0], stateIn(row.columns[3]))
  }
  const found: Recorded[] = []
  for (const row of sqliteRows(file, 'ContainerConfig', MAX_CONFIG_BYTES)) {
    if ('problem' in row) {
      problems.add(`the list of containers is damaged: ${row.problem}`)
      continue
    }
    if (found.length >= MAX_CONTAINERS) return tooMany(found, problems)
    const [id, , , config] = row.columns
    found.push({ id: String(id), config: typeof config === 'string' ? config : '', state: states.get(id) })
  }
  return found
}

function tooMany(found: readonly Recorded[], problems: RecordProblems): readonly Recorded[] {
  problems.add(`it holds more than ${MAX_CONTAINERS} containers`)
  return found
}

/** A container that has a folder for its root has no image. */
function factOf({ id, config, state }: Recorded): PodmanContainer | string | undefined {
  const parsed = parsedAs(Config, config)
  if (parsed === undefined) return `the configuration of container ${quoted(id)} is not what it should be`
  const { RawImageName, rootfsImageName, rootfsImageID: imageId } = parsed
  const image = RawImageName || rootfsImageName || imageId
  if (image === '') return undefined
  const refused =
    refuseIdentity(image, imageId) ?? (/^[0-9a-f]{64}$/.test(imageId) ? undefined : 'has no valid image ID')
  if (refused !== undefined) return `the image of container ${quoted(id)} ${refused}`
  const reference = rootfsImageName === '' || rootfsImageName === image ? {} : { reference: rootfsImageName }
  return { image, ...reference, imageId, isRunning: RUNNING_STATES.has(state) }
}

function stateIn(text: unknown): unknown {
  return typeof text === 'string' ? parsedAs(State, text)?.state : undefined
}

function parsedAs<Schema extends z.ZodMiniType>(schema: Schema, text: string): z.infer<Schema> | undefined {
  if (Buffer.byteLength(text) > MAX_CONFIG_BYTES) return undefined
  try {
    const parsed = schema.safeParse(JSON.parse(text))
    return parsed.success ? parsed.data : undefined
  } catch {
    return undefined
  }
}
