/**
 * Gives the memory of a large array back at once: left to the garbage collector, it stays for as long as nothing presses. Nobody may have a
 * use for the array, or for others over the same bytes.
 */
export function freeMemory({ buffer }: Uint8Array | Uint32Array | Int32Array | Float64Array): void {
  if (buffer instanceof ArrayBuffer) buffer.transfer(0)
}
