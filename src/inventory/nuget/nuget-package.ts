import type { Digest } from '../../model/digest.ts'
import { packageUrl } from '../package-url.ts'
import type { StatedPackage } from '../stated-packages.ts'

/** What every package of NuGet has, with `presence`. */
export function nugetPackage(name: string, version: string, presence: StatedPackage['presence']): StatedPackage {
  return { purl: packageUrl({ type: 'nuget', name, version }), name, version, ecosystem: 'NuGet', presence }
}

/** A SHA-512 as NuGet writes it, in Base64; as none where it is something else. */
export function base64Sha512(text: string | undefined): Digest[] {
  if (text === undefined || text.length > 200) return []
  const hex = Buffer.from(text.replace(/^sha512-/, ''), 'base64').toString('hex')
  return hex.length === 128 ? [`sha512:${hex}`] : []
}

/**
 * The lowest version that a requirement of NuGet allows (https://learn.microsoft.com/nuget/concepts/package-versioning): a bare version
 * is the lowest allowed, and NuGet takes the lowest. Undefined where it names none.
 */
export function lowestVersion(range: string): { readonly version: string; readonly exact: boolean } | undefined {
  const text = range.trim()
  const bounds = /^([[(])\s{0,9}([^,\])\s]{0,100})\s{0,9}(,?)/.exec(text)
  const version = (bounds === null ? text : bounds[2]).replace(/\.?\*.*$/, '')
  if (!/^\d[0-9A-Za-z.+-]{0,200}$/.test(version)) return undefined
  // `(1.0,` excludes 1.0 itself; what comes next only the registry knows.
  return { version, exact: !text.includes('*') && (bounds === null || (bounds[1] === '[' && bounds[3] === '')) }
}
