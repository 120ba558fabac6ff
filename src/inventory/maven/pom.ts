import type { FileBytes, ReadResult } from '../../reading/index.ts'
import { child, childrenOf, childText, parseXml, type XmlElement } from '../documents/xml.ts'

/** A dependency as a `pom.xml` writes it: placeholders are not filled in. */
export interface PomDependency {
  readonly group: string
  readonly artifact: string
  readonly version?: string
  readonly scope?: string
  readonly type?: string
  readonly classifier?: string
  readonly optional: boolean
  /** `group:artifact`, either of them `*`. */
  readonly exclusions: readonly string[]
  readonly lines: readonly [number, number]
}

/** What a `pom.xml` itself says. */
export interface Pom {
  readonly kind: 'pom'
  readonly parent?: {
    readonly group: string
    readonly artifact: string
    readonly version: string
    /** As written; empty for "not in the tree", undefined for Maven's own choice, `../pom.xml`. */
    readonly relativePath?: string
  }
  readonly group?: string
  readonly artifact?: string
  readonly version?: string
  readonly properties: readonly (readonly [name: string, value: string])[]
  readonly managed: readonly PomDependency[]
  readonly dependencies: readonly PomDependency[]
  readonly licences: readonly string[]
}

const MAX_DEPENDENCIES = 50_000

/** Reads a `pom.xml` or a repository's `.pom`. */
export function readPom(file: FileBytes): ReadResult<Pom> {
  const parsed = pomOf(file.bytes)
  if ('pom' in parsed) return { facts: [parsed.pom], diagnostics: [] }
  const message = `the project file of Maven could not be read: ${parsed.problem}`
  return { facts: [], diagnostics: [{ code: 'maven-pom-unreadable', message, path: file.path, effect: 'partial' }] }
}

/**
 * A project file as written (https://maven.apache.org/pom.html), with what its profiles that are active by default add; or what is wrong
 * with it, as the end of a sentence.
 */
export function pomOf(bytes: Uint8Array): { readonly pom: Pom } | { readonly problem: string } {
  const parsed = parseXml(bytes)
  if ('problem' in parsed) return parsed
  const { root } = parsed
  if (root.name !== 'project') return { problem: `its root is <${root.name.slice(0, 40)}>, not <project>` }
  const parts = [root, ...childrenOf(child(root, 'profiles'), 'profile').filter(isActiveByDefault)]
  const parent = child(root, 'parent')
  const [group, artifact, version] = ['groupId', 'artifactId', 'version'].map((name) => childText(root, name))
  const licences = childrenOf(child(root, 'licenses'), 'license').flatMap((one) => {
    const said = childText(one, 'name') ?? childText(one, 'url')
    return said === undefined ? [] : [said]
  })
  const pom: Pom = {
    kind: 'pom',
    ...(parent && { parent: parentOf(parent) }),
    ...(group !== undefined && { group }),
    ...(artifact !== undefined && { artifact }),
    ...(version !== undefined && { version }),
    properties: parts.flatMap((part) =>
      (child(part, 'properties')?.children ?? []).map(({ name, text }) => [name, text] as const),
    ),
    managed: parts.flatMap((part) => dependenciesOf(child(part, 'dependencyManagement'))),
    dependencies: parts.flatMap(dependenciesOf),
    licences,
  }
  if (pom.managed.length + pom.dependencies.length > MAX_DEPENDENCIES)
    return { problem: `it names more than ${MAX_DEPENDENCIES} dependencies` }
  return { pom }
}

function isActiveByDefault(profile: XmlElement): boolean {
  return childText(child(profile, 'activation'), 'activeByDefault') === 'true'
}

function parentOf(parent: XmlElement): NonNullable<Pom['parent']> {
  const path = child(parent, 'relativePath')
  return {
    group: childText(parent, 'groupId') ?? '',
    artifact: childText(parent, 'artifactId') ?? '',
    version: childText(parent, 'version') ?? '',
    ...(path && { relativePath: path.text }),
  }
}

function dependenciesOf(part: XmlElement | undefined): PomDependency[] {
  return childrenOf(child(part, 'dependencies'), 'dependency').map((one) => {
    const [version, scope, type, classifier] = ['version', 'scope', 'type', 'classifier'].map((name) =>
      childText(one, name),
    )
    return {
      group: childText(one, 'groupId') ?? '',
      artifact: childText(one, 'artifactId') ?? '',
      ...(version !== undefined && { version }),
      ...(scope !== undefined && { scope }),
      ...(type !== undefined && { type }),
      ...(classifier !== undefined && { classifier }),
      optional: childText(one, 'optional') === 'true',
      exclusions: childrenOf(child(one, 'exclusions'), 'exclusion').map(
        (excluded) => `${childText(excluded, 'groupId') ?? '*'}:${childText(excluded, 'artifactId') ?? '*'}`,
      ),
      lines: one.lines,
    }
  })
}
