import type { Component, Relation } from '../model/component.ts'
import type { Diagnostic } from '../model/diagnostic.ts'
import type { LayerReference } from '../model/evidence.ts'
import type { OperatingSystem } from '../model/operating-system.ts'
import type { AnyReader, MergedTree, PlacedRow } from '../reading/index.ts'

/** What a cataloger is told about the image beside its own rows. */
export interface AssembleContext {
  /** The operating system, where one was recognised: purls and ecosystems of OS packages carry it. */
  readonly os?: OperatingSystem
  readonly tree: MergedTree
  /** The layer of that index as evidence names it. */
  readonly layer: (index: number) => LayerReference | undefined
}

/** What of a component a cataloger can fill in beside name, version, purl and where it was seen; of a file that does not say it, it does not. */
export type Filled =
  | 'licences'
  | 'hashes'
  | 'supplier'
  | 'source'
  | 'cpes'
  | 'lines'
  | 'direct'
  | 'scope'
  | 'depends-on'
  | 'contains'
  | 'owned-files'

interface CatalogerBase {
  readonly id: string
  /** One line for lists: `Debian packages: dpkg status, status.d, opkg`. */
  readonly summary: string
  readonly kind: 'os' | 'library'
  readonly ecosystems: readonly string[]
  readonly yields: 'installed' | 'declared' | 'both'
  readonly readers: readonly AnyReader[]
  readonly fills: readonly Filled[]
  /** What it sees in a file that an OS package is proven to own is that package once more: it is left out. */
  readonly yieldsToOwner?: true
}

/** One ecosystem, one folder. Adding one adds one line to inventory/index.ts and touches nothing else. */
export interface Cataloger<Fact = unknown> extends CatalogerBase {
  /** Pure, over the whole image, never cached by layer: what one file says about another is settled here. Rows of all its readers, hidden copies included. */
  assemble(rows: readonly PlacedRow<Fact>[], context: AssembleContext): Assembled
}

/** A cataloger whose code is loaded when a target has rows of its readers: a scan pays only for the ecosystems that it meets. */
export interface LazyCataloger<Fact = unknown> extends CatalogerBase {
  /** Imports the module that assembles. */
  load(): Promise<Cataloger<Fact>['assemble']>
}

export type AnyCataloger = Cataloger | LazyCataloger

export interface Assembled {
  readonly components: readonly Component[]
  readonly relations: readonly Relation[]
  readonly diagnostics: readonly Diagnostic[]
  /** An OS cataloger's answer to "whose are these files?"; one shared step then settles ownership for all ecosystems. */
  readonly claims?: (paths: ReadonlySet<string>) => ReadonlyMap<string, Claim>
}

export interface Claim {
  /** Id of the owning component. */
  readonly owner: string
  /** Layer index since which the owner's record has been there. */
  readonly since: number
  /** What the package database says of the file's content, in the algorithm that it keeps. */
  readonly digest?: { readonly algorithm: 'md5' | 'sha1' | 'sha256'; readonly hex: string }
}
