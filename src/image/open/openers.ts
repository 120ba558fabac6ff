import { asFailure, Failure } from '../../lib/failure.ts'
import { blockKind } from '../tar/header.ts'
import type {
  Encoding,
  LocalContext,
  PassedEntries,
  ResolvedArchive,
  SniffedPath,
  Target,
  TargetOpener,
} from '../types.ts'
import type { ContentStore } from './content-store.ts'
import { resolveDockerSave } from './docker-save.ts'
import { FolderStore } from './folder-store.ts'
import { resolveOciLayout } from './oci-layout.ts'
import { PassedStore } from './passed-store.ts'
import { type Platform, parsePlatform } from './platform.ts'
import { type ImageChoice, splitLocalReference } from './reference.ts'
import { sniffPath } from './sniff.ts'
import { TarStore } from './tar-store.ts'

type Resolve = (store: ContentStore, choice: ImageChoice | undefined, platform: Platform | undefined) => ResolvedArchive

const dockerArchive: TargetOpener = {
  id: 'docker-archive',
  prefix: 'docker-archive:',
  summary: 'an archive written by docker save, plain or compressed',
  accepts: isArchive,
  open: (reference, path, context) => openArchive(reference, path, context, resolveDockerSave),
}

const ociArchive: TargetOpener = {
  id: 'oci-archive',
  prefix: 'oci-archive:',
  summary: 'an OCI layout as a tar archive, plain or compressed',
  accepts: isArchive,
  open: (reference, path, context) => openArchive(reference, path, context, resolveOciLayout),
}

const ociLayout: TargetOpener = {
  id: 'oci-layout',
  prefix: 'oci-layout:',
  summary: 'an OCI layout in a folder',
  accepts: (seen) =>
    seen.kind === 'directory' &&
    (seen.names.includes('oci-layout') || (seen.names.includes('index.json') && seen.names.includes('blobs'))),
  async open(reference, path, context) {
    requireKind(reference, path, 'directory')
    const { choice, platform } = wanted(reference, context)
    const { image } = resolveOciLayout(new FolderStore(reference, path, context.limits), choice, platform)
    return { kind: 'image', image }
  },
}

const directory: TargetOpener = {
  id: 'dir',
  prefix: 'dir:',
  summary: 'a directory or a mounted root file system',
  accepts: (seen) => seen.kind === 'directory',
  async open(reference, path) {
    requireKind(reference, path, 'directory')
    return { kind: 'tree', tree: { reference, root: path } }
  },
}

const singleFile: TargetOpener = {
  id: 'file',
  prefix: 'file:',
  summary: 'one package file: a lockfile, a package database',
  accepts: (seen) => seen.kind === 'file' && !isArchive(seen),
  async open(reference, path) {
    requireKind(reference, path, 'file')
    return { kind: 'file', file: { reference, path } }
  },
}

/** Every kind of target that lies on this machine, in the order in which they are tried. */
export const OPENERS: readonly TargetOpener[] = [ociLayout, dockerArchive, ociArchive, directory, singleFile]

/**
 * Opens what lies on this machine: `[KIND:]PATH`, for archives and layouts with `:TAG`, `@N` or `@sha256:…` behind the path. The kind
 * is recognised from the content unless a prefix forces it.
 * @throws Failure naming the reference, with hints.
 */
export async function openLocal(reference: string, context: LocalContext): Promise<Target> {
  if (context.signal.aborted) throw asFailure(context.signal.reason, reference)
  if (reference === '') throw new Failure('no-such-target', 'no target is named', { kind: 'usage' })
  try {
    const forced = OPENERS.find((opener) => reference.startsWith(opener.prefix))
    if (forced !== undefined) {
      const { path } = splitLocalReference(reference.slice(forced.prefix.length))
      return await forced.open(reference, path, context)
    }
    const { path } = splitLocalReference(reference)
    return await openRecognised(reference, path, context)
  } catch (error) {
    throw context.signal.aborted ? asFailure(context.signal.reason, reference) : asFailure(error, reference)
  }
}

/** Tries the kinds that accept what is there; an archive of one kind says so when it is not of the other. */
async function openRecognised(reference: string, path: string, context: LocalContext): Promise<Target> {
  const seen = sniffPath(path)
  if (seen.kind === 'file' && seen.head.length === 0) {
    throw new Failure(
      'empty-target',
      seen.encoding === 'plain' ? 'the file is empty' : `its ${seen.encoding} data is corrupt`,
      {
        input: reference,
      },
    )
  }
  if (isArchive(seen)) return openArchive(reference, path, context, resolveEither)
  const opener = OPENERS.find((candidate) => candidate.accepts(seen))
  if (opener === undefined)
    throw new Failure('target-not-recognised', 'is nothing that can be scanned', { input: reference })
  return opener.open(reference, path, context)
}

/** Docker's manifest says more (tags, one image), so it goes first; modern `docker save` writes both. */
const resolveEither: Resolve = (store, choice, platform) =>
  store.has('manifest.json') || !store.has('index.json')
    ? resolveDockerSave(store, choice, platform)
    : resolveOciLayout(store, choice, platform)

async function openArchive(reference: string, path: string, context: LocalContext, resolve: Resolve): Promise<Target> {
  const { encoding } = requireKind(reference, path, 'file')
  const { choice, platform } = wanted(reference, context)
  if (encoding !== 'plain')
    return {
      kind: 'sequential',
      archive: sequential(reference, path, encoding, (store) => resolve(store, choice, platform)),
    }
  const store = new TarStore(reference, path, context.limits, context.signal)
  try {
    return { kind: 'image', image: resolve(store, choice, platform).image }
  } catch (error) {
    throw error instanceof Failure && error.code === 'not-an-image-archive' ? describeOther(error, store.names) : error
  }
}

function sequential(
  reference: string,
  path: string,
  encoding: Exclude<Encoding, 'plain'>,
  resolve: (store: ContentStore) => ResolvedArchive,
): Extract<Target, { kind: 'sequential' }>['archive'] {
  return {
    reference,
    source: { at: 'file', path },
    encoding,
    resolve(passed: PassedEntries) {
      try {
        return resolve(new PassedStore(reference, passed))
      } catch (error) {
        const names = [...passed.documents.keys(), ...passed.layers.keys()]
        throw error instanceof Failure && error.code === 'not-an-image-archive' ? describeOther(error, names) : error
      }
    },
  }
}

function wanted(
  reference: string,
  context: LocalContext,
): { choice: ImageChoice | undefined; platform: Platform | undefined } {
  const prefix = OPENERS.find((opener) => reference.startsWith(opener.prefix))?.prefix ?? ''
  return {
    choice: splitLocalReference(reference.slice(prefix.length)).choice,
    platform: context.platform === undefined ? undefined : parsePlatform(context.platform),
  }
}

function requireKind(reference: string, path: string, kind: SniffedPath['kind']): SniffedPath {
  const seen = sniffPath(path)
  if (seen.kind === kind) return seen
  throw new Failure(
    'target-of-other-kind',
    seen.kind === 'file' ? 'is a file, not a directory' : 'is a directory, not a file',
    {
      input: reference,
    },
  )
}

function isArchive(seen: SniffedPath): boolean {
  return seen.kind === 'file' && seen.head.length >= 512 && blockKind(seen.head, 0) !== 'junk'
}

/** A tar that is no image: says what it looks like, and what to do with it. */
function describeOther(failure: Failure, names: Iterable<string>): Failure {
  let first: string | undefined
  let isRoot = false
  for (const name of names) {
    first ??= name
    if (/^(etc\/os-release|usr\/lib\/os-release|etc\/passwd|bin\/sh)$/.test(name)) isRoot = true
  }
  const looks = isRoot
    ? 'it looks like a root file system'
    : first === undefined
      ? 'it holds no files that an image has'
      : `it begins with ${first.slice(0, 200)}`
  return new Failure(failure.code, `${failure.message}: this is no image archive, ${looks}`, {
    input: failure.input,
    hints: [
      ...failure.hints,
      isRoot ? 'unpack it and scan the folder: dir:FOLDER' : 'write an image with: docker save IMAGE -o image.tar',
    ],
  })
}
