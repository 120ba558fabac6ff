export { type StreamedLayer, type StreamOptions, streamLayer } from './layer/stream.ts'
export { leavesRoot, normaliseEntryName } from './tar/names.ts'
export { TarReader } from './tar/reader.ts'
export type * from './types.ts'
