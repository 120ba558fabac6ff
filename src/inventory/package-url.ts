import type { OperatingSystem } from '../model/operating-system.ts'

/** The parts of a package URL; empty qualifiers are left out. */
export interface PackageUrlParts {
  readonly type: string
  /** Segments separated by `/`. */
  readonly namespace?: string
  readonly name: string
  readonly version?: string
  readonly qualifiers?: Readonly<Record<string, string | undefined>>
}

/**
 * A canonical package URL (ECMA-427, https://github.com/package-url/purl-spec, "How to build purl string from its
 * components"): everything but letters, digits, `.-_~` and `:` is percent-encoded as UTF-8, qualifiers sorted by key.
 * The caller gives name and namespace in the form that their type asks for (lower case for deb and apk).
 * Lone surrogates are encoded as U+FFFD.
 */
export function packageUrl(parts: PackageUrlParts): string {
  let text = `pkg:${parts.type}/`
  for (const segment of (parts.namespace ?? '').split('/')) if (segment !== '') text += `${encodePart(segment)}/`
  text += encodePart(parts.name)
  if (parts.version !== undefined && parts.version !== '') text += `@${encodePart(parts.version)}`
  let separator = '?'
  for (const key of Object.keys(parts.qualifiers ?? {}).sort()) {
    const value = parts.qualifiers?.[key]
    if (value === undefined || value === '') continue
    text += `${separator}${key}=${encodePart(value)}`
    separator = '&'
  }
  return text
}

/**
 * The `distro` qualifier of an OS package's URL, `debian-12`, `alpine-3.10`: the release, not the point release, so that a
 * package stays the same across rebuilds. Undefined where the operating system is not known.
 */
export function distroQualifier(os: OperatingSystem | undefined): string | undefined {
  if (os === undefined) return undefined
  const release = os.release.replace(/^v(?=\d)/, '')
  return release === '' ? os.id : `${os.id}-${release}`
}

const PLAIN = /^[A-Za-z0-9._~:-]*$/

function encodePart(text: string): string {
  if (PLAIN.test(text)) return text
  return encodeURIComponent(text.toWellFormed())
    .replace(/%3A/g, ':')
    .replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`)
}
