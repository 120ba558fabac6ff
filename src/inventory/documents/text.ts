/**
 * The text of a file: UTF-8, or UTF-16 where it begins with that byte order mark (as PowerShell writes files); the mark is left out.
 * Bytes that are no such text become U+FFFD.
 */
export function decodeText(bytes: Uint8Array): string {
  const [first, second] = bytes
  if (first === 0xff && second === 0xfe) return new TextDecoder('utf-16le').decode(bytes)
  if (first === 0xfe && second === 0xff) return new TextDecoder('utf-16be').decode(bytes)
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8')
  return text.charCodeAt(0) === 0xfeff ? text.slice(1) : text
}

/** The lines of a text, whatever ends them (LF, CRLF, CR), without their ends. */
export function linesOf(text: string): string[] {
  return text.split(/\r\n|\n|\r/)
}
