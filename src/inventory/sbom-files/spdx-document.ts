import { type NamedPackage, stated } from './named-package.ts'

/** What either form of SPDX says. */
export interface SpdxDocument {
  readonly packages: readonly SpdxPackage[]
  readonly relationships: readonly SpdxRelationship[]
}

export interface SpdxPackage extends Omit<NamedPackage, 'purl' | 'needs'> {
  readonly purls: readonly string[]
}

export interface SpdxRelationship {
  readonly from: string
  readonly type: string
  readonly to: string
}

/** `Organization: NAME (mail)`, `Person: NAME`. */
export function agentOf(text: string | undefined): string {
  return stated(text).replace(/^(?:Organization|Person|Tool):\s*/, '')
}
