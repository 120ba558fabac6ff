/** What a file name `artifact-version[-classifier].jar` says. */
export interface NamedArtifact {
  readonly artifact: string
  readonly version?: string
}

/** Java archives by the end of their name: they hold classes, or archives that do. */
export const ARCHIVE_SUFFIXES = ['.jar', '.war', '.ear', '.par', '.sar', '.jpi', '.hpi', '.kar', '.lpkg'] as const

const QUALIFIER =
  /^(?:alpha|beta|b|m|rc|cr|ea|sp|snapshot|final|ga|release|incubating|jre|jdk|java|android|redhat|pre|preview|milestone|build|hotfix|patch|p|r|v|rev)\d*(?:[._+][\w.+]*)?$/i
/** Parts of a name that come after the version and name another file of the same artifact (https://maven.apache.org/pom.html, classifier). */
const CLASSIFIER =
  /-(?:sources|javadoc|tests|test|shaded|all|jar-with-dependencies|exec|boot|runner|uber|fat|no_aop|nodep)$/

/** Whether an entry or file is an archive by its name. */
export function isArchiveName(name: string): boolean {
  const dot = name.lastIndexOf('.')
  return dot > 0 && (ARCHIVE_SUFFIXES as readonly string[]).includes(name.slice(dot).toLowerCase())
}

/** Whether it is an artifact's sources or documentation: no code that runs. */
export function isSourcesName(name: string): boolean {
  return /-(?:sources|javadoc|groovydoc|scaladoc)\.jar$/.test(name)
}

/** The name without folder and suffix. */
export function stemOf(path: string): string {
  const name = path.slice(path.lastIndexOf('/') + 1)
  const dot = name.lastIndexOf('.')
  return dot > 0 ? name.slice(0, dot) : name
}

/**
 * Artifact and version of a file name's stem. The version begins at the first part that begins with a digit and is followed only by parts
 * of a version: `log4j-1.2-api-2.17.1` is 2.17.1 of log4j-1.2-api, `guava-32.1.2-jre` is 32.1.2-jre of guava.
 */
export function artifactOfStem(stem: string): NamedArtifact {
  const parts = stem.replace(CLASSIFIER, '').split('-')
  let from = parts.length
  let version: number | undefined
  while (from > 1) {
    const part = parts[--from]
    if (/^v?\d/.test(part)) version = from
    else if (!QUALIFIER.test(part)) break
  }
  if (version === undefined) return { artifact: parts.join('-') }
  return { artifact: parts.slice(0, version).join('-'), version: parts.slice(version).join('-').replace(/^v/, '') }
}

/**
 * The coordinates that a path of a Maven repository (https://maven.apache.org/repository/layout.html) or of Gradle's module cache says:
 * `…/repository/org/slf4j/slf4j-api/2.0.9/slf4j-api-2.0.9.jar`, `…/files-2.1/org.slf4j/slf4j-api/2.0.9/<sha1>/slf4j-api-2.0.9.jar`.
 */
export function coordinatesOfPath(
  path: string,
): { readonly group: string; readonly artifact: string; readonly version: string } | undefined {
  const parts = path.split('/')
  const name = parts.at(-1) ?? ''
  const cache = parts.lastIndexOf('files-2.1')
  if (cache >= 0 && parts.length === cache + 6) {
    const [group, artifact, version] = parts.slice(cache + 1, cache + 4)
    return name.startsWith(`${artifact}-${version}`) ? { group, artifact, version } : undefined
  }
  const root = Math.max(
    ...['repository', 'maven2', 'm2', 'repo', 'maven-repo'].map((folder) => parts.lastIndexOf(folder)),
  )
  if (root < 0 || parts.length < root + 5) return undefined
  const [artifact, version] = parts.slice(-3, -1)
  if (!name.startsWith(`${artifact}-${version.replace(/-SNAPSHOT$/, '-')}`)) return undefined
  return { group: parts.slice(root + 1, -3).join('.'), artifact, version }
}
