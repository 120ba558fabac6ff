import type { AnyCataloger } from '../../../src/inventory/index.ts'

/** Which cataloger reads what an extractor reads, and where such a file lies in an image. */
export interface Place {
  readonly cataloger: string
  path(file: string): string
  /** Another place where such a file means something else, when the data does not say which one a case is about. */
  readonly otherPath?: string
  /** Files that a case is about together with its own: paths below its folder, left out where a case has none. */
  readonly beside?: readonly string[]
  /** The cataloger as a case's options want it. */
  readonly withOptions?: (options: readonly string[]) => AnyCataloger
}

export type ExtractorPlaces = ReadonlyMap<string, Place>

/** A part of the extractors: where the files of those that are built lie, and which are not built. */
export interface ExtractorSlice {
  readonly places: ExtractorPlaces
  /** Prefixes of case names. */
  readonly notBuilt: readonly string[]
  /** Cases that do not hold for another reason, with it. */
  readonly gaps?: Readonly<Record<string, string>>
}
