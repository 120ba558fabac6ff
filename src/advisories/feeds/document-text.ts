import { Buffer } from 'node:buffer'
import { Failure } from '../../lib/failure.ts'
import type { OpenDocument } from './types.ts'

/** A whole document of at most `maxBytes`, for forms that are small. Throws `Failure` that names it. */
export async function documentText(
  { chunks, input }: Pick<OpenDocument, 'chunks' | 'input'>,
  maxBytes: number,
): Promise<string> {
  const parts: Uint8Array[] = []
  let bytes = 0
  for await (const part of chunks) {
    bytes += part.length
    if (bytes > maxBytes) throw new Failure('feed-size', `${input} holds more than ${maxBytes} bytes`, { input })
    parts.push(part)
  }
  return Buffer.concat(parts).toString()
}
