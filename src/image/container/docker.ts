import { join } from 'node:path'
import * as z from 'zod/mini'
import { Failure } from '../../lib/failure.ts'
import type { Digest } from '../../model/digest.ts'
import { dockerRoots } from '../docker/data-root.ts'
import { chainIds } from '../engine-storage/chain-ids.ts'
import { storedNames } from '../engine-storage/stored-document.ts'
import type { ContainerTarget, OpenContext } from '../types.ts'
import { imageOf, type UnpackedLayer } from './layers.ts'
import { noticeOf } from './mounts.ts'
import { type Answer, choose, readDocument, readText } from './search.ts'

const MAX_CONTAINERS = 10_000
const ID = /^[0-9a-f]{64}$/
/** Docker names a container's own folders after random IDs, that of what it adds itself (`/etc/hosts`) with `-init` behind. */
const FOLDER = /^[0-9a-z]{20,64}(-init)?$/

/** `config.v2.json` of a container (moby, container/container.go), as far as it is used. */
const containerSchema = z.object({
  ID: z.string(),
  Name: z.optional(z.string()),
  Image: z.string(),
  Driver: z.optional(z.string()),
  Config: z.nullish(z.object({ Image: z.optional(z.string()) })),
  MountPoints: z.nullish(z.record(z.string(), z.unknown())),
})
const configSchema = z.object({ rootfs: z.object({ diff_ids: z.array(z.string()) }) })

interface Listed {
  readonly root: string
  readonly id: string
  readonly names: readonly string[]
  readonly container: z.infer<typeof containerSchema>
}

/** A container of Docker, read from its storage. @throws Failure naming a file of it. */
export async function findDockerContainer(
  name: string,
  reference: string,
  context: OpenContext,
): Promise<Answer<ContainerTarget>> {
  const listed: Listed[] = []
  let serious: Failure | undefined
  for (const root of dockerRoots(context)) {
    try {
      const ids = storedNames(join(root, 'containers')).filter((id) => ID.test(id))
      listed.push(...ids.slice(0, MAX_CONTAINERS).flatMap((id) => listOne(root, id)))
    } catch (error) {
      if (!(error instanceof Failure)) throw error
      serious ??= error
    }
  }
  const found = choose(name, listed, 'docker')
  if (found === undefined) return { absent: 'docker: no such container', ...(serious && { serious }) }
  return { found: openListed(found, reference) }
}

/** One that is being removed right now, or is damaged, does not keep others from being found. */
function listOne(root: string, id: string): readonly Listed[] {
  let document: unknown
  try {
    document = readDocument(join(root, 'containers', id, 'config.v2.json'))
  } catch {
    return []
  }
  const parsed = containerSchema.safeParse(document)
  if (!parsed.success || parsed.data.ID !== id) return []
  return [{ root, id, names: [parsed.data.Name?.replace(/^\//, '') ?? id], container: parsed.data }]
}

function openListed({ root, id, names, container }: Listed, reference: string): ContainerTarget {
  const driver = container.Driver ?? 'overlay2'
  if (driver !== 'overlay2' && driver !== 'fuse-overlayfs')
    throw new Failure(
      'container-storage-unknown',
      `Docker keeps it with the storage driver ${driver.slice(0, 50)}, which cannot be read here`,
      {
        input: reference,
        hints: ['docker export NAME | tar -x -C FOLDER, then: bulwark scan dir:FOLDER'],
      },
    )
  const image = container.Image.replace(/^sha256:/, '')
  const config = ID.test(image) ? readText(join(root, 'image', driver, 'imagedb/content/sha256', image)) : undefined
  if (config === undefined)
    throw new Failure('container-image-unknown', 'its image is not in the storage any more', { input: reference })
  const layers = layersOf(root, driver, config)
  const mount = (file: string): string | undefined => {
    const text = readText(join(root, 'image', driver, 'layerdb/mounts', id, file))?.trim()
    return text !== undefined && FOLDER.test(text) ? join(root, driver, text, 'diff') : undefined
  }
  const upper = mount('mount-id')
  const init = mount('init-id')
  if (upper === undefined)
    throw new Failure('container-storage-damaged', 'nothing says where its own files are', { input: reference })
  return {
    reference,
    engine: 'docker',
    id,
    name: names[0],
    image: imageOf(reference, container.Config?.Image ?? container.Image, config, layers),
    upper,
    lowers: [...(init === undefined ? [] : [init]), ...layers.map(({ folder }) => folder).reverse()],
    diagnostics: noticeOf(Object.keys(container.MountPoints ?? {})),
  }
}

/** Where each layer lies: by its chain ID (moby, layer/filestore.go). @throws Failure `container-storage-damaged`. */
function layersOf(root: string, driver: string, config: string): readonly UnpackedLayer[] {
  const parsed = configSchema.safeParse(JSON.parse(config))
  const diffIds = (parsed.success ? parsed.data.rootfs.diff_ids : []) as Digest[]
  return chainIds(diffIds).map((chain, i) => {
    const folder = join(root, 'image', driver, 'layerdb', chain.replace(':', '/'))
    const cache = readText(join(folder, 'cache-id'))?.trim()
    if (cache === undefined || !FOLDER.test(cache))
      throw new Failure('container-storage-damaged', 'nothing says where this layer is', { input: folder })
    return { diffId: diffIds[i], folder: join(root, driver, cache, 'diff'), split: join(folder, 'tar-split.json.gz') }
  })
}
