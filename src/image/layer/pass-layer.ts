import { Failure } from '../../lib/failure.ts'
import { TarReader } from '../tar/reader.ts'
import type { LayerLocator, LazyLocator, RemoteBytes, TarHandler } from '../types.ts'
import type { PassedLayer, PassLayerOptions } from './passed-layer.ts'
import { streamLayer } from './stream.ts'

/** Thrown out of a stream that has given all that was wanted. */
const ENOUGH = new Failure('pass-complete', 'nothing more is wanted of this layer')

/**
 * Hands the entries of a layer to `handler` as its archive has them (OCI image-spec, layer.md), wherever the layer lies. Entry names,
 * modes, links and whiteouts (`.wh.…`) are the same through every kind of locator, so that the facts are.
 *
 * @throws Failure naming the layer, as `streamLayer` does, and `tar-…` for an archive that is none.
 */
export async function passLayer(
  locator: LayerLocator,
  handler: TarHandler,
  options: PassLayerOptions,
): Promise<PassedLayer> {
  switch (locator.at) {
    case 'file':
    case 'remote':
      return passArchivedLayer(locator, handler, options)
    case 'lazy':
      return passByTable(locator, handler, options)
    case 'tar-split':
      return (await import('../tar-split/pass-split.ts')).passSplitLayer(locator, handler, options)
    case 'folder':
      return (await import('../overlay-folder/pass-folder.ts')).passFolder(locator.root, handler, options)
  }
}

/** By its table of contents; as a whole, verified as such, when the table does not fit, which shows before anything is handed over. */
async function passByTable(locator: LazyLocator, handler: TarHandler, options: PassLayerOptions): Promise<PassedLayer> {
  const { passLazyLayer } = await import('../lazy/pass-lazy-layer.ts')
  const { bytes } = options
  const unfit = await passLazyLayer(locator, handler, options)
  if (unfit === undefined || bytes === undefined) return {}
  const because = `its table of contents does not fit (${unfit}): read as a whole`
  const whole: RemoteBytes = { open: (range, signal) => bytes.open({ ...range, because }, signal) }
  return passArchivedLayer({ at: 'remote', length: locator.length }, handler, { ...options, bytes: whole })
}

async function passArchivedLayer(
  locator: Parameters<typeof streamLayer>[0],
  handler: TarHandler,
  options: PassLayerOptions,
): Promise<PassedLayer> {
  const tar = new TarReader(handler, options.name, options.limits)
  const onChunk = (chunk: Uint8Array): void => {
    tar.push(chunk)
    if (options.enough?.() === true) throw ENOUGH
  }
  try {
    const streamed = await streamLayer(locator, { ...options, onChunk })
    tar.finish()
    return streamed
  } catch (error) {
    if (error === ENOUGH) return {}
    throw error
  }
}
