import type { FileBytes, ReadResult } from '../../reading/index.ts'
import { lowestAllowed } from '../documents/lowest-allowed.ts'
import { parseToml } from '../documents/toml.ts'
import { asObject, type JsonObject, member, textMember } from '../json-document.ts'
import { packageUrl } from '../package-url.ts'
import { RANGE_CONFIDENCE } from '../range-confidence.ts'
import { type StatedPackage, StatedPackages } from '../stated-packages.ts'

/**
 * A `Project.toml` (https://pkgdocs.julialang.org/v1/toml-files/#Project.toml). In a depot, `packages/<name>/<slug>/`, it is that of an
 * installed package; elsewhere it asks for packages, of which the least version that `compat` allows is told. What has no entry there, as
 * modules of the standard library, has no version and is left out.
 */
export function readProject(file: FileBytes): ReadResult<StatedPackage> {
  const stated = new StatedPackages('julia-project-unreadable', file.path)
  const parsed = parseToml(file.bytes)
  if ('problem' in parsed) return stated.problem(`Project.toml could not be read: ${parsed.problem}`).result()
  const name = textMember(parsed.object, 'name') ?? ''
  const segments = file.path.split('/')
  if (segments.at(-4) === 'packages' && segments.at(-3) === name && /^[A-Za-z0-9]{4,8}$/.test(segments.at(-2) ?? ''))
    addInstalled(stated, name, parsed.object)
  else {
    const compat = asObject(member(parsed.object, 'compat')) ?? {}
    addAsked(stated, parsed.object, 'deps', compat, 'runtime')
    addAsked(stated, parsed.object, 'weakdeps', compat, 'unknown')
    addAsked(stated, parsed.object, 'extras', compat, 'development')
  }
  return stated.result()
}

function addInstalled(stated: StatedPackages, name: string, project: JsonObject): void {
  const uuid = textMember(project, 'uuid')
  stated.add({
    ...juliaPackage(name, textMember(project, 'version') ?? '', uuid),
    key: uuid ?? name,
    presence: 'installed',
  })
}

function addAsked(
  stated: StatedPackages,
  project: JsonObject,
  table: string,
  compat: JsonObject,
  scope: StatedPackage['scope'],
): void {
  for (const [name, uuid] of Object.entries(asObject(member(project, table)) ?? {})) {
    const lowest = lowestAllowed(textMember(compat, name) ?? '', 'least')
    if (lowest === undefined || typeof uuid !== 'string') continue
    stated.add({
      ...juliaPackage(name, lowest.version, uuid),
      direct: true,
      scope,
      ...(!lowest.exact && { confidence: RANGE_CONFIDENCE }),
    })
  }
}

function juliaPackage(name: string, version: string, uuid: string | undefined): StatedPackage {
  const purl = packageUrl({ type: 'julia', name, version, qualifiers: { uuid } })
  return { purl, name, version, ecosystem: 'Julia', presence: 'declared' }
}
