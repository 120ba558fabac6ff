import { Buffer } from 'node:buffer'
import type { ListedFile } from '../file-claims.ts'
import { fileLines } from './installed.ts'

/**
 * The files of a record: `F:` names a folder, each `R:` after it a file in it, `Z:` that file's digest. Folders themselves are
 * not claimed. A digest in a form that is not known is left out, the file is not.
 */
export function* apkFiles(files: Uint8Array): Generator<ListedFile> {
  let folder = ''
  let file: string | undefined
  let digest: ListedFile['digest']
  for (const line of fileLines(files)) {
    const field = line.slice(0, 2)
    if (field === 'F:' || field === 'R:') {
      if (file !== undefined) yield { path: file, ...(digest && { digest }) }
      digest = undefined
      if (field === 'F:') {
        folder = line.slice(2)
        file = undefined
      } else file = folder === '' ? line.slice(2) : `${folder}/${line.slice(2)}`
    } else if (field === 'Z:') digest = digestOf(line.slice(2))
  }
  if (file !== undefined) yield { path: file, ...(digest && { digest }) }
}

/** `Q1` and base64 of a SHA-1, `Q2` and base64 of a SHA-256; 32 hexadecimal digits are an MD5 of old packages. */
export function digestOf(text: string): ListedFile['digest'] {
  if (/^[0-9a-f]{32}$/.test(text)) return { algorithm: 'md5', hex: text }
  const form = /^Q([12])([A-Za-z0-9+/]{27,43}=?)$/.exec(text)
  if (form === null) return undefined
  const bytes = Buffer.from(form[2] ?? '', 'base64')
  const algorithm = form[1] === '1' ? 'sha1' : 'sha256'
  if (bytes.length !== (algorithm === 'sha1' ? 20 : 32)) return undefined
  return { algorithm, hex: bytes.toString('hex') }
}
