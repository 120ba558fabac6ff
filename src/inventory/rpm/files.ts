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

/** The files of a package, with the digest of those that have one (folders, links and ghosts have none). */
export function* listedFiles(files: RpmFiles): Generator<ListedFile, void, undefined> {
  const folders = files.folders === undefined ? [] : [...texts(files.folders)].map(decodePath)
  const folderOf = files.folderOf && new DataView(files.folderOf.buffer)
  const algorithm = ALGORITHMS.get(files.algorithm)
  const digests = texts(files.digests ?? new Uint8Array())
  let index = 0
  for (const name of texts(files.names)) {
    const number = folderOf && index * 4 + 4 <= folderOf.byteLength ? folderOf.getUint32(index * 4) : undefined
    const folder = number === undefined ? '' : folders[number]
    index++
    const said = digests.next()
    if (folder === undefined) continue
    const path = `${folder}${decodePath(name)}`.replace(/^\/+/, '')
    const digest = algorithm && !said.done ? digestOf(algorithm, said.value) : undefined
    yield digest === undefined ? { path } : { path, digest }
  }
}

function digestOf(algorithm: keyof typeof HEX_DIGITS, bytes: Uint8Array): Claim['digest'] | undefined {
  if (bytes.length !== HEX_DIGITS[algorithm]) return undefined
  const hex = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1').toLowerCase()
  return /^[0-9a-f]+$/.test(hex) ? { algorithm, hex } : undefined
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
