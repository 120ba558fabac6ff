import { Failure } from '../../lib/failure.ts'
import type { DoorAnswer, ImageName, OpenContext } from '../types.ts'
import { dockerEndpoints } from './endpoints.ts'
import { listThroughApi, openThroughApi, referencesOf } from './images.ts'

/**
 * The image of that name as Docker's API gives it (https://docs.docker.com/reference/api/engine/).
 * @throws Failure when the engine has the image and it cannot be had, `engine-address-invalid`, `docker-context-invalid`.
 */
export async function openThroughDockerApi(
  name: ImageName,
  reference: string,
  context: OpenContext,
): Promise<DoorAnswer> {
  try {
    return await openThroughApi(dockerEndpoints(context), referencesOf(name), reference, context)
  } catch (error) {
    // An address that is none keeps nobody from finding the image elsewhere.
    if (error instanceof Failure && error.kind === 'usage') return { absent: error.message, serious: error }
    throw error
  }
}

/** Names of all images that Docker's API lists; undefined when it does not answer. @throws Failure as {@link openThroughDockerApi}. */
export async function listDockerImages(context: OpenContext): Promise<readonly string[] | undefined> {
  return listThroughApi(dockerEndpoints(context), context)
}
