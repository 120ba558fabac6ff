import type { ImageDoor } from '../types.ts'

/** Every place where an image is found by its name, in the order in which they are asked: this machine first, the network last. */
export const DOORS: readonly ImageDoor[] = [
  doorLoadedLater(
    { id: 'docker', prefix: 'docker:', summary: 'an image that Docker keeps: from its storage, else through its API' },
    async () => (await import('../docker/door.ts')).dockerDoor,
  ),
  doorLoadedLater(
    { id: 'podman', prefix: 'podman:', summary: 'an image that podman keeps: from its storage, else through its API' },
    async () => (await import('../containers-storage/door.ts')).podmanDoor,
  ),
  doorLoadedLater(
    {
      id: 'containerd',
      prefix: 'containerd:',
      summary:
        'an image that containerd keeps: Kubernetes nodes, nerdctl, ctr; all namespaces, or $CONTAINERD_NAMESPACE',
    },
    async () => (await import('../containerd/door.ts')).containerdDoor,
  ),
  doorLoadedLater(
    { id: 'cri-o', prefix: 'cri-o:', summary: 'an image that CRI-O keeps, from its storage' },
    async () => (await import('../containers-storage/door.ts')).crioDoor,
  ),
  doorLoadedLater(
    {
      id: 'registry',
      prefix: 'registry:',
      summary: "an image in a registry, named as to docker pull; with this machine's credentials and mirrors",
    },
    async () => (await import('../registry/door.ts')).registryDoor,
  ),
]

/** A door whose code is loaded when it is first used: most runs need one of them, and many none. */
export function doorLoadedLater(
  of: Pick<ImageDoor, 'id' | 'prefix' | 'summary'>,
  load: () => Promise<Pick<ImageDoor, 'open' | 'platforms' | 'list'>>,
): ImageDoor {
  return {
    ...of,
    open: async (name, reference, context) => (await load()).open(name, reference, context),
    platforms: async (name, context) => (await load()).platforms?.(name, context),
    list: async (context) => (await load()).list?.(context),
  }
}
