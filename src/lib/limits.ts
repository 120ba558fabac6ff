/** Bounds on what one input may cost. All configurable; going over one is an error that names the input and the bound. */
export interface Limits {
  /** Bytes that one layer or archive may unpack to. */
  readonly unpackedBytes: number
  /** Unpacked bytes per compressed byte, judged once {@link ratioFromBytes} have come out. */
  readonly ratio: number
  readonly ratioFromBytes: number
  /** Entries of one layer, archive or directory tree. */
  readonly entries: number
  /** Bytes of one PAX or GNU long-name header. */
  readonly headerBytes: number
  /** Bytes of one manifest, index or config document. */
  readonly documentBytes: number
  /** Bytes of bodies that need random access, kept in memory each; larger ones go to an unlinked temporary file. */
  readonly memoryBodyBytes: number
  /** Bytes of all temporary files together. */
  readonly temporaryBytes: number
}

export const DEFAULT_LIMITS: Limits = {
  unpackedBytes: 64 * 1024 ** 3,
  ratio: 1000,
  ratioFromBytes: 64 * 1024 ** 2,
  entries: 5_000_000,
  headerBytes: 1024 ** 2,
  documentBytes: 8 * 1024 ** 2,
  memoryBodyBytes: 16 * 1024 ** 2,
  temporaryBytes: 8 * 1024 ** 3,
}
