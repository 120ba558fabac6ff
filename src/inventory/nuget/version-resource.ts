const KEY = Buffer.from('VS_VERSION_INFO\0', 'utf16le')
const MAX_BLOCKS = 2000
const MAX_DEPTH = 4

interface Block {
  readonly key: string
  /** Where its value begins, and its children after it. */
  readonly value: number
  readonly valueWords: number
  readonly end: number
}

/**
 * The strings of a version resource, in the bytes of a resource section, by their names (`ProductVersion`); undefined where there is none
 * (VS_VERSIONINFO and StringFileInfo, learn.microsoft.com/windows/win32/menurc/vs-versioninfo). Of several languages the first that says it.
 */
export function versionStrings(section: Uint8Array): ReadonlyMap<string, string> | undefined {
  const bytes = Buffer.from(section.buffer, section.byteOffset, section.length)
  const at = bytes.indexOf(KEY)
  if (at < 6) return undefined
  const root = blockAt(bytes, at - 6, bytes.length)
  if (root === undefined) return undefined
  const strings = new Map<string, string>()
  const fixedBytes = bytes.readUInt16LE(at - 4)
  const waiting = [{ from: aligned(root.value + fixedBytes, at - 6), to: root.end, depth: 1 }]
  let seen = 0
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    for (let from = next.from; from < next.to && seen < MAX_BLOCKS; seen++) {
      const block = blockAt(bytes, from, next.to)
      if (block === undefined) break
      if (next.depth === 3) {
        const end = Math.min(block.value + block.valueWords * 2, block.end)
        const text = bytes.toString('utf16le', block.value, Math.max(end, block.value)).split('\0', 1)[0].trim()
        if (text !== '' && !strings.has(block.key)) strings.set(block.key, text)
      } else if (next.depth < MAX_DEPTH - 1 && block.key !== 'VarFileInfo')
        waiting.push({ from: block.value, to: block.end, depth: next.depth + 1 })
      from = aligned(block.end, at - 6)
    }
  }
  return strings
}

/** A block: its length, its value's length, its type, its name in UTF-16, then at a multiple of four bytes its value. */
function blockAt(bytes: Buffer, from: number, to: number): Block | undefined {
  if (from + 8 > to) return undefined
  const length = bytes.readUInt16LE(from)
  const end = from + length
  if (length < 8 || end > to) return undefined
  let keyEnd = from + 6
  while (keyEnd + 2 <= end && bytes.readUInt16LE(keyEnd) !== 0) keyEnd += 2
  const start = keyEnd + 2 + ((4 - ((keyEnd + 2 - from) % 4)) % 4)
  const key = bytes.toString('utf16le', from + 6, Math.min(keyEnd, end))
  return { key, value: Math.min(start, end), valueWords: bytes.readUInt16LE(from + 2), end }
}

function aligned(offset: number, origin: number): number {
  return offset + ((4 - ((offset - origin) % 4)) % 4)
}
