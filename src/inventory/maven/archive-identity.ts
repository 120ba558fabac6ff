import { artifactOfStem, coordinatesOfPath, stemOf } from './archive-names.ts'
import { type Coordinates, refuseCoordinates } from './coordinates.ts'
import { knownGroup } from './known-groups.ts'

/** Coordinates that an archive's own files say, with where: `META-INF/maven/g/a/pom.properties`. */
export interface StatedCoordinates extends Coordinates {
  readonly inside: string
  readonly licences: readonly string[]
  /** `group:artifact` of what its `pom.xml` asks for at run time. */
  readonly needs: readonly string[]
}

/** What is known of an archive before it has a name. */
export interface ArchiveClues {
  /** Path of the archive, of an inner one that inside of its outer. */
  readonly path: string
  readonly stated: readonly StatedCoordinates[]
  /** Main headers of the manifest, names in lower case. */
  readonly manifest: ReadonlyMap<string, string>
  /** The package that all classes have in common: `org.example.web`. */
  readonly commonPackage: () => string | undefined
}

/** An archive's name, how sure it is (0 to 1), and who else was put into it. */
export interface ArchiveIdentity {
  readonly main?: Coordinates & {
    readonly confidence: number
    readonly licences: readonly string[]
    readonly needs: readonly string[]
  }
  /** Shaded in: their `pom.properties` came along. */
  readonly others: readonly StatedCoordinates[]
}

/**
 * Who an archive is: by the `pom.properties` that fits its file name, by its place in a repository, by its manifest, by its file name. In
 * that order, since each is less exact than the one before. Of several `pom.properties`, those that are not its own are shaded artifacts.
 */
export function identifyArchive(clues: ArchiveClues): ArchiveIdentity {
  const placed = coordinatesOfPath(clues.path)
  const own = placed ? clues.stated.find((one) => sameArtifact(one, placed)) : ownStated(clues)
  const others = clues.stated.filter((one) => one !== own && !(placed && sameArtifact(one, placed)))
  if (own !== undefined) {
    const { group, artifact, version, licences, needs } = own
    const coordinates = placed ?? { ...(group !== undefined && { group }), artifact, version }
    return { main: { ...coordinates, licences, needs, confidence: 1 }, others }
  }
  const main = placed ? { ...placed, confidence: 1 } : describedCoordinates(clues)
  if (main === undefined || refuseCoordinates(main) !== undefined) return { others }
  return { main: { ...main, licences: [], needs: [] }, others }
}

function sameArtifact(one: Coordinates, other: Coordinates): boolean {
  return one.artifact === other.artifact && one.group === other.group
}

/** The one whose artifact the file name begins with, the longest first; a single one unless the file says to be something else. */
function ownStated({ path, stated, manifest }: ArchiveClues): StatedCoordinates | undefined {
  const stem = stemOf(path)
  const fitting = stated
    .filter(({ artifact }) => stem === artifact || stem.startsWith(`${artifact}-`) || stem.startsWith(`${artifact}_`))
    .sort(
      (a, b) =>
        b.artifact.length - a.artifact.length || Number(stem.includes(b.version)) - Number(stem.includes(a.version)),
    )
  if (fitting[0] !== undefined) return fitting[0]
  const titles = ['implementation-title', 'bundle-symbolicname', 'automatic-module-name'].map((key) =>
    manifest.get(key),
  )
  const titled = stated.filter((one) =>
    titles.some((title) => title === one.artifact || title === `${one.group}.${one.artifact}`),
  )
  if (titled.length === 1) return titled[0]
  const [only] = stated
  if (stated.length !== 1 || only === undefined) return undefined
  const { version } = artifactOfStem(stem)
  return version === undefined || version === only.version ? only : undefined
}

/** From manifest and file name. */
function describedCoordinates(clues: ArchiveClues): (Coordinates & { readonly confidence: number }) | undefined {
  const { manifest } = clues
  const plugin = pluginCoordinates(manifest) ?? nebulaCoordinates(manifest)
  if (plugin !== undefined) return { ...plugin, confidence: 0.9 }
  const { artifact, version } = namedArtifact(stemOf(clues.path), manifest)
  if (version === undefined) return undefined
  const known = knownGroup(artifact)
  if (known !== undefined) return { group: known, artifact, version, confidence: 0.9 }
  const stated = statedGroup(manifest, artifact)
  if (stated !== undefined) return { group: stated, artifact, version, confidence: 0.7 }
  const common = clues.commonPackage()
  if (common === undefined) return { artifact, version, confidence: 0.5 }
  return { group: withoutArtifact(common, artifact) ?? common, artifact, version, confidence: 0.5 }
}

/** A Jenkins plugin says all three (https://www.jenkins.io/doc/developer/plugin-development/). */
function pluginCoordinates(manifest: ReadonlyMap<string, string>): Coordinates | undefined {
  const [group, artifact] = [manifest.get('group-id'), manifest.get('short-name') ?? manifest.get('extension-name')]
  // `2.31 (private-a1b2c3-user)` is a plugin built by hand.
  const version = manifest.get('plugin-version')?.split(' ')[0]
  return group && artifact && version ? { group, artifact, version } : undefined
}

/** The title that Netflix's Gradle plugins write: `io.micrometer#micrometer-core;1.11.5`. */
function nebulaCoordinates(manifest: ReadonlyMap<string, string>): Coordinates | undefined {
  const [, group, artifact, version] =
    /^([\w.-]+)#([\w.-]+);(\S+)$/.exec(manifest.get('implementation-title') ?? '') ?? []
  return group && artifact && version ? { group, artifact, version } : undefined
}

const VERSION_HEADERS = ['implementation-version', 'bundle-version', 'specification-version']

function namedArtifact(stem: string, manifest: ReadonlyMap<string, string>): { artifact: string; version?: string } {
  const named = artifactOfStem(stem)
  if (named.version !== undefined) return named
  const versions = VERSION_HEADERS.map((key) => manifest.get(key)).filter(
    (one) => one !== undefined && /^v?\d/.test(one),
  )
  for (const version of versions) {
    const at = version ? stem.indexOf(`-${version}`) : -1
    if (version && at > 0) return { artifact: stem.slice(0, at), version }
  }
  const [version] = versions
  return version === undefined ? named : { artifact: named.artifact, version }
}

const GROUP = /^[A-Za-z][\w-]*(?:\.[\w-]+)+$/

function statedGroup(manifest: ReadonlyMap<string, string>, artifact: string): string | undefined {
  const vendor = manifest.get('implementation-vendor-id')
  if (vendor !== undefined && GROUP.test(vendor)) return withoutArtifact(vendor, artifact) ?? vendor
  for (const key of ['bundle-symbolicname', 'automatic-module-name', 'extension-name']) {
    const name = manifest.get(key)?.split(';')[0].trim()
    if (name === undefined || !GROUP.test(name)) continue
    return withoutArtifact(name, artifact) ?? name
  }
  return undefined
}

/**
 * The group of a dotted name that ends with the artifact or a part of it: `com.google.gson` of gson, `org.slf4j.api` of slf4j-api,
 * `org.apache.commons.lang3` of commons-lang3. Undefined where its end is something else.
 */
function withoutArtifact(name: string, artifact: string): string | undefined {
  const lower = artifact.toLowerCase()
  const dot = name.lastIndexOf('.')
  const last = name.slice(dot + 1).toLowerCase()
  const isWhole = name.toLowerCase().endsWith(`.${lower}`)
  const isPart = lower.endsWith(`-${last}`) || lower.startsWith(`${last}-`) || lower.endsWith(`.${last}`)
  const group = isWhole ? name.slice(0, -lower.length - 1) : isPart ? name.slice(0, dot) : ''
  // `org.hamcrest` of hamcrest is the group itself: no group is as wide as `org`.
  return group.includes('.') ? group : undefined
}
