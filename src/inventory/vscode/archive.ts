import { Failure } from '../../lib/failure.ts'
import { openZip } from '../../lib/zip/zip.ts'
import type { RandomFile, ReadResult } from '../../reading/index.ts'
import { type Extension, readExtensionManifest } from './extension.ts'

const MANIFEST = 'extension/package.json'
const MAX_MANIFEST_BYTES = 4 * 1024 ** 2

/** The extension in a `.vsix`, a zip archive with its files below `extension/`. One that is no archive is npm's to say. */
export function readExtensionArchive(file: RandomFile): ReadResult<Extension> {
  try {
    const zip = openZip(file, file.path)
    const entry = zip.entries.find(({ name }) => name === MANIFEST)
    if (entry === undefined) return { facts: [], diagnostics: [] }
    const bytes = zip.read(entry, MAX_MANIFEST_BYTES)
    const { facts } = readExtensionManifest({ path: MANIFEST, sizeBytes: bytes.length, mode: 0, bytes })
    return { facts: facts.map((fact) => ({ ...fact, inside: MANIFEST })), diagnostics: [] }
  } catch (error) {
    if (error instanceof Failure) return { facts: [], diagnostics: [] }
    throw error
  }
}
