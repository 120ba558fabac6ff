import { Buffer } from 'node:buffer'
import type { Feed, FeedItem } from '../../src/advisories/feeds/types.ts'
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

async function* pieces(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}
