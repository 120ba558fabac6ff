import type { Diagnostic } from '../../model/diagnostic.ts'
import type { Image } from '../types.ts'

/** A container: the image that it was made from, and what has been written in it since. */
export interface ContainerTarget {
  /** As the user named it. */
  readonly reference: string
  /** `podman`, `docker`, `containerd`. */
  readonly engine: string
  readonly id: string
  /** Its name, or its ID where it has none. */
  readonly name: string
  /** The image, with its layers only. */
  readonly image: Image
  /** The folder that overlayfs writes to: what is not as in the image. */
  readonly upper: string
  /** Folders of the layers below, the newest first: where the image's own copy of a file is. */
  readonly lowers: readonly string[]
  readonly diagnostics: readonly Diagnostic[]
}
