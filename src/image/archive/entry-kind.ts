import { encodingOf, unpackHead } from '../open/sniff.ts'
import { BLOCK, blockKind } from '../tar/header.ts'
import type { Encoding } from '../types.ts'

/** Bytes of an entry by which it is recognised. */
export const HEAD_BYTES = 4096

/**
 * What an entry of an image archive is, by its first bytes: a JSON document, a layer in one of its encodings, or something else. What is
 * compressed counts as a layer unless it is seen to unpack to something that is no tar: a corrupt layer must not go unnoticed.
 */
export function recogniseEntry(head: Uint8Array): 'document' | Encoding | 'other' {
  const encoding = encodingOf(head)
  if (encoding === 'plain') {
    if (head.length >= BLOCK && blockKind(head, 0) !== 'junk') return 'plain'
    return isJson(head) ? 'document' : 'other'
  }
  const unpacked = unpackHead(head, encoding)
  return unpacked.length >= BLOCK && blockKind(unpacked, 0) === 'junk' ? 'other' : encoding
}

function isJson(head: Uint8Array): boolean {
  for (const byte of head) {
    if (byte === 0x20 || byte === 0x09 || byte === 0x0a || byte === 0x0d) continue
    return byte === 0x7b || byte === 0x5b
  }
  return false
}
