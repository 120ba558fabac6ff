import type { ExtractorSlice } from './types.ts'

export const java: ExtractorSlice = {
  places: new Map([]),
  notBuilt: ['language/java/*', 'misc/bazelmaven/*'],
}
