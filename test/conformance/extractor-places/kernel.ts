import type { ExtractorSlice } from './types.ts'

export const kernel: ExtractorSlice = {
  places: new Map([['os/kernel/module', { cataloger: 'kernel', path: () => 'lib/modules/6.1.0/kernel/x.ko' }]]),
  notBuilt: [],
}
