import { hash } from 'node:crypto'
import { encodePath } from '../lib/path-text.ts'

/**
 * The id of a component: the first 80 bits, in hexadecimal (20 digits), of the SHA-256 of its package URL and the path of the file that
 * states it. The same on every run and machine. Nothing else goes in, so a package keeps its id when its layer is built again.
 */
export function componentId(purl: string, path: string): string {
  const bytes = encodePath(`${purl}\0${path}`)
  return hash('sha256', bytes, 'hex').slice(0, 20)
}
