import type { FileBytes, ReadResult } from '../../reading/index.ts'
import { childrenOf, childText, parseXml, type XmlElement } from '../documents/xml.ts'
import { RANGE_CONFIDENCE } from '../range-confidence.ts'
import { type StatedPackage, StatedPackages } from '../stated-packages.ts'
import { lowestVersion, nugetPackage } from './nuget-package.ts'

const REFERENCES = new Set(['PackageReference', 'PackageVersion', 'GlobalPackageReference', 'PackageDownload'])

/** The packages of a `packages.config` (https://learn.microsoft.com/nuget/reference/packages-config). */
export function readPackagesConfig(file: FileBytes): ReadResult<StatedPackage> {
  const stated = new StatedPackages('nuget-config-unreadable', file.path)
  const parsed = parseXml(file.bytes)
  if ('problem' in parsed) return stated.problem(`packages.config could not be read: ${parsed.problem}`).result()
  for (const element of childrenOf(parsed.root, 'package')) {
    const name = element.attributes.get('id')?.trim() ?? ''
    const version = element.attributes.get('version')?.trim() ?? ''
    const isDevelopment = element.attributes.get('developmentDependency')?.toLowerCase() === 'true'
    stated.add({
      ...nugetPackage(name, version, 'declared'),
      scope: isDevelopment ? 'development' : 'runtime',
      lines: element.lines,
    })
  }
  return stated.result()
}

/**
 * What a project asks for (https://learn.microsoft.com/nuget/consume-packages/package-references-in-project-files), or the versions that
 * `Directory.Packages.props` sets for all of them (https://learn.microsoft.com/nuget/consume-packages/central-package-management).
 * Properties that the same file sets plainly are put in; a version that only another file knows is told by that file.
 */
export function readProject(file: FileBytes): ReadResult<StatedPackage> {
  const stated = new StatedPackages('dotnet-project-unreadable', file.path)
  const parsed = parseXml(file.bytes)
  if ('problem' in parsed) return stated.problem(`the project could not be read: ${parsed.problem}`).result()
  const properties = propertiesOf(parsed.root)
  for (const group of groupsOf(parsed.root, 'ItemGroup'))
    for (const element of group.children) {
      if (!REFERENCES.has(element.name)) continue
      const pkg = referenced(element, properties)
      if (pkg !== undefined) stated.add(pkg)
    }
  return stated.result()
}

function referenced(element: XmlElement, properties: ReadonlyMap<string, string>): StatedPackage | undefined {
  const said = (key: string) => element.attributes.get(key) ?? childText(element, key)
  const name = withProperties(element.attributes.get('Include') ?? element.attributes.get('Update') ?? '', properties)
  const range = withProperties(said('VersionOverride') ?? said('Version') ?? '', properties)
  const lowest = lowestVersion(range)
  if (lowest === undefined || name.includes('$(')) return undefined
  // All assets private: what is built does not pass it on, as analysers and build tools are referred to.
  const isPrivate = said('PrivateAssets')?.toLowerCase() === 'all' || element.name === 'GlobalPackageReference'
  return {
    ...nugetPackage(name.trim(), lowest.version, 'declared'),
    direct: element.name === 'PackageVersion' ? 'unknown' : true,
    scope: isPrivate ? 'development' : element.name === 'PackageVersion' ? 'unknown' : 'runtime',
    lines: element.lines,
    confidence: lowest.exact ? 1 : RANGE_CONFIDENCE,
  }
}

/** Also those that stand in a `Choose`. */
function groupsOf(root: XmlElement, name: string): XmlElement[] {
  const chosen = childrenOf(root, 'Choose').flatMap((choose) => choose.children)
  return [root, ...chosen].flatMap((element) => childrenOf(element, name))
}

function propertiesOf(root: XmlElement): Map<string, string> {
  const properties = new Map<string, string>()
  for (const group of groupsOf(root, 'PropertyGroup'))
    for (const { name, text } of group.children) {
      if (text.length <= 1024) properties.set(name.toLowerCase(), withProperties(text, properties))
    }
  return properties
}

/** With `$(Name)` put in once: properties are evaluated in order, so that none stands for itself. */
function withProperties(text: string, properties: ReadonlyMap<string, string>): string {
  if (text.length > 1024) return text.slice(0, 1024)
  const filled = text.replace(
    /\$\(([A-Za-z_][\w.-]{0,200})\)/g,
    (whole, name) => properties.get(name.toLowerCase()) ?? whole,
  )
  return filled.slice(0, 1024)
}
