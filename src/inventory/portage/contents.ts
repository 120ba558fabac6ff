import { decodePath } from '../../lib/path-text.ts'
import type { ListedFile } from '../file-claims.ts'

/** The files of a `CONTENTS`: `obj /path md5 mtime`, and `sym /path -> target mtime`; paths may hold spaces. Folders are not claimed. */
export function* contentsFiles(bytes: Uint8Array): Generator<ListedFile> {
  for (const line of decodePath(bytes).split('\n')) {
    if (line.startsWith('obj /')) {
      const time = line.lastIndexOf(' ')
      const digest = line.lastIndexOf(' ', time - 1)
      const hex = line.slice(digest + 1, time)
      if (digest > 5 && /^[0-9a-f]{32}$/.test(hex))
        yield { path: line.slice(5, digest), digest: { algorithm: 'md5', hex } }
    } else if (line.startsWith('sym /')) {
      const arrow = line.indexOf(' -> ')
      if (arrow > 5) yield { path: line.slice(5, arrow) }
    }
  }
}
