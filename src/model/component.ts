import type { Digest } from './digest.ts'
import type { Evidence, LayerReference } from './evidence.ts'

/** A package, with where it was seen and whose it is. */
export interface Component {
  /** Stable across runs and machines: hash of purl and path. Relations and findings refer to it. */
  readonly id: string
  /** Whether the distribution's package manager or a language's put it there. */
  readonly kind: 'os' | 'library'
  readonly purl: string
  readonly name: string
  /** Whole, as the ecosystem compares it: with epoch and release for dpkg, rpm, pacman. */
  readonly version: string
  /** OSV's name, for OS packages with the release: `Debian:12`, `npm`. Where OSV has none, the OS's id and release: `amzn:2`. */
  readonly ecosystem: string
  /** The package that the distribution builds this one from: Debian's, Alpine's and others' advisories name it. */
  readonly source?: { readonly name: string; readonly version: string }
  readonly architecture?: string
  /** Maintainer or vendor, as the record says. */
  readonly supplier?: string
  /** Module stream of RPM, where there is one: `nodejs:18:8090020230825:a75119d5`. */
  readonly module?: string
  readonly licences: readonly string[]
  readonly hashes: readonly Digest[]
  readonly cpes: readonly string[]
  readonly direct: boolean | 'unknown'
  readonly scope: 'runtime' | 'development' | 'unknown'
  /** `installed`: it is there; `declared`: a lockfile names it. */
  readonly presence: 'installed' | 'declared'
  readonly evidence: readonly Evidence[]
  /** Id of the OS package that owns the winning files, proven by its file list and, where it records one, the digest. */
  readonly ownedBy?: string
  /** Whose the layer is that brought it: the base image's or this image's own. */
  readonly origin: 'base' | 'own' | 'unknown'
  /** Set when it is not in the final image: the layer that removed it, or put another version in its place. */
  readonly lost?: { readonly layer: LayerReference; readonly how: 'removed' | 'replaced' }
}

/** A tie between two components, by their ids. */
export interface Relation {
  readonly from: string
  readonly to: string
  readonly kind: 'depends-on' | 'contains' | 'built-from'
}
