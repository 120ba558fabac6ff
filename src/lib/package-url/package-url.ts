/** The parts of a package URL; empty qualifiers are left out. */
export interface PackageUrlParts {
  readonly type: string
  /** Segments separated by `/`. */
  readonly namespace?: string
  readonly name: string
  readonly version?: string
  readonly qualifiers?: Readonly<Record<string, string | undefined>>
  /** A path inside the package. */
  readonly subpath?: string
}

/**
 * A canonical package URL (ECMA-427, https://github.com/package-url/purl-spec, "How to build purl string from its
 * components"): everything but letters, digits, `.-_~` and `:` is percent-encoded as UTF-8, qualifiers sorted by key.
 * The caller gives name and namespace in the form that their type asks for (lower case for deb and apk).
 * Lone surrogates are encoded as U+FFFD.
 */
export function packageUrl(parts: PackageUrlParts): string {
  let text = `pkg:${parts.type}/`
  text += segments(parts.namespace)
    .map((segment) => `${encodePart(segment)}/`)
    .join('')
  // The name of a repository is a path (types/git-definition.json).
  text += parts.type === 'git' ? segments(parts.name).map(encodePart).join('/') : encodePart(parts.name)
  if (parts.version !== undefined && parts.version !== '') text += `@${encodePart(parts.version)}`
  let separator = '?'
  for (const key of Object.keys(parts.qualifiers ?? {}).sort()) {
    const value = parts.qualifiers?.[key]
    if (value === undefined || value === '') continue
    text += `${separator}${key}=${encodePart(value)}`
    separator = '&'
  }
  const subpath = segments(parts.subpath)
  return subpath.length === 0 ? text : `${text}#${subpath.map(encodePart).join('/')}`
}

function segments(path: string | undefined): string[] {
  return (path ?? '').split('/').filter((segment) => segment !== '')
}

const PLAIN = /^[A-Za-z0-9._~:-]*$/

function encodePart(text: string): string {
  if (PLAIN.test(text)) return text
  return encodeURIComponent(text.toWellFormed())
    .replace(/%3A/g, ':')
    .replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`)
}
