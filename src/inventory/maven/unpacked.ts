import type { FileBytes, ReadResult } from '../../reading/index.ts'
import type { ArchivedArtifact } from './archive.ts'
import { refuseCoordinates } from './coordinates.ts'
import { parseProperties } from './manifest.ts'

/** The artifact of a `META-INF/maven/…/pom.properties` that lies unpacked in the tree: an archive that was taken apart (an exploded war). */
export function readUnpacked(file: FileBytes): ReadResult<ArchivedArtifact> {
  const properties = parseProperties(file.bytes)
  const [group, artifact, version] = ['groupId', 'artifactId', 'version'].map((key) => properties.get(key) ?? '')
  const reason = refuseCoordinates({ group, artifact, version })
  if (reason === undefined)
    return {
      facts: [{ kind: 'archived', group, artifact, version, licences: [], needs: [], confidence: 1 }],
      diagnostics: [],
    }
  const message = `the properties of an artifact of Maven are not believed: it ${reason}`
  return { facts: [], diagnostics: [{ code: 'maven-properties-refused', message, path: file.path, effect: 'partial' }] }
}
