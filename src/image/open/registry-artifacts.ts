import type { Digest } from '../../model/digest.ts'
import type { Artifact, PushedArtifact } from '../registry/artifact.ts'
import type { ImageName, OpenContext } from '../types.ts'

/** Pushes an artifact under a name, see `registry/artifact.ts`. @throws Failure naming it. */
export async function pushArtifact(
  name: ImageName,
  artifact: Artifact,
  context: OpenContext,
  progress: (doneBytes: number, totalBytes: number) => void,
): Promise<PushedArtifact> {
  return await (await import('../registry/door.ts')).pushTo(name, artifact, context, progress)
}

/** An artifact's manifest, and a way to its blobs. @throws Failure naming it. */
export async function openArtifact(
  name: ImageName,
  context: OpenContext,
): Promise<{
  readonly manifest: () => Promise<{ readonly digest: Digest; readonly bytes: Uint8Array }>
  readonly blob: (digest: Digest, sizeBytes: number) => Promise<Uint8Array>
}> {
  return (await import('../registry/door.ts')).artifactOf(name, context)
}
