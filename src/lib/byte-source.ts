/** Bytes that are read by position: a file, a part of one, a body in memory. Synchronous, for readers run in worker threads. */
export interface ByteSource {
  readonly sizeBytes: number
  /** The bytes from `offset`, `length` of them or fewer at the end; a view or a copy, to be used before the next call. */
  at(offset: number, length: number): Uint8Array
  /** What `make` gives for these bytes, made once for all who ask with the same function: several readers look at one file alike. */
  once?<Result>(make: (source: ByteSource) => Result): Result
}
