import { compareDigits, comparePieces, digitsOf, type Piece, skipDigits } from './text.ts'

/** The outer form that dpkg, rpm and pacman share: `[epoch:]version[-release]`. */
interface EpochRelease<Part> {
  /** Digits; empty for zero and for none. */
  readonly epoch: string
  readonly version: Part
  /** Undefined where the text has no `-`. */
  readonly release: Part | undefined
}

/** A version in that form, its parts read. */
export type EpochReleaseVersion = EpochRelease<readonly Piece[]>

/** Splits at the first colon and the last dash. Text before a colon that is no number is no epoch but belongs to the version. */
export function splitEpochRelease(text: string): EpochRelease<string> {
  const trimmed = text.trim()
  const colon = skipDigits(trimmed, 0)
  const hasEpoch = colon > 0 && trimmed.charCodeAt(colon) === 58
  const rest = hasEpoch ? trimmed.slice(colon + 1) : trimmed
  const dash = rest.lastIndexOf('-')
  return {
    epoch: hasEpoch ? digitsOf(trimmed, 0, colon) : '',
    version: dash < 0 ? rest : rest.slice(0, dash),
    release: dash < 0 ? undefined : rest.slice(dash + 1),
  }
}

/** Reads both parts of {@link splitEpochRelease} with `segments`. */
export function parseEpochRelease(text: string, segments: (part: string) => readonly Piece[]): EpochReleaseVersion {
  const { epoch, version, release } = splitEpochRelease(text)
  return { epoch, version: segments(version), release: release === undefined ? undefined : segments(release) }
}

/** Epoch, then version, then release; none is before any. Where the pieces of one end first, that counts as rank `end`. */
export function compareEpochRelease(a: EpochReleaseVersion, b: EpochReleaseVersion, end: number): number {
  const order = compareDigits(a.epoch, b.epoch) || comparePieces(a.version, b.version, end)
  if (order !== 0) return order
  if (a.release === undefined) return b.release === undefined ? 0 : -1
  return b.release === undefined ? 1 : comparePieces(a.release, b.release, end)
}
