import path from 'node:path'
import process from 'node:process'
import { Failure } from '../../lib/failure.ts'
import { readStored, storedNames } from '../engine-storage/stored-document.ts'
import type { OpenContext } from '../types.ts'

/** Where a containers/storage may lie. */
export interface StoragePlaces {
  /** Graph roots, the one that is meant first. */
  readonly roots: readonly string[]
  /** Read-only graph roots whose images are found, too, and whose layers others build on (`additionalimagestores`). */
  readonly additional: readonly string[]
  /** The storage driver that is configured. */
  readonly driver?: string
}

type Context = Pick<OpenContext, 'engines' | 'environment' | 'explain'>
type Table = Readonly<Record<string, unknown>>

const SYSTEM_ROOT = '/var/lib/containers/storage'
const SYSTEM_CONFIGS = ['/etc/containers/storage.conf', '/usr/share/containers/storage.conf']
const CRIO_CONFIG = '/etc/crio/crio.conf'
const CRIO_SIGNS = ['/etc/crio', '/var/lib/crio', '/run/crio']
const MAX_CONFIG_BYTES = 1024 ** 2

/**
 * Where podman keeps images: `engines.podmanRoot`, else as storage.conf says
 * (containers-storage.conf(5): `CONTAINERS_STORAGE_CONF`, the user's, `/etc/containers`, `/usr/share/containers`), else where it always is.
 * A user's own storage comes before the system's.
 */
export async function podmanPlaces(context: Context): Promise<StoragePlaces> {
  const { engines, environment } = context
  const own = process.geteuid?.() !== 0
  const config = await storageConfig(context, own)
  const storage = tableOf(config.storage)
  const driver = environment.STORAGE_DRIVER || textOf(storage.driver)
  const shared = { additional: additionalStores(storage), ...(driver && { driver }) }
  if (engines.podmanRoot !== undefined) return { roots: [engines.podmanRoot], ...shared, additional: [] }
  const system = config.isOwn ? SYSTEM_ROOT : (textOf(storage.graphroot) ?? SYSTEM_ROOT)
  const roots = own ? [ownRoot(config, storage, environment), system] : [system]
  return { roots: [...new Set(roots.filter((root) => root !== undefined))], ...shared }
}

/** Where CRI-O keeps images (crio.conf(5), `root`), by default where podman does; undefined when there is no CRI-O here. */
export async function crioPlaces(context: Context): Promise<StoragePlaces | undefined> {
  const { engines } = context
  if (engines.crioRoot !== undefined) return { roots: [engines.crioRoot], additional: [] }
  if (!CRIO_SIGNS.some((folder) => attempt(() => storedNames(folder).length > 0) === true)) return undefined
  const storage = tableOf((await storageConfig(context, false)).storage)
  let root = textOf(storage.graphroot) ?? SYSTEM_ROOT
  let driver = textOf(storage.driver)
  const dropIns = attempt(() => storedNames(`${CRIO_CONFIG}.d`)) ?? []
  for (const file of [CRIO_CONFIG, ...dropIns.map((name) => path.join(`${CRIO_CONFIG}.d`, name))]) {
    const crio = tableOf((await tomlOf(file, context))?.crio)
    root = textOf(crio.root) || root
    driver = textOf(crio.storage_driver) || driver
  }
  return { roots: [root], additional: additionalStores(storage), ...(driver && { driver }) }
}

function ownRoot(
  { isOwn }: { readonly isOwn: boolean },
  storage: Table,
  environment: Context['environment'],
): string | undefined {
  const { HOME: home } = environment
  const data = environment.XDG_DATA_HOME || (home && path.join(home, '.local/share'))
  const configured = isOwn
    ? (textOf(storage.graphroot) ?? textOf(storage.rootless_storage_path))
    : textOf(storage.rootless_storage_path)
  return configured === undefined ? data && path.join(data, 'containers/storage') : expand(configured, environment)
}

/** `$HOME`, `$USER` and `$UID` stand for themselves in a path (containers-storage.conf(5), `rootless_storage_path`). */
function expand(text: string, environment: Context['environment']): string {
  const uid = String(process.geteuid?.() ?? 0)
  return text.replace(/\$\{?(HOME|USER|UID)\}?/g, (_, name: string) => (name === 'UID' ? uid : environment[name]) ?? '')
}

function additionalStores(storage: Table): readonly string[] {
  const options = tableOf(storage.options)
  const listed: unknown = options.additionalimagestores
  const stores = Array.isArray(listed) ? listed : []
  return [storage.imagestore, options.imagestore, ...stores].filter(
    (store) => typeof store === 'string' && path.isAbsolute(store),
  )
}

/** The configuration that counts, and whether it is the user's own. */
async function storageConfig(
  context: Context,
  own: boolean,
): Promise<{ readonly storage: unknown; readonly isOwn: boolean }> {
  const { environment } = context
  const named = environment.CONTAINERS_STORAGE_CONF
  const folder = environment.XDG_CONFIG_HOME || (environment.HOME && path.join(environment.HOME, '.config'))
  const users = own && folder ? path.join(folder, 'containers/storage.conf') : undefined
  const files = named ? [named] : [...(users ? [users] : []), ...SYSTEM_CONFIGS]
  for (const file of files) {
    const toml = await tomlOf(file, context)
    if (toml !== undefined) return { storage: toml.storage, isOwn: own && (file === users || file === named) }
  }
  return { storage: undefined, isOwn: false }
}

/** A configuration in TOML; undefined when it is not there or not readable, which is said to who asks. */
async function tomlOf(file: string, { explain }: Context): Promise<Table | undefined> {
  try {
    const bytes = readStored(file, MAX_CONFIG_BYTES)
    if (bytes === undefined) return undefined
    const { parse } = await import('smol-toml')
    return parse(new TextDecoder().decode(bytes))
  } catch (error) {
    const why = (error instanceof Failure ? error.message : (error as Error).message).split('\n')[0]
    explain(`${file} was passed over: ${why}`)
    return undefined
  }
}

function attempt<Result>(action: () => Result): Result | undefined {
  try {
    return action()
  } catch {
    return undefined
  }
}

function tableOf(value: unknown): Table {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Table) : {}
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}
