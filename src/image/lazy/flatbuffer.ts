/**
 * A table of a FlatBuffers document (flatbuffers.dev, "Internals"), read where it lies. Positions are checked by every access: one that
 * leads outside throws a RangeError.
 */
export class FlatTable {
  readonly #view: DataView
  readonly #at: number
  readonly #vtable: number
  readonly #vtableBytes: number

  constructor(view: DataView, at: number) {
    this.#view = view
    this.#at = at
    this.#vtable = at - view.getInt32(at, true)
    this.#vtableBytes = view.getUint16(this.#vtable, true)
  }

  /** The root table of a document. */
  static root(bytes: Uint8Array): FlatTable {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    return new FlatTable(view, view.getUint32(0, true))
  }

  /** A field of 8 bytes, signed; 0 where it is not there, undefined when no double holds it. */
  long(field: number): number | undefined {
    const at = this.#place(field)
    if (at === undefined) return 0
    const value = Number(this.#view.getBigInt64(at, true))
    return Number.isSafeInteger(value) ? value : undefined
  }

  unsigned(field: number): number {
    const at = this.#place(field)
    return at === undefined ? 0 : this.#view.getUint32(at, true)
  }

  byte(field: number, otherwise: number): number {
    const at = this.#place(field)
    return at === undefined ? otherwise : this.#view.getInt8(at)
  }

  table(field: number): FlatTable | undefined {
    const at = this.#place(field)
    return at === undefined ? undefined : new FlatTable(this.#view, at + this.#view.getUint32(at, true))
  }

  /** The bytes of a string or of a vector of bytes: a view. */
  bytes(field: number): Uint8Array {
    const at = this.#place(field)
    return at === undefined ? new Uint8Array(0) : this.#bytesAt(at)
  }

  /** How many elements a vector of tables or strings has. */
  count(field: number): number {
    const at = this.#place(field)
    return at === undefined ? 0 : this.#view.getUint32(at + this.#view.getUint32(at, true), true)
  }

  tableOf(field: number, index: number): FlatTable {
    const element = this.#element(field, index)
    return new FlatTable(this.#view, element + this.#view.getUint32(element, true))
  }

  bytesOf(field: number, index: number): Uint8Array {
    return this.#bytesAt(this.#element(field, index))
  }

  #place(field: number): number | undefined {
    const slot = 4 + 2 * field
    if (slot + 2 > this.#vtableBytes) return undefined
    const offset = this.#view.getUint16(this.#vtable + slot, true)
    return offset === 0 ? undefined : this.#at + offset
  }

  #element(field: number, index: number): number {
    const at = this.#place(field)
    if (at === undefined || index >= this.count(field)) throw new RangeError('no such element')
    return at + this.#view.getUint32(at, true) + 4 + 4 * index
  }

  #bytesAt(at: number): Uint8Array {
    const start = at + this.#view.getUint32(at, true)
    const length = this.#view.getUint32(start, true)
    if (start + 4 + length > this.#view.byteLength) throw new RangeError('bytes outside of the document')
    return new Uint8Array(this.#view.buffer, this.#view.byteOffset + start + 4, length)
  }
}
