import type { Component, Relation } from './component.ts'
import type { Diagnostic } from './diagnostic.ts'
import type { Digest } from './digest.ts'
import type { LayerReference } from './evidence.ts'
import type { OperatingSystem } from './operating-system.ts'

/** What was looked at. */
export interface Subject {
  readonly kind: 'image' | 'container' | 'tree' | 'file'
  /** As the user named it. */
  readonly name: string
  /** The manifest's digest, where the door knows it. */
  readonly digest?: Digest
  /** The config's digest: Docker's image ID. */
  readonly imageId?: Digest
  /** `os/architecture[/variant]`. */
  readonly platform?: string
}

/** What is in a target: an SBOM with evidence. */
export interface Inventory {
  readonly subject: Subject
  readonly os?: OperatingSystem
  readonly layers: readonly LayerReference[]
  readonly components: readonly Component[]
  readonly relations: readonly Relation[]
  readonly diagnostics: readonly Diagnostic[]
}
