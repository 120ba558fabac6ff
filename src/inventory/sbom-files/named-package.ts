import { Failure } from '../../lib/failure.ts'
import type { PackageUrlParts } from '../../lib/package-url/package-url.ts'
import { parsePackageUrl } from '../../lib/package-url/parse.ts'
import type { Digest } from '../../model/digest.ts'
import { licencesOf } from '../licences.ts'
import { packageUrl } from '../package-url.ts'
import { purlEcosystem } from '../purl-ecosystem.ts'
import { quoted, shownText } from '../recorded-text.ts'
import type { StatedPackage, StatedPackages } from '../stated-packages.ts'

/** What a bill of materials says of one package. */
export interface NamedPackage {
  readonly purl: string
  /** Where the package URL has none. */
  readonly version?: string
  readonly licences?: readonly (string | undefined)[]
  readonly hashes?: readonly (Digest | undefined)[]
  readonly cpes?: readonly string[]
  readonly supplier?: string
  readonly scope?: StatedPackage['scope']
  readonly lines?: readonly [number, number]
  readonly key?: string
  readonly needs?: readonly string[]
}

const MAX_CPES = 64

/** Adds the package to what was found, known by its package URL; one that is none becomes a diagnostic. */
export function addNamed(found: StatedPackages, named: NamedPackage): void {
  const parts = partsOf(named.purl)
  if (parts === undefined) {
    found.problem(`${quoted(named.purl)} is no package URL`)
    return
  }
  const version = parts.version ?? named.version
  // A package without a version is a place where others lie, or a project's own folder: nothing can be looked up.
  if (version === undefined || version === '') return
  const { ecosystem, name } = purlEcosystem(parts)
  const supplier = shownText(named.supplier ?? '')
  found.add({
    purl: packageUrl({ ...parts, version }),
    name,
    version,
    ecosystem,
    presence: 'installed',
    licences: [...new Set((named.licences ?? []).flatMap((text) => licencesOf(shownText(stated(text)))))],
    hashes: (named.hashes ?? []).filter((hash) => hash !== undefined),
    cpes: (named.cpes ?? []).slice(0, MAX_CPES).map(shownText),
    ...(supplier !== '' && { supplier }),
    ...(named.scope && { scope: named.scope }),
    ...(named.lines && { lines: named.lines }),
    ...(named.key !== undefined && { key: named.key }),
    ...(named.needs && { needs: named.needs }),
  })
}

/** SPDX says in words that nothing is known. */
export function stated(text: string | undefined): string {
  return text === undefined || text === 'NOASSERTION' || text === 'NONE' ? '' : text
}

function partsOf(text: string): PackageUrlParts | undefined {
  if (text.length > 4096) return undefined
  try {
    const parts = parsePackageUrl(text)
    // A slash inside a name was a namespace that was encoded with it.
    const slash = parts.name.lastIndexOf('/')
    if (slash < 0 || parts.namespace) return parts
    return { ...parts, namespace: parts.name.slice(0, slash), name: parts.name.slice(slash + 1) }
  } catch (error) {
    if (error instanceof Failure) return undefined
    throw error
  }
}
