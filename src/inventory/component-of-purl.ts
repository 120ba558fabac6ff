import { Failure } from '../lib/failure.ts'
import { parsePackageUrl } from '../lib/package-url/parse.ts'
import type { Component } from '../model/component.ts'
import { parseDistroOverride } from './operating-system/override.ts'
import { keysOf } from './operating-system/release.ts'

/** Ecosystems of package URLs' types (https://github.com/package-url/purl-spec/tree/main/types). */
const ECOSYSTEMS: ReadonlyMap<string, string> = new Map([
  ['bitnami', 'Bitnami'],
  ['cargo', 'crates.io'],
  ['cocoapods', 'CocoaPods'],
  ['composer', 'Packagist'],
  ['conan', 'ConanCenter'],
  ['cran', 'CRAN'],
  ['gem', 'RubyGems'],
  ['githubactions', 'GitHub Actions'],
  ['golang', 'Go'],
  ['hackage', 'Hackage'],
  ['hex', 'Hex'],
  ['julia', 'Julia'],
  ['maven', 'Maven'],
  ['npm', 'npm'],
  ['nuget', 'NuGet'],
  ['opam', 'opam'],
  ['pub', 'Pub'],
  ['pypi', 'PyPI'],
  ['swift', 'SwiftURL'],
])

/** Types of package URLs whose packages belong to a distribution's release. */
const SYSTEMS: ReadonlySet<string> = new Set(['deb', 'apk', 'rpm', 'alpm'])

/**
 * The package that a package URL names, as a scan would find it: its ecosystem with release (from the qualifier `distro`: `debian-12`,
 * `ubuntu-22.04`), its source from `upstream` (`openssl@3.0.11-1`), its epoch from `epoch`. Nothing more is known of it: no evidence.
 * @throws Failure of kind `usage` that says what is missing.
 */
export function componentOfPurl(purl: string): Component {
  const { type, namespace, name, version, qualifiers = {} } = parsed(purl)
  if (version === undefined) throw refusal(purl, 'it names no version')
  const system = SYSTEMS.has(type)
  const ecosystem = system ? systemOf(purl, namespace, qualifiers.distro) : ECOSYSTEMS.get(type)
  if (ecosystem === undefined) throw refusal(purl, `no advisories are known for packages of the type ${type}`)
  const whole = qualifiers.epoch === undefined || version.includes(':') ? version : `${qualifiers.epoch}:${version}`
  const upstream = /^([^@]+)(?:@(.+))?$/.exec(qualifiers.upstream ?? '')
  return {
    id: purl,
    kind: system ? 'os' : 'library',
    purl,
    name: nameOf(type, namespace, name),
    version: whole,
    ecosystem,
    ...(upstream === null ? {} : { source: { name: sourceName(upstream[1]), version: upstream[2] ?? whole } }),
    ...(qualifiers.arch === undefined ? {} : { architecture: qualifiers.arch }),
    ...(qualifiers.rpmmod === undefined ? {} : { module: qualifiers.rpmmod }),
    licences: [],
    hashes: [],
    cpes: [],
    direct: 'unknown',
    scope: 'unknown',
    presence: 'installed',
    evidence: [],
    origin: 'unknown',
  }
}

function parsed(purl: string): ReturnType<typeof parsePackageUrl> {
  try {
    return parsePackageUrl(purl)
  } catch (cause) {
    throw refusal(purl, (cause as Error).message)
  }
}

function refusal(purl: string, why: string): Failure {
  return new Failure('usage', `${purl.slice(0, 200)}: ${why}`, {
    kind: 'usage',
    input: purl.slice(0, 200),
    hints: ['as in pkg:npm/lodash@4.17.11 or pkg:deb/debian/bash@5.2-2?distro=debian-12'],
  })
}

/** Maven's and Go's names hold their namespaces, as their advisories write them. */
function nameOf(type: string, namespace: string | undefined, name: string): string {
  if (namespace === undefined || SYSTEMS.has(type)) return name
  return type === 'maven' ? `${namespace}:${name}` : `${namespace}/${name}`
}

/** A source RPM's name out of its file's: `openssl-1.1.1k-9.el8.src.rpm`. */
function sourceName(text: string): string {
  return /^(.+)-[^-]+-[^-]+\.(?:no)?src\.rpm$/.exec(text)?.[1] ?? text
}

function systemOf(purl: string, namespace: string | undefined, distro: string | undefined): string {
  const found = /^([a-z][\w. -]*?)[-:/]?(\d[\w.]*)?$/i.exec(distro ?? namespace ?? '')
  if (found === null) throw refusal(purl, 'it does not say which distribution it is of: add ?distro=debian-12')
  const { id, version } = parseDistroOverride(found[2] === undefined ? found[1] : `${found[1]}:${found[2]}`)
  const { ecosystem, release } = keysOf({ id, name: '', product: '', versionText: version, version })
  return ecosystem ?? (release === '' ? id : `${id}:${release}`)
}
