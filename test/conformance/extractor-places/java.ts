import type { ExtractorSlice, Place } from './types.ts'

/** Java and the other languages of the JVM. */
export const java: ExtractorSlice = {
  places: new Map<string, Place>([
    ['language/java/gradlelockfile', { cataloger: 'maven', path: () => 'app/gradle.lockfile' }],
    [
      'language/java/gradleverificationmetadataxml',
      { cataloger: 'maven', path: () => 'app/gradle/verification-metadata.xml' },
    ],
    ['language/java/gradleversioncatalog', { cataloger: 'maven', path: () => 'app/gradle/libs.versions.toml' }],
    ['language/java/pomxml', { cataloger: 'maven', path: () => 'app/pom.xml' }],
    ['misc/bazelmaven', { cataloger: 'maven', path: () => 'app/MODULE.bazel' }],
  ]),
  notBuilt: [],
  gaps: {
    'language/java/gradleverificationmetadataxml/testdata/missing-attribute.xml':
      'a component without group, name or version is no package that could be matched: it is a diagnostic here, with its line',
    'language/java/pomxml/testdata/with-parent.xml':
      'dave comes from a parent file that is not among the data, and frank has no version anywhere: a diagnostic says that it is not counted',
  },
}
