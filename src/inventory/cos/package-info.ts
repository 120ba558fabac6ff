import * as z from 'zod/mini'
import type { FileBytes, FileReader, ReadResult } from '../../reading/index.ts'
import { RecordProblems } from '../record-problems.ts'
import { quoted, refuseIdentity } from '../recorded-text.ts'

/** One package of the system image. */
export interface CosFact {
  readonly name: string
  readonly version: string
  /** Gentoo's category: `sys-libs`. */
  readonly category?: string
  /** The version of the ebuild it was built from. */
  readonly ebuildVersion?: string
}

const Document = z.object({ installedPackages: z.array(z.unknown()) })
const Entry = z.object({
  name: z.string(),
  version: z.string(),
  category: z.optional(z.string()),
  ebuild_version: z.optional(z.string()),
})

/**
 * Reads Container-Optimized OS's list of packages (https://cloud.google.com/container-optimized-os/docs/how-to/system-packages).
 * What was only used to build the image (`buildTimePackages`) is not in it and left out.
 */
export const packageInfoReader: FileReader<CosFact> = {
  id: 'cos-package-info',
  version: 1,
  wants: { any: [{ path: 'etc/cos-package-info.json' }], maxBytes: 64 * 1024 * 1024, loss: 'blind' },
  read,
  keys: (fact) => [cosKey(fact)],
}

/** What a record is followed by from layer to layer. */
export function cosKey(fact: CosFact): string {
  return `${fact.category ?? ''} ${fact.name} ${fact.version}`
}

function read(file: FileBytes): ReadResult<CosFact> {
  let document: z.infer<typeof Document>
  try {
    document = Document.parse(JSON.parse(new TextDecoder().decode(file.bytes)))
  } catch (error) {
    const why = error instanceof SyntaxError ? 'is not JSON' : 'has no list installedPackages'
    const message = `the list of packages ${why}`
    return { facts: [], diagnostics: [{ code: 'cos-database-unreadable', message, path: file.path, effect: 'blind' }] }
  }
  const problems = new RecordProblems('cos-record-broken', file.path)
  const facts: CosFact[] = []
  for (const [index, raw] of document.installedPackages.entries()) {
    const entry = Entry.safeParse(raw)
    if (!entry.success) {
      problems.add(`entry ${index + 1} of installedPackages has no name or no version`)
      continue
    }
    const { name, version, category, ebuild_version: ebuildVersion } = entry.data
    const refused = refuseIdentity(name, version) ?? refuseIdentity(category || 'none', ebuildVersion || '0')
    if (refused !== undefined) problems.add(`entry ${index + 1} of installedPackages, ${quoted(name)}, ${refused}`)
    else facts.push({ name, version, ...(category && { category }), ...(ebuildVersion && { ebuildVersion }) })
  }
  return { facts, diagnostics: problems.diagnostics() }
}
