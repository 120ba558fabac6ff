import { asFailure, Failure } from '../../lib/failure.ts'
import { CONTAINER_PREFIX } from '../container/prefix.ts'
import { parseImageName } from '../name/image-name.ts'
import type { ImageDoor, ImageName, OpenContext, Target } from '../types.ts'
import { DOORS } from './doors.ts'
import { OPENERS, openLocal } from './openers.ts'
import { splitLocalReference } from './reference.ts'
import { pathExists } from './sniff.ts'

/**
 * Opens what the user named. In this order: a kind that a prefix forces (`dir:PATH`, `container:NAME`, `registry:NAME`), a file or folder that is there,
 * an image's name, for which the doors are asked in turn until one has it for the wanted platform.
 * @throws Failure naming the reference, with hints.
 */
export async function openTarget(reference: string, context: OpenContext): Promise<Target> {
  if (context.signal.aborted) throw asFailure(context.signal.reason, reference)
  if (reference === '') throw new Failure('no-such-target', 'no target is named', { kind: 'usage' })
  try {
    if (OPENERS.some(({ prefix }) => reference.startsWith(prefix))) return await openLocal(reference, context)
    if (reference.startsWith(CONTAINER_PREFIX)) {
      const { openContainer } = await import('../container/open-container.ts')
      return { kind: 'container', container: await openContainer(reference, context) }
    }
    const forced = DOORS.find(({ prefix }) => reference.startsWith(prefix))
    if (forced !== undefined)
      return await askDoors(parseImageName(reference.slice(forced.prefix.length)), reference, [forced], context)
    if (isPath(reference)) return await openLocal(reference, context)
    return await askDoors(nameOrPath(reference), reference, doorsOf(context), context)
  } catch (error) {
    throw context.signal.aborted ? asFailure(context.signal.reason, reference) : asFailure(error, reference)
  }
}

/** What is there is meant, and so is what can only be a path: `./x`, `/x`, `~/x`, a name that ends as archives do. */
function isPath(reference: string): boolean {
  if (pathExists(splitLocalReference(reference).path)) return true
  return /^(\.{0,2}\/|~|\.{1,2}$)/.test(reference) || /\.(tar|tgz|tar\.(gz|zst)|oci|json|lock)$/i.test(reference)
}

/** @throws Failure `no-such-target` that says both what is no name and what is not there. */
function nameOrPath(reference: string): ImageName {
  try {
    return parseImageName(reference)
  } catch (error) {
    const why = error instanceof Failure ? error.message : String(error)
    throw new Failure('no-such-target', `there is no such file or folder, and it is no image's name: ${why}`, {
      input: reference,
      hints: ['name a file or folder, or an image as you would to docker pull: alpine:3.20, ghcr.io/org/app@sha256:…'],
      cause: error,
    })
  }
}

/** @throws Failure of kind usage for a door that is not there. */
function doorsOf({ doors }: OpenContext): readonly ImageDoor[] {
  if (doors === undefined) return DOORS
  return doors.map((id) => {
    const door = DOORS.find((one) => one.id === id)
    if (door !== undefined) return door
    const known = DOORS.map((one) => one.id).join(', ')
    throw new Failure('unknown-source', `there is no image source ${id}`, { kind: 'usage', hints: [`known: ${known}`] })
  })
}

async function askDoors(
  name: ImageName,
  reference: string,
  doors: readonly ImageDoor[],
  context: OpenContext,
): Promise<Target> {
  const { explain } = context
  const answers: string[] = []
  let serious: Failure | undefined
  explain(`looking for ${name.text} in: ${doors.map(({ id }) => id).join(', ')}`)
  for (const door of doors) {
    const answer = await door.open(name, reference, context)
    if ('found' in answer) {
      explain(`${door.id}: has it`)
      return answer.found
    }
    explain(`${door.id}: ${answer.absent}`)
    answers.push(`${door.id}: ${answer.absent}`)
    serious = answer.serious ?? serious
  }
  if (serious !== undefined && doors.length === 1) throw serious
  throw new Failure('image-not-found', `no image of this name was found. ${answers.join('; ')}`, {
    input: reference,
    hints: serious?.hints ?? ['check the name and tag; --debug shows where it was looked for'],
    cause: serious,
  })
}
