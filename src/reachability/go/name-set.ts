/** Names as a sorted list of their 32-bit hashes, 4 bytes each, lowest first: plain data of bounded size that facts can hold. */
export type NameHashes = Uint8Array

/** FNV-1a over UTF-16 units: of names that are ASCII, as Go's almost always are, over their bytes. */
export function hashOfName(name: string): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193)
  return hash >>> 0
}

/** The distinct hashes, sorted. */
export function nameHashes(hashes: Iterable<number>): NameHashes {
  const sorted = Uint32Array.from(new Set(hashes)).sort()
  const bytes = new Uint8Array(sorted.length * 4)
  const view = new DataView(bytes.buffer)
  for (const [i, hash] of sorted.entries()) view.setUint32(i * 4, hash, true)
  return bytes
}

/**
 * Whether a name may be in there. One that is, always is; of others, about one in 2^32 divided by their number passes for one that is:
 * the error is on the side of caution.
 */
export function mayHold(hashes: NameHashes, name: string): boolean {
  const view = new DataView(hashes.buffer, hashes.byteOffset, hashes.byteLength)
  const wanted = hashOfName(name)
  let low = 0
  let high = Math.floor(hashes.byteLength / 4) - 1
  while (low <= high) {
    const middle = (low + high) >>> 1
    const found = view.getUint32(middle * 4, true)
    if (found === wanted) return true
    if (found < wanted) low = middle + 1
    else high = middle - 1
  }
  return false
}
