import { openZip } from '../../lib/zip/zip.ts'
import type { RandomFile, ReadResult } from '../../reading/index.ts'

const MANIFEST = 'META-INF/MANIFEST.MF'
const MAX_MANIFEST_BYTES = 1 << 20
const MAX_ENTRIES = 5000

/** The `Class-Path` of an archive's manifest (docs.oracle.com/en/java/javase/21/docs/specs/jar/jar.html#class-path-attribute), as written. */
export interface StatedClassPath {
  readonly classPath: readonly string[]
}

/** Reads what an archive names beside itself. One that cannot be read names nothing. */
export function readClassPath(file: RandomFile): ReadResult<StatedClassPath> {
  return { facts: [{ classPath: statedIn(file) }], diagnostics: [] }
}

function statedIn(file: RandomFile): readonly string[] {
  try {
    const zip = openZip(file)
    const entry = zip.entries.find(({ name }) => name === MANIFEST)
    if (entry === undefined || entry.sizeBytes > MAX_MANIFEST_BYTES) return []
    const text = Buffer.from(zip.read(entry, MAX_MANIFEST_BYTES))
      .toString('utf8')
      .replace(/\r?\n /g, '')
    const line = text.split(/\r?\n/).find((one) => /^class-path:/i.test(one))
    return (line ?? '')
      .slice('class-path:'.length)
      .split(' ')
      .filter((one) => one !== '')
      .slice(0, MAX_ENTRIES)
  } catch {
    return []
  }
}
