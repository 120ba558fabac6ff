export { applyExceptions, type Triaged } from './apply.ts'
export { parseTrivyIgnore } from './trivyignore.ts'
export { parseTrivyIgnoreYaml } from './trivyignore-yaml.ts'
export type * from './types.ts'
