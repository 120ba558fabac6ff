import type { KevEntry, OsvRecord } from '../types.ts'

/** A record of another scanner's database, or why one is none. */
export type ForeignItem =
  | { readonly record: OsvRecord }
  /** `name` as people find it in that database. */
  | { readonly wrong: string; readonly reason: string }

/** Another scanner's database while it is read. Whatever is damaged in it throws `Failure` that names the file. */
export interface ForeignDatabase {
  /** As origins of records name it: `trivy-db`. */
  readonly id: string
  /** ISO time at which it was built; undefined where it does not say. */
  readonly builtAt?: string
  /** Ecosystems, without release, of which it says something. */
  readonly ecosystems: readonly string[]
  /** What it says about one of them, converted; each record once. */
  records(ecosystem: string): Iterable<ForeignItem>
  readonly kev?: () => Iterable<KevEntry>
  readonly epss?: () => { readonly on: string; readonly rows: Iterable<readonly [string, number, number]> } | undefined
  /** What records of this database cannot say, one phrase each, and parts of it that nothing is made of. */
  readonly cannotSay: readonly string[]
  close(): void
}

/** How a kind of database is known and opened. One folder below `foreign/` and one line in `foreign/index.ts` make one. */
export interface ForeignKind {
  readonly id: string
  readonly title: string
  /** File of the database within the archives that it is published as. */
  readonly member: string
  /** Whether a file is one, by its first bytes (4 KB, or all of it). */
  recognises(start: Uint8Array): boolean
  /** Opens a file; `at` is the time of this reading, ISO, for records without one. */
  open(path: string, at: string): Promise<ForeignDatabase>
}
