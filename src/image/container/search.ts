import { closeSync, existsSync, openSync, readFileSync, statSync } from 'node:fs'
import { Failure } from '../../lib/failure.ts'

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

/** A JSON document of an engine's storage; undefined where it is not there. @throws Failure `container-storage-denied`, `container-storage-damaged`. */
export function readDocument(path: string): unknown {
  const text = readText(path)
  if (text === undefined) return undefined
  try {
    return JSON.parse(text)
  } catch {
    throw new Failure('container-storage-damaged', 'it is no JSON', {
      input: path,
      hints: ['try again: the engine may be writing it right now'],
    })
  }
}

/** A small file; undefined where it is not there. @throws Failure as {@link readDocument}. */
export function readText(path: string): string | undefined {
  try {
    if (statSync(path).size > MAX_DOCUMENT_BYTES)
      throw new Failure('container-storage-damaged', `it has more than ${MAX_DOCUMENT_BYTES} bytes`, { input: path })
    return readFileSync(path, 'utf8')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined
    if (code === 'EACCES' || code === 'EPERM') throw denied(path, error)
    throw error
  }
}

/** The right that is missing, said. */
export function denied(path: string, cause?: unknown): Failure {
  return new Failure(
    'container-storage-denied',
    `permission denied: containers' files belong to the user whose engine it is, mostly root`,
    {
      input: path,
      hints: ['run as root: sudo bulwark scan container:NAME; for a rootless engine, run as its user'],
      cause,
    },
  )
}

/** @throws Failure `container-vanished`, or that the folder may not be read. */
export function requireFolder(path: string, reference: string): void {
  try {
    closeSync(openSync(path, 'r'))
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'EACCES' || code === 'EPERM') throw denied(path, error)
    throw vanished(reference, error)
  }
}

/** The container is not there any more. */
export function vanished(reference: string, cause?: unknown): Failure {
  return new Failure('container-vanished', 'the container was removed while it was looked at', {
    input: reference,
    hints: ['scan its image instead, or start it again'],
    cause,
  })
}

/** Whether a folder is there, or may not be looked at, which is said later. */
export function mayBeThere(path: string): boolean {
  try {
    return existsSync(path) || statSync(path, { throwIfNoEntry: false }) !== undefined
  } catch {
    return true
  }
}
