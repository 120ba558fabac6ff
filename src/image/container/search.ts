import { closeSync, openSync } from 'node:fs'
import { Failure } from '../../lib/failure.ts'
import { isDenied } from '../../lib/system-error.ts'
import { denied, parseStored, readStored } from '../engine-storage/stored-document.ts'

/** A container as its engine's storage lists it. */
export interface Candidate {
  readonly id: string
  readonly names: readonly string[]
}

/** What an engine's storage says to a name. */
export type Answer<Found> = { readonly found: Found } | { readonly absent: string; readonly serious?: Failure }

const MAX_DOCUMENT_BYTES = 64 * 1024 * 1024

/**
 * The container that `name` means: its name, its ID, or the beginning of an ID that no other has.
 * @throws Failure `container-ambiguous`, kind usage.
 */
export function choose<One extends Candidate>(
  name: string,
  candidates: readonly One[],
  engine: string,
): One | undefined {
  const named = candidates.filter((one) => one.names.includes(name) || one.id === name)
  const found =
    named.length > 0 ? named : /^[0-9a-f]{2,64}$/.test(name) ? candidates.filter(({ id }) => id.startsWith(name)) : []
  if (found.length <= 1) return found[0]
  throw new Failure('container-ambiguous', `${found.length} containers of ${engine} are called so`, {
    kind: 'usage',
    input: name,
    hints: found.slice(0, 5).map(({ id }) => `container:${id.slice(0, 32)}`),
  })
}

/** A JSON document of an engine's storage; undefined where it is not there. @throws Failure `storage-denied`, `storage-damaged`. */
export function readDocument(path: string): unknown {
  const bytes = readStored(path, MAX_DOCUMENT_BYTES)
  return bytes === undefined ? undefined : parseStored(path, bytes)
}

/** A small file as text; undefined where it is not there. @throws Failure `storage-denied`, `storage-damaged`. */
export function readText(path: string): string | undefined {
  const bytes = readStored(path, MAX_DOCUMENT_BYTES)
  return bytes === undefined ? undefined : new TextDecoder().decode(bytes)
}

/** @throws Failure `container-vanished`, or that the folder may not be read. */
export function requireFolder(path: string, reference: string): void {
  try {
    closeSync(openSync(path, 'r'))
  } catch (error) {
    if (isDenied(error)) throw denied(path, error)
    throw vanished(reference, error)
  }
}

/** The container is not there any more. */
function vanished(reference: string, cause?: unknown): Failure {
  return new Failure('container-vanished', 'the container was removed while it was looked at', {
    input: reference,
    hints: ['scan its image instead, or start it again'],
    cause,
  })
}
