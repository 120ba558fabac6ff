import type { Digest } from '../../model/digest.ts'
import type { FileBytes, ReadResult } from '../../reading/index.ts'
import { decodeText, linesOf } from '../documents/text.ts'
import { child, childrenOf, parseXml, type XmlElement } from '../documents/xml.ts'
import { RecordProblems } from '../record-problems.ts'
import { recordedDigest } from '../recorded-digest.ts'
import { type DeclaredArtifact, declaredArtifact, unreadable } from './declared.ts'

/** Configurations that are for building and testing: their artifacts are not in what is shipped. */
const DEVELOPMENT =
  /test|annotationprocessor|kapt|ksp|lint|checkstyle|pmd|spotbugs|jacoco|detekt|ktlint|spotless|developmentonly|compileronly|jmh|^classpath$|compilerplugin|^empty$/i

/**
 * The artifacts of a `gradle.lockfile` or `buildscript-gradle.lockfile` (https://docs.gradle.org/current/userguide/dependency_locking.html):
 * `group:artifact:version=configuration,…`. Those of the build script, and of configurations for building and tests alone, are development.
 * Lines that are no coordinates are left out: Gradle itself writes some (`empty=`), and never reads a broken one.
 */
export function readGradleLock(file: FileBytes): ReadResult<DeclaredArtifact> {
  const problems = new RecordProblems('gradle-lockfile-entry-refused', file.path)
  const isBuildScript = file.path.endsWith('buildscript-gradle.lockfile')
  const facts = linesOf(decodeText(file.bytes)).flatMap((line, index) => {
    if (line.startsWith('#')) return []
    const [, group, artifact, version, configurations] =
      /^\s*([^:=\s]+):([^:=\s]+):([^:=\s]+)\s*=(.*)$/.exec(line) ?? []
    if (version === undefined) return []
    const named = configurations
      .split(',')
      .map((one) => one.trim())
      .filter((one) => one !== '')
    const isDevelopment = isBuildScript || (named.length > 0 && named.every((one) => DEVELOPMENT.test(one)))
    const scope = isDevelopment ? 'development' : named.length === 0 ? 'unknown' : 'runtime'
    return declaredArtifact({ group, artifact, version }, { scope, lines: [index + 1, index + 1] }, problems)
  })
  return { facts, diagnostics: problems.diagnostics() }
}

/**
 * The artifacts of Gradle's `verification-metadata.xml` (https://docs.gradle.org/current/userguide/dependency_verification.html) with
 * the digests that Gradle checks. Every version that some configuration once resolved stands there: it is a list of what may be used.
 */
export function readVerificationMetadata(file: FileBytes): ReadResult<DeclaredArtifact> {
  const parsed = parseXml(file.bytes)
  const what = "Gradle's verification metadata"
  if ('problem' in parsed) return unreadable('gradle-verification-unreadable', file.path, what, parsed.problem)
  if (parsed.root.name !== 'verification-metadata')
    return unreadable('gradle-verification-unreadable', file.path, what, 'its root is not <verification-metadata>')
  const problems = new RecordProblems('gradle-verification-entry-refused', file.path)
  const facts = childrenOf(child(parsed.root, 'components'), 'component').flatMap((component) => {
    const [group, artifact, version] = ['group', 'name', 'version'].map((name) => component.attributes.get(name) ?? '')
    return declaredArtifact(
      { group, artifact, version },
      { hashes: jarHashes(component), lines: component.lines },
      problems,
    )
  })
  return { facts, diagnostics: problems.diagnostics() }
}

/** Digests of the archive itself: those of its module and project files would say nothing of a jar that is found. */
function jarHashes(component: XmlElement): Digest[] {
  const archives = childrenOf(component, 'artifact').filter(({ attributes }) =>
    /\.(?:jar|aar|war)$/.test(attributes.get('name') ?? ''),
  )
  const hashes = archives.flatMap((archive) =>
    ['sha256', 'sha512'].flatMap((algorithm) =>
      childrenOf(archive, algorithm).flatMap(
        ({ attributes }) => recordedDigest(algorithm, attributes.get('value')) ?? [],
      ),
    ),
  )
  return hashes.slice(0, 16)
}
