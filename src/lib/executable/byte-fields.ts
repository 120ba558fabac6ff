import type { ByteSource } from '../byte-source.ts'
import type { ExecutableSegment } from './types.ts'

/** Numbers of a piece of a file in its byte order. Beyond its end they are 0: whoever reads checks the piece's length first. */
export interface ByteFields {
  readonly sizeBytes: number
  u8(offset: number): number
  u16(offset: number): number
  u32(offset: number): number
  /** Unsigned; beyond 2^53 the nearest number, which {@link Number.isSafeInteger} refuses. */
  u64(offset: number): number
}

/** Fields of `bytes`. */
export function byteFields(bytes: Uint8Array, littleEndian: boolean): ByteFields {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const fits = (offset: number, size: number): boolean => offset >= 0 && offset + size <= bytes.length
  return {
    sizeBytes: bytes.length,
    u8: (offset) => (fits(offset, 1) ? view.getUint8(offset) : 0),
    u16: (offset) => (fits(offset, 2) ? view.getUint16(offset, littleEndian) : 0),
    u32: (offset) => (fits(offset, 4) ? view.getUint32(offset, littleEndian) : 0),
    u64: (offset) => (fits(offset, 8) ? Number(view.getBigUint64(offset, littleEndian)) : 0),
  }
}

/** A copy of the bytes at a position: none where the position is no sound one. */
export function copyAt(source: ByteSource, offset: number, length: number): Uint8Array {
  if (!Number.isSafeInteger(offset) || offset < 0 || offset >= source.sizeBytes) return new Uint8Array(0)
  const wanted = Math.min(length, source.sizeBytes - offset)
  return wanted > 0 ? source.at(offset, wanted).slice() : new Uint8Array(0)
}

/** A copy of what the segments map at `address`. */
export function copyAtAddress(
  source: ByteSource,
  segments: readonly ExecutableSegment[],
  address: number,
  length: number,
): Uint8Array {
  for (const segment of segments) {
    const into = address - segment.address
    if (into >= 0 && into < segment.sizeBytes)
      return copyAt(source, segment.offset + into, Math.min(length, segment.sizeBytes - into))
  }
  return new Uint8Array(0)
}

/** Text up to the first NUL from `offset`, or to the end of the bytes. */
export function textAt(bytes: Uint8Array, offset: number): string {
  if (offset < 0 || offset >= bytes.length) return ''
  const end = bytes.indexOf(0, offset)
  return Buffer.from(bytes.subarray(offset, end < 0 ? bytes.length : end)).toString('utf8')
}

/** Whether the bytes of an ASCII text are in there. */
export function hasText(bytes: Uint8Array, text: string): boolean {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).includes(text, 0, 'latin1')
}
