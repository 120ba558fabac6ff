import { PackageURL } from 'packageurl-js'
import { Failure } from '../failure.ts'
import { type PackageUrlParts, packageUrl } from './package-url.ts'

/**
 * The parts of a package URL, decoded and in the form that its type asks for (ECMA-427, https://github.com/package-url/purl-spec, "How to
 * parse a purl string", and the definitions of types). Strict: a key of a qualifier that begins with a capital letter is refused, as the
 * specification's own cases demand; one with a capital letter elsewhere is brought into lower case.
 * @throws Failure `not-a-package-url` naming the text.
 */
export function parsePackageUrl(text: string): PackageUrlParts {
  const query = /\?([^#]*)/.exec(text)?.[1] ?? ''
  if (query.split('&').some((pair) => /^[A-Z]/.test(pair))) {
    throw refusal(text, 'keys of qualifiers begin with a small letter')
  }
  return parseLeniently(text)
}

/** The canonical form of a package URL, whatever the case of its keys. @throws as {@link parsePackageUrl}. */
export function canonicalPackageUrl(text: string): string {
  return packageUrl(parseLeniently(text))
}

/** The canonical package URL of parts that come from outside. @throws as {@link parsePackageUrl}. */
export function buildPackageUrl(parts: PackageUrlParts): string {
  return packageUrl(buildable(parts, `${parts.type}/${parts.name}`))
}

/** The steps of "How to parse a purl string". The library's own decode what stands in qualifiers twice. */
function parseLeniently(text: string): PackageUrlParts {
  const [, head = '', query = '', subpath = ''] = /^pkg:\/*([^?#]*)(?:\?([^#]*))?(?:#(.*))?$/is.exec(text.trim()) ?? []
  const slash = head.indexOf('/')
  if (slash <= 0) throw refusal(text, 'it has no type or no name')
  const rest = head.slice(slash + 1).replace(/^\/+|\/+$/g, '')
  const last = rest.lastIndexOf('/') + 1
  // A scope of npm may begin with an at sign that was not encoded; a version comes after a name.
  const at = rest.lastIndexOf('@')
  const name = at >= last ? rest.slice(last, at) : rest.slice(last)
  const version = at >= last ? decoded(rest.slice(at + 1), text) : undefined
  const path = subpath
    .split('/')
    .map((part) => decoded(part, text))
    .filter((part) => !['', '.', '..'].includes(part))
  return buildable(
    {
      type: head.slice(0, slash).toLowerCase(),
      namespace: rest
        .slice(0, last)
        .split('/')
        .filter((part) => part !== '')
        .map((part) => decoded(part, text))
        .join('/'),
      name: decoded(name, text),
      ...(version && { version }),
      qualifiers: qualifiersOf(query, text),
      subpath: path.join('/'),
    },
    text,
  )
}

function qualifiersOf(query: string, text: string): Record<string, string> {
  const pairs = query.split('&').flatMap((pair): [string, string][] => {
    const equals = pair.indexOf('=')
    const value = equals < 0 ? '' : decoded(pair.slice(equals + 1), text)
    return value === '' ? [] : [[pair.slice(0, equals).toLowerCase(), value]]
  })
  return Object.fromEntries(pairs)
}

function decoded(part: string, text: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    throw refusal(text, 'its percent-encoding is broken')
  }
}

/** The parts as their type asks for them, where it allows them. */
function buildable(
  { type, namespace, name, version, qualifiers, subpath }: PackageUrlParts,
  shown: string,
): PackageUrlParts {
  const pairs = Object.entries(qualifiers ?? {}).flatMap(([key, value]) => (value === undefined ? [] : [[key, value]]))
  const given: Record<string, string> | undefined = pairs.length > 0 ? Object.fromEntries(pairs) : undefined
  // The library wants versions of Go to be semantic, and where one is not (v1) stumbles over a variable that it does not have.
  const held = type === 'golang' ? undefined : version
  const parts = partsOf(
    within(shown, () => new PackageURL(type, namespace || undefined, name, held, given, subpath || undefined)),
  )
  return settled(type === 'golang' && version ? { ...parts, version } : parts, shown)
}

function within(text: string, make: () => PackageURL): PackageURL {
  try {
    return make()
  } catch (cause) {
    throw refusal(text, cause instanceof Error ? cause.message : 'it has another form')
  }
}

function refusal(text: string, why: string): Failure {
  return new Failure('not-a-package-url', `is no package URL: ${why}`, { input: text.slice(0, 200) })
}

function partsOf({ type, namespace, name, version, qualifiers, subpath }: PackageURL): PackageUrlParts {
  const pairs = Object.entries(qualifiers ?? {}).map(([key, value]) => [key.toLowerCase(), String(value)])
  return {
    type,
    ...(namespace ? { namespace } : {}),
    name,
    ...(version ? { version } : {}),
    ...(pairs.length > 0 ? { qualifiers: Object.fromEntries(pairs) } : {}),
    ...(subpath ? { subpath } : {}),
  }
}

type Rule = (parts: PackageUrlParts) => PackageUrlParts | string

const lowerCase: Rule = (parts) => ({
  ...parts,
  name: parts.name.toLowerCase(),
  ...(parts.namespace && { namespace: parts.namespace.toLowerCase() }),
})
const withoutNamespace: Rule = (parts) => (parts.namespace === undefined ? parts : 'its type has no namespace')
const withNamespace: Rule = (parts) => (parts.namespace === undefined ? 'its type needs a namespace' : parts)

/** What definitions of types (https://github.com/package-url/purl-spec/tree/main/types) ask for beyond what the library knows. */
const RULES: ReadonlyMap<string, Rule> = new Map<string, Rule>([
  ['brew', lowerCase],
  ['chrome-extension', chromeExtension],
  ['cpan', (parts) => (parts.name.includes('::') ? 'it names a module, not a distribution' : parts)],
  ['git', repository],
  ['julia', (parts) => (parts.qualifiers?.uuid === undefined ? 'its type needs the qualifier uuid' : parts)],
  ['mlflow', (parts) => (isDatabricks(parts) ? lowerCase(parts) : parts)],
  ['otp', withoutNamespace],
  ['vcpkg', withoutNamespace],
  ['vscode-extension', withNamespace],
])

function settled(parts: PackageUrlParts, text: string): PackageUrlParts {
  const result = RULES.get(parts.type)?.(parts) ?? parts
  if (typeof result === 'string') throw refusal(text, result)
  return result
}

function chromeExtension(parts: PackageUrlParts): PackageUrlParts | string {
  if (!/^[a-p]{32}$/.test(parts.name)) return 'its name is no id of an extension'
  const isVersion = parts.version === undefined || /^\d{1,9}(?:\.\d{1,9}){0,3}$/.test(parts.version)
  return isVersion ? parts : 'its version is no version of an extension'
}

/** The namespace is the host, the rest the name. */
function repository(parts: PackageUrlParts): PackageUrlParts | string {
  const [host, ...path] = [...(parts.namespace ?? '').split('/'), ...parts.name.split('/')].map((one) =>
    one.toLowerCase(),
  )
  return path.length === 0 || host === undefined
    ? lowerCase(parts)
    : { ...parts, namespace: host, name: path.join('/') }
}

/** Azure Databricks takes names in any case. */
function isDatabricks({ qualifiers }: PackageUrlParts): boolean {
  return qualifiers?.repository_url?.includes('azuredatabricks.net') === true
}
