import path from 'node:path'
import process from 'node:process'
import * as z from 'zod/mini'
import { Failure } from '../../lib/failure.ts'
import type { Digest } from '../../model/digest.ts'
import { dockerEndpoints } from '../engine-api/endpoints.ts'
import {
  damaged,
  isStored,
  MOST_LIST_BYTES,
  parseStored,
  readStored,
  storedNames,
} from '../engine-storage/stored-document.ts'
import type { OpenContext } from '../types.ts'

const USUAL_ROOT = '/var/lib/docker'
const USUAL_SOCKETS = ['/var/run/docker.sock', '/run/docker.sock']
const MAX_CONFIG_BYTES = 1024 ** 2
/** Small files of a layer: an ID or a digest. */
const MAX_LINE_BYTES = 4096

/** Storage drivers, and where each unpacks a layer. */
const DRIVERS: ReadonlyMap<string, (id: string) => string> = new Map([
  ['overlay2', (id) => `overlay2/${id}/diff`],
  ['fuse-overlayfs', (id) => `fuse-overlayfs/${id}/diff`],
  ['vfs', (id) => `vfs/dir/${id}`],
  ['btrfs', (id) => `btrfs/subvolumes/${id}`],
  ['aufs', (id) => `aufs/diff/${id}`],
])

type Context = Pick<OpenContext, 'engines' | 'environment' | 'explain'>

const daemonSchema = z.object({ 'data-root': z.optional(z.string()), graph: z.optional(z.string()) })
const repositoriesSchema = z.object({ Repositories: z.record(z.string(), z.record(z.string(), z.string())) })

/**
 * Where Docker keeps its data: `engines.dockerRoot`, else as daemon.json says (dockerd(8), `data-root`), else where it always is, and the
 * user's own where Docker runs rootless. None when the user named another engine than this machine's (`DOCKER_HOST`, a context).
 */
export function dockerRoots(context: Context): readonly string[] {
  const { engines, environment, explain } = context
  if (engines.dockerRoot !== undefined) return [engines.dockerRoot]
  const elsewhere = namedElsewhere(context)
  if (elsewhere !== undefined) {
    explain(`docker: its storage here is not looked at: ${elsewhere} names another`)
    return []
  }
  const config = environment.XDG_CONFIG_HOME || (environment.HOME && path.join(environment.HOME, '.config'))
  const data = environment.XDG_DATA_HOME || (environment.HOME && path.join(environment.HOME, '.local/share'))
  const system = rootOfConfig('/etc/docker/daemon.json', explain) ?? USUAL_ROOT
  if (process.geteuid?.() === 0 || !data) return [system]
  const own = (config && rootOfConfig(path.join(config, 'docker/daemon.json'), explain)) || path.join(data, 'docker')
  return [own, system]
}

/** Who names an engine that is not the usual one of this machine. */
function namedElsewhere(context: Context): string | undefined {
  try {
    const chosen = dockerEndpoints(context).find((endpoint) => endpoint.chosen)
    if (chosen === undefined) return undefined
    const { address } = chosen
    return address.at === 'unix' && USUAL_SOCKETS.includes(address.path) ? undefined : chosen.from
  } catch (error) {
    // Whoever asks the API says what is wrong with it.
    return error instanceof Failure ? (error.input ?? 'an address') : 'an address'
  }
}

function rootOfConfig(file: string, explain: Context['explain']): string | undefined {
  try {
    const bytes = readStored(file, MAX_CONFIG_BYTES)
    if (bytes === undefined) return undefined
    const { 'data-root': root, graph } = daemonSchema.parse(JSON.parse(new TextDecoder().decode(bytes)))
    return root || graph
  } catch (error) {
    explain(`docker: ${file} was passed over: ${(error as Error).message.split('\n')[0]}`)
    return undefined
  }
}

/** What Docker keeps of one layer. */
export interface KeptLayer {
  readonly diffId: string
  readonly split: string
  readonly folder: string
}

/** The images that Docker keeps with one storage driver (moby, image/store.go, reference/store.go, layer/filestore.go). */
export class ImageStore {
  readonly root: string
  readonly driver: string
  #names: ReadonlyMap<string, ReadonlyMap<string, Digest>> | undefined

  constructor(root: string, driver: string) {
    this.root = root
    this.driver = driver
  }

  /** By repository, as Docker shows it, its references (`alpine:3.20`, `alpine@sha256:…`) and the IDs of their images. */
  names(): ReadonlyMap<string, ReadonlyMap<string, Digest>> {
    this.#names ??= this.#readNames()
    return this.#names
  }

  /** IDs of all images, in order. */
  ids(): readonly Digest[] {
    const names = storedNames(this.#path('imagedb/content/sha256'))
    return names.filter((name) => /^[0-9a-f]{64}$/.test(name)).map((name): Digest => `sha256:${name}`)
  }

  /** The image that another was built on, where Docker's own builder made it here. @throws Failure `storage-denied`. */
  parentOf(id: Digest): string | undefined {
    return this.#line(this.#path('imagedb/metadata/sha256', hexOf(id), 'parent'))
  }

  /** The config of an image; undefined when it is not there. @throws Failure `storage-denied`, `storage-damaged`. */
  config(id: Digest, maxBytes: number): Uint8Array | undefined {
    return readStored(this.#path('imagedb/content/sha256', hexOf(id)), maxBytes)
  }

  /** What is kept of the layer of that chain ID; undefined when there is none. @throws Failure `storage-denied`, `storage-damaged`. */
  layer(chainId: Digest): KeptLayer | undefined {
    const folder = this.#path('layerdb/sha256', hexOf(chainId))
    const diffId = this.#line(path.join(folder, 'diff'))
    const cacheId = this.#line(path.join(folder, 'cache-id'))
    if (diffId === undefined || cacheId === undefined) return undefined
    if (!/^[0-9a-zA-Z_.-]{1,128}$/.test(cacheId) || cacheId.startsWith('.'))
      throw damaged(path.join(folder, 'cache-id'), 'holds no ID')
    const unpacked = DRIVERS.get(this.driver)?.(cacheId) ?? ''
    return { diffId, split: path.join(folder, 'tar-split.json.gz'), folder: path.join(this.root, unpacked) }
  }

  #readNames(): ReadonlyMap<string, ReadonlyMap<string, Digest>> {
    const file = this.#path('repositories.json')
    const bytes = readStored(file, MOST_LIST_BYTES)
    if (bytes === undefined) return new Map()
    const parsed = repositoriesSchema.safeParse(parseStored(file, bytes))
    if (!parsed.success) throw damaged(file, 'is no list of repositories')
    return new Map(
      Object.entries(parsed.data.Repositories).map(([repository, references]) => [
        repository,
        new Map(Object.entries(references).filter(isImageId)),
      ]),
    )
  }

  #line(file: string): string | undefined {
    const bytes = readStored(file, MAX_LINE_BYTES)
    return bytes === undefined ? undefined : new TextDecoder().decode(bytes).trim()
  }

  #path(...parts: readonly string[]): string {
    return path.join(this.root, 'image', this.driver, ...parts)
  }
}

function isImageId(entry: [string, string]): entry is [string, Digest] {
  return /^sha256:[0-9a-f]{64}$/.test(entry[1])
}

function hexOf(digest: Digest): string {
  return digest.slice(digest.indexOf(':') + 1)
}

/**
 * The image stores below a data root, one for each storage driver that has been in use; those of user namespaces, too (`--userns-remap`).
 * @throws Failure `storage-denied`.
 */
export function imageStores(dataRoot: string): readonly ImageStore[] {
  if (!isStored(dataRoot)) return []
  const remapped = storedNamesIfListable(dataRoot).filter((name) => /^\d+\.\d+$/.test(name))
  return [dataRoot, ...remapped.map((name) => path.join(dataRoot, name))].flatMap((root) =>
    [...DRIVERS.keys()]
      .filter((driver) => isStored(path.join(root, 'image', driver, 'repositories.json')))
      .map((driver) => new ImageStore(root, driver)),
  )
}

/** Docker's folder can be entered by others, and not listed. */
function storedNamesIfListable(folder: string): readonly string[] {
  try {
    return storedNames(folder)
  } catch {
    return []
  }
}
