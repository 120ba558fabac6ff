import { Failure } from '../../lib/failure.ts'
import type { DoorAnswer, ImageName, OpenContext } from '../types.ts'
import { podmanEndpoints } from './endpoints.ts'
import { listThroughApi, openThroughApi, referencesOf } from './images.ts'

/**
 * The image of that name as podman's API gives it, by the part that it has in common with Docker's
 * (https://docs.podman.io/en/latest/_static/api.html, "compat").
 * @throws Failure when the engine has the image and it cannot be had.
 */
export async function openThroughPodmanApi(
  name: ImageName,
  reference: string,
  context: OpenContext,
): Promise<DoorAnswer> {
  try {
    return await openThroughApi(podmanEndpoints(context), podmanReferences(name), reference, context)
  } catch (error) {
    if (error instanceof Failure && error.kind === 'usage') return { absent: error.message, serious: error }
    throw error
  }
}

/** Names of all images that podman's API lists; undefined when it does not answer. */
export async function listPodmanImages(context: OpenContext): Promise<readonly string[] | undefined> {
  return listThroughApi(podmanEndpoints(context), context)
}

/** What is built here and has no registry in its name is below `localhost`, and podman looks there first. */
function podmanReferences(name: ImageName): readonly string[] {
  const isShort = !name.text.startsWith(`${name.domain}/`) && !name.text.startsWith('index.docker.io/')
  if (!isShort || /^(?:sha256:)?[0-9a-f]{64}$/.test(name.text)) return referencesOf(name)
  const path =
    name.path.startsWith('library/') && !name.text.startsWith('library/')
      ? name.path.slice('library/'.length)
      : name.path
  return [...referencesOf({ ...name, domain: 'localhost', path }), ...referencesOf(name)]
}
