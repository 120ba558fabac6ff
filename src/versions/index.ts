export type { VersionScheme } from './types.ts'
