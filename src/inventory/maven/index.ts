import type { LazyRandomReader, LazyReader } from '../../reading/index.ts'
import type { LazyCataloger } from '../types.ts'
import type { ArchivedArtifact } from './archive.ts'
import { ARCHIVE_SUFFIXES } from './archive-names.ts'
import type { MavenFact } from './assemble.ts'
import type { DeclaredArtifact } from './declared.ts'
import type { Pom } from './pom.ts'

const MAX_ARCHIVE_BYTES = 4 * 1024 ** 3
const MAX_DOCUMENT_BYTES = 32 * 1024 ** 2
const MAX_POM_BYTES = 8 * 1024 ** 2

const archiveReader: LazyRandomReader<ArchivedArtifact> = {
  id: 'maven-archive',
  version: 1,
  wants: {
    any: ARCHIVE_SUFFIXES.map((suffix) => ({ suffix })),
    maxBytes: MAX_ARCHIVE_BYTES,
    loss: 'partial',
    // Package managers record different ones; an archive is its package's only by proof.
    digests: ['md5', 'sha1', 'sha256'],
  },
  loadRandom: async () => (await import('./archive.ts')).readArchive,
}

const unpackedReader: LazyReader<ArchivedArtifact> = {
  id: 'maven-unpacked',
  version: 1,
  wants: { any: [{ name: 'pom.properties', inside: 'META-INF/maven' }], maxBytes: MAX_POM_BYTES, loss: 'partial' },
  load: async () => (await import('./unpacked.ts')).readUnpacked,
}

const pomReader: LazyReader<Pom> = {
  id: 'maven-pom',
  version: 1,
  wants: {
    any: [{ name: 'pom.xml' }, { suffix: '.pom', inside: '.m2/repository' }],
    maxBytes: MAX_POM_BYTES,
    loss: 'partial',
  },
  load: async () => (await import('./pom.ts')).readPom,
}

function documentReader(
  id: string,
  any: LazyReader<unknown>['wants']['any'],
  load: LazyReader<DeclaredArtifact>['load'],
): LazyReader<DeclaredArtifact> {
  return { id, version: 1, wants: { any, maxBytes: MAX_DOCUMENT_BYTES, loss: 'partial' }, load }
}

/** Artifacts of Java, Kotlin, Scala and the other languages of the JVM. */
export const maven: LazyCataloger<MavenFact> = {
  id: 'maven',
  summary:
    'Java archives (jar, war, ear, par, jpi, hpi, kar, nested and shaded), pom.xml, Gradle lockfiles, version catalogues and verification metadata, sbt and Bazel Maven locks',
  kind: 'library',
  ecosystems: ['Maven'],
  yields: 'both',
  fills: ['licences', 'hashes', 'lines', 'direct', 'scope', 'depends-on', 'contains'],
  readers: [
    archiveReader,
    unpackedReader,
    pomReader,
    documentReader(
      'gradle-lockfile',
      [{ name: 'gradle.lockfile' }, { name: 'buildscript-gradle.lockfile' }],
      async () => (await import('./gradle.ts')).readGradleLock,
    ),
    documentReader(
      'gradle-verification',
      [{ name: 'verification-metadata.xml' }],
      async () => (await import('./gradle.ts')).readVerificationMetadata,
    ),
    documentReader(
      'gradle-catalog',
      [{ suffix: '.versions.toml' }],
      async () => (await import('./version-catalog.ts')).readVersionCatalog,
    ),
    documentReader(
      'sbt-lockfile',
      [{ suffix: '.sbt.lock' }],
      async () => (await import('./json-locks.ts')).readSbtLock,
    ),
    documentReader(
      'maven-install',
      [{ suffix: 'maven_install.json' }],
      async () => (await import('./json-locks.ts')).readMavenInstall,
    ),
    documentReader(
      'bazel-maven',
      [{ name: 'MODULE.bazel' }, { name: 'WORKSPACE' }, { name: 'WORKSPACE.bazel' }],
      async () => (await import('./bazel.ts')).readBazelMaven,
    ),
  ],
  load: async () => (await import('./assemble.ts')).assembleMaven,
}
