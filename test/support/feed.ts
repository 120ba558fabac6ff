import { Buffer } from 'node:buffer'
import type { Feed, FeedIo, FeedItem } from '../../src/advisories/feeds/types.ts'
import { unpacked } from '../../src/advisories/feeds/unpacked.ts'
import type { OsvRecord } from '../../src/advisories/types.ts'

/** Everything that a feed makes of one document, in pieces of `pieceBytes` as a network brings them. */
export async function feedItems(
  feed: Feed,
  path: string,
  content: string | Uint8Array,
  pieceBytes = 4_093,
): Promise<readonly FeedItem[]> {
  const reader = await feed.load()
  const bytes = Buffer.from(content)
  const chunks = unpacked(pieces(bytes, pieceBytes), 1024 ** 3, path)
  return await Array.fromAsync(reader.read({ path, input: path, chunks, at: '2026-01-01T00:00:00Z' }))
}

/** The records of {@link feedItems}. */
export async function feedRecords(
  feed: Feed,
  path: string,
  content: string | Uint8Array,
): Promise<readonly OsvRecord[]> {
  return (await feedItems(feed, path, content)).flatMap((item) => ('record' in item ? [item.record] : []))
}

/** What lists a feed's documents sees: indices by path. */
export function feedIndices(
  indices: Readonly<Record<string, string>>,
  held: ReadonlyMap<string, string> = new Map(),
): FeedIo {
  return {
    at: '2026-01-01T00:00:00Z',
    held,
    bytes: async (path) => (Object.hasOwn(indices, path) ? Buffer.from(indices[path]) : undefined),
  }
}

async function* pieces(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}
