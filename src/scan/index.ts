export { scanTarget } from './scan.ts'
export type { ReadMode, ScanIo, ScanOptions, ScanProgress } from './types.ts'
export { workerEntry } from './worker-entry.ts'
