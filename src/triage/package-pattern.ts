import { PackageURL } from 'packageurl-js'

/** Whether a package URL is one of those that a pattern means: what the pattern leaves out (version, qualifiers) matches anything. */
export type PurlMatcher = (purl: string) => boolean

/**
 * A matcher for a package URL that stands for several packages: type, namespace and name must be equal, version and qualifiers
 * where it has them (https://github.com/package-url/purl-spec). Undefined when the text is no package URL.
 */
export function purlMatcher(pattern: string): PurlMatcher | undefined {
  const wanted = parse(pattern)
  if (wanted === undefined) return undefined
  return (purl) => {
    const found = parse(purl)
    if (found === undefined) return false
    if (found.type !== wanted.type || found.name !== wanted.name || !same(wanted.namespace, found.namespace))
      return false
    if (wanted.version && wanted.version !== found.version) return false
    if (wanted.subpath && wanted.subpath !== found.subpath) return false
    const qualifiers = found.qualifiers ?? {}
    return Object.entries(wanted.qualifiers ?? {}).every(
      ([key, value]) => Object.hasOwn(qualifiers, key) && qualifiers[key] === value,
    )
  }
}

function same(a: string | null | undefined, b: string | null | undefined): boolean {
  return (a ?? '') === (b ?? '')
}

function parse(text: string): PackageURL | undefined {
  try {
    return PackageURL.fromString(text)
  } catch {
    return undefined
  }
}
