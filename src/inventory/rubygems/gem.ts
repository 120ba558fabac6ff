import { packageUrl } from '../package-url.ts'

/** The package URL of a gem; the platform is a qualifier there, no part of the version. */
export function gemUrl(name: string, version: string, qualifiers: Readonly<Record<string, string>> = {}): string {
  return packageUrl({ type: 'gem', name, version, ...(Object.keys(qualifiers).length > 0 && { qualifiers }) })
}

/**
 * `1.13.3-x86_64-linux` is version 1.13.3 for that platform. Versions of gems have no hyphen of their own
 * (https://guides.rubygems.org/patterns/#prerelease-gems).
 */
export function splitPlatform(text: string): { readonly version: string; readonly platform: string | undefined } {
  const hyphen = text.indexOf('-')
  if (hyphen <= 0) return { version: text, platform: undefined }
  return { version: text.slice(0, hyphen), platform: text.slice(hyphen + 1) }
}
