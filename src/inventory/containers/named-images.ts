import type { LazyReader } from '../../reading/index.ts'
import type { LazyCataloger } from '../types.ts'
import type { BaseImage } from './dockerfile.ts'
import { CONTAINER_IMAGES } from './image-package.ts'

const MAX_YAML_BYTES = 16 * 1024 ** 2
const YAML = ['.yml', '.yaml']

const composeReader: LazyReader<BaseImage> = {
  id: 'compose-images',
  version: 1,
  wants: {
    any: ['docker-compose', 'compose', 'podman-compose'].flatMap((prefix) =>
      YAML.map((suffix) => ({ prefix, suffix })),
    ),
    maxBytes: MAX_YAML_BYTES,
    loss: 'partial',
  },
  load: async () => (await import('./image-files.ts')).readCompose,
}

/** Manifests have any name: what else is YAML is passed over by its bytes. */
const kubernetesReader: LazyReader<BaseImage> = {
  id: 'kubernetes-images',
  version: 1,
  wants: { any: YAML.map((suffix) => ({ suffix })), maxBytes: MAX_YAML_BYTES, loss: 'partial' },
  load: async () => (await import('./image-files.ts')).readKubernetes,
}

/** Images that Compose and Kubernetes files run. */
export const namedImages: LazyCataloger<BaseImage> = {
  id: 'named-images',
  summary: 'images by name: Compose files, Kubernetes manifests',
  kind: 'library',
  ecosystems: [CONTAINER_IMAGES],
  yields: 'declared',
  fills: ['lines', 'direct'],
  readers: [composeReader, kubernetesReader],
  load: async () => (await import('./image-files.ts')).assembleNamedImages,
}
