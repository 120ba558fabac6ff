export type { LayerSink } from './archive/layer-sink.ts'
export { type PassedArchive, type PassOptions, passArchive } from './archive/pass.ts'
export type { ContainerChange, ContainerChanges } from './container/changes.ts'
export { passLayer } from './layer/pass-layer.ts'
export type { PassedLayer, PassLayerOptions } from './layer/passed-layer.ts'
export { type HashElsewhere, streamLayer } from './layer/stream.ts'
export type { KeptTable } from './lazy/contents.ts'
export { parseImageName } from './name/image-name.ts'
export { DOORS } from './open/doors.ts'
export { openTarget } from './open/open-target.ts'
export { OPENERS, openLocal } from './open/openers.ts'
export { openArtifact, pushArtifact } from './open/registry-artifacts.ts'
export { listRepositories, listTags } from './open/registry-lists.ts'
export { sharedResources } from './open/shared-resources.ts'
export { leavesRoot, normaliseEntryName } from './tar/names.ts'
export { TarReader } from './tar/reader.ts'
export { openTreeFile, type TreeFile } from './tree/tree-file.ts'
export { type TreeEntry, type WalkOptions, walkInSteps } from './tree/walk.ts'
export type * from './types.ts'

/** What a container changes of its image: loaded when it is asked for. */
export async function containerChanges(
  ...of: Parameters<typeof import('./container/changes.ts').containerChanges>
): Promise<import('./container/changes.ts').ContainerChanges> {
  return (await import('./container/changes.ts')).containerChanges(...of)
}
