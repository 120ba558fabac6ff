import { decodePath } from '../../lib/path-text.ts'
import type { ListedFile } from '../file-claims.ts'
import type { Claim } from '../types.ts'
import type { RpmFiles } from './package.ts'

/** Algorithms by their number in headers (RFC 9580, section 9.5) that ownership can be proven by. */
const ALGORITHMS: ReadonlyMap<number, 'md5' | 'sha1' | 'sha256'> = new Map([
  [1, 'md5'],
  [2, 'sha1'],
  [8, 'sha256'],
])
const HEX_DIGITS = { md5: 32, sha1: 40, sha256: 64 } as const

/** The files of a package, with the digest of those that have one (folders, links and ghosts have none), made when it is asked for. */
export function* listedFiles(files: RpmFiles): Generator<ListedFile, void, undefined> {
  const folders = files.folders === undefined ? [] : decodedTexts(files.folders)
  const folderOf = files.folderOf && new DataView(files.folderOf.buffer)
  const algorithm = ALGORITHMS.get(files.algorithm)
  const digests = algorithm === undefined || files.digests === undefined ? [] : asciiTexts(files.digests)
  const names = decodedTexts(files.names)
  for (let index = 0; index < names.length; index++) {
    const number = folderOf && index * 4 + 4 <= folderOf.byteLength ? folderOf.getUint32(index * 4) : undefined
    const folder = number === undefined ? '' : folders[number]
    if (folder === undefined) continue
    const whole = folder + names[index]
    const hex = digests[index]
    yield {
      path: whole.startsWith('/') ? whole.replace(/^\/+/, '') : whole,
      get digest() {
        return algorithm && hex ? digestOf(algorithm, hex) : undefined
      },
    }
  }
}

function decodedTexts(bytes: Uint8Array): readonly string[] {
  return bytes.every((byte) => byte < 0x80) ? asciiTexts(bytes) : [...texts(bytes)].map(decodePath)
}

/** Texts that end by NUL, all at once. */
function asciiTexts(bytes: Uint8Array): readonly string[] {
  const whole = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1')
  return (whole.endsWith('\0') ? whole.slice(0, -1) : whole).split('\0')
}

function digestOf(algorithm: keyof typeof HEX_DIGITS, text: string): Claim['digest'] | undefined {
  const hex = text.toLowerCase()
  return hex.length === HEX_DIGITS[algorithm] && /^[0-9a-f]+$/.test(hex) ? { algorithm, hex } : undefined
}

/** Texts that end by NUL, as bytes. */
export function* texts(bytes: Uint8Array): Generator<Uint8Array, void, undefined> {
  for (let at = 0; at < bytes.length; ) {
    const zero = bytes.indexOf(0, at)
    const end = zero < 0 ? bytes.length : zero
    yield bytes.subarray(at, end)
    at = end + 1
  }
}
