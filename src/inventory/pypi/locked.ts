import type { Digest } from '../../model/digest.ts'

/** A package that a lockfile or a list of requirements names. */
export interface LockedDistribution {
  readonly name: string
  readonly version: string
  readonly hashes: readonly Digest[]
  readonly direct?: boolean
  readonly scope?: 'runtime' | 'development'
  readonly lines?: readonly [number, number]
  /** The version is the least that a range allows. */
  readonly ranged?: boolean
  /** Names of what it needs. */
  readonly needs: readonly string[]
}

/** The digest of a text `sha256:HEX` or `sha512:HEX`; weaker ones and others are left out. */
export function digestOf(text: string): Digest | undefined {
  const [, algorithm, hex] = /^(sha256|sha512)[:=]([0-9a-f]+)$/i.exec(text.trim()) ?? []
  if (hex === undefined || hex.length !== (algorithm === 'sha256' ? 64 : 128)) return undefined
  return `${algorithm as 'sha256' | 'sha512'}:${hex.toLowerCase()}`
}
