/**
 * What not having done something means for the answer:
 * `blind`: a layer, a package database, a whole ecosystem was not seen; `partial`: one file; `notice`: nothing is missing, but the user should know.
 */
export type DiagnosticEffect = 'blind' | 'partial' | 'notice'

/** Something that was not done. Never thrown away: unknown is not clean. */
export interface Diagnostic {
  /** Stable kebab-case name of the kind, as `gzip-truncated`, `rpm-database-corrupt`. */
  readonly code: string
  /** One sentence for a person, without the path. */
  readonly message: string
  /** The file inside the image or tree, or the input, that it is about. */
  readonly path?: string
  /** The layer, where one is to blame. */
  readonly layer?: { readonly index: number; readonly diffId?: string }
  readonly effect: DiagnosticEffect
}
