import type { ExtractorSlice } from './types.ts'

export const native: ExtractorSlice = {
  places: new Map([]),
  notBuilt: ['language/golang/*', 'language/rust/*'],
}
