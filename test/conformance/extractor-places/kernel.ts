import type { ExtractorSlice } from './types.ts'

export const kernel: ExtractorSlice = {
  places: new Map([]),
  notBuilt: ['os/kernel/*'],
}
