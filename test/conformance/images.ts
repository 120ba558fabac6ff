import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import path from 'node:path'
import { openLocal, passArchive, streamLayer, TarReader } from '../../src/image/index.ts'
import type { Image } from '../../src/image/types.ts'
import { asFailure } from '../../src/lib/failure.ts'
import { DEFAULT_LIMITS } from '../../src/lib/limits.ts'
import { OTHER_BUILD, packagesAsListed } from './image-packages.ts'
import type { CaseOutcome, ConformanceSuite } from './suite.ts'

/**
 * Real archives and OCI layouts. An archive must open, resolve, and have layers whose digests are those of its config. A layout must do
 * so when its `index.json` is an index with at least one manifest of an image type, and else be refused by a failure that names it.
 */
export const images: ConformanceSuite = {
  id: 'images',
  gaps: {
    [`alpine-310: ${OTHER_BUILD}`]:
      'the list is of Alpine 3.10.2 with libcrypto1.1 1.1.1c-r0, the archive beside it of 3.10.4 with 1.1.1d-r2: no reading can give both',
  },
  async *run(folder) {
    for (const name of readdirSync(folder).sort()) {
      if (name.endsWith('.tar.gz')) yield await mustOpen(name, path.join(folder, name))
    }
    for (const name of readdirSync(folder).sort()) {
      if (name.endsWith('.packages.json')) yield* packagesAsListed(folder, name.slice(0, -'.packages.json'.length))
    }
    for (const name of layoutsBelow(folder)) {
      const layout = path.join(folder, name)
      yield namesAnImage(layout) ? await mustOpen(name, layout) : await mustBeRefused(name, layout)
    }
  },
}

/** Folders with an `oci-layout` file, at any depth, as paths from `folder`. */
function layoutsBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => path.basename(name) === 'oci-layout' && statSync(path.join(folder, name)).isFile())
    .map((name) => path.dirname(name))
    .sort()
}

function namesAnImage(layout: string): boolean {
  try {
    const index = JSON.parse(readFileSync(path.join(layout, 'index.json'), 'utf8'))
    return index.manifests.some(
      (entry: { mediaType: string; digest: string }) =>
        /\.(manifest|index)(\.list)?\.v[12]\+json$/.test(entry.mediaType) &&
        existsSync(path.join(layout, 'blobs', entry.digest.replace(':', '/'))),
    )
  } catch {
    return false
  }
}

async function mustBeRefused(name: string, target: string): Promise<CaseOutcome> {
  const expected = 'a failure that names the layout'
  try {
    const { image } = await resolve(`oci-layout:${target}`)
    return { name, passed: false, expected, actual: `an image with ${image.layers.length} layers` }
  } catch (error) {
    const failure = asFailure(error)
    const passed = failure.kind === 'unreadable' && failure.input?.includes(target) === true
    return passed ? { name, passed } : { name, passed, expected, actual: `${failure.code}: ${failure.message}` }
  }
}

async function mustOpen(name: string, target: string): Promise<CaseOutcome> {
  try {
    const { image, entries } = await resolve(target)
    if (image.layers.length === 0 || entries === 0) {
      return {
        name,
        passed: false,
        expected: 'layers with entries',
        actual: `${image.layers.length} layers, ${entries} entries`,
      }
    }
    return { name, passed: true }
  } catch (error) {
    const failure = asFailure(error)
    return { name, passed: false, expected: 'an image', actual: `${failure.code}: ${failure.message}` }
  }
}

/** Opens a target and reads all its layers, which verifies their digests. */
async function resolve(reference: string): Promise<{ image: Image; entries: number }> {
  const context = { signal: new AbortController().signal, limits: DEFAULT_LIMITS }
  const target = await openLocal(reference, context)
  let entries = 0
  const reader = () =>
    new TarReader(
      { entry: () => entries++ < 0, body: () => {}, end: () => {}, problem: () => {} },
      reference,
      DEFAULT_LIMITS,
    )
  if (target.kind === 'sequential') {
    const passed = await passArchive(target.archive, {
      ...context,
      layer() {
        const tar = reader()
        return { chunk: (bytes) => tar.push(bytes), done: () => tar.finish(), failed: () => {} }
      },
    })
    return { image: target.archive.resolve(passed).image, entries }
  }
  if (target.kind !== 'image') throw new Error(`opened as ${target.kind}`)
  for (const layer of target.image.layers) {
    if (layer.locator?.at !== 'file') throw new Error(`layer ${layer.index} is absent: ${layer.absent}`)
    const tar = reader()
    const expect = { diffId: layer.diffId, ...(layer.blob === undefined ? {} : { blob: layer.blob }) }
    await streamLayer(layer.locator, { ...context, name: layer.diffId, expect, onChunk: (chunk) => tar.push(chunk) })
    tar.finish()
  }
  return { image: target.image, entries }
}
