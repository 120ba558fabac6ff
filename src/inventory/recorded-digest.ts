import type { Digest } from '../model/digest.ts'

/**
 * The digest that a file records as algorithm (`SHA-256`, `SHA256`, `sha256`) and hexadecimal digits in either case. Undefined for weaker
 * algorithms (MD5, SHA-1), which prove nothing, and for what is none.
 */
export function recordedDigest(algorithm: string | undefined, hex: string | undefined): Digest | undefined {
  if (algorithm === undefined || hex === undefined || algorithm.length > 7 || hex.length > 128) return undefined
  const digits = hex.toLowerCase()
  switch (algorithm.toLowerCase().replace('-', '')) {
    case 'sha256':
      return /^[0-9a-f]{64}$/.test(digits) ? `sha256:${digits}` : undefined
    case 'sha512':
      return /^[0-9a-f]{128}$/.test(digits) ? `sha512:${digits}` : undefined
    default:
      return undefined
  }
}

/** The digest that one text records, `sha256:HEX` or `sha512=HEX`; see {@link recordedDigest}. */
export function recordedDigestText(text: string | undefined): Digest | undefined {
  // The longest is sha512 with its 128 digits.
  const stated = text !== undefined && text.length <= 1024 ? text.trim() : ''
  const at = stated.search(/[:=]/)
  return at < 0 ? undefined : recordedDigest(stated.slice(0, at), stated.slice(at + 1))
}
