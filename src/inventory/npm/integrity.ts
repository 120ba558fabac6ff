import type { Digest } from '../../model/digest.ts'

/**
 * The SHA-256 and SHA-512 digests of an integrity text (W3C Subresource Integrity: `sha512-BASE64`, several separated by spaces). Weaker
 * ones are left out: they prove nothing.
 */
export function integrityDigests(integrity: string | undefined): Digest[] {
  if (integrity === undefined || integrity.length > 4096) return []
  const digests = new Set<Digest>()
  for (const part of integrity.split(/\s+/)) {
    const match = /^(sha256|sha512)-([A-Za-z0-9+/]+={0,2})(?:\?.*)?$/.exec(part)
    if (match === null) continue
    const hex = Buffer.from(match[2], 'base64').toString('hex')
    if (match[1] === 'sha256' && hex.length === 64) digests.add(`sha256:${hex}`)
    if (match[1] === 'sha512' && hex.length === 128) digests.add(`sha512:${hex}`)
  }
  return [...digests]
}
