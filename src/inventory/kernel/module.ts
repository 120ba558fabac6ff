import { openExecutable } from '../../lib/executable/executable.ts'
import type { PlacedRow, RandomFile, ReadResult } from '../../reading/index.ts'
import { libraryComponent } from '../library-component.ts'
import { licencesOf } from '../licences.ts'
import { packageUrl } from '../package-url.ts'
import { refuseIdentity, shownText } from '../recorded-text.ts'
import type { AssembleContext, Assembled } from '../types.ts'

const MAX_MODINFO_BYTES = 1024 ** 2

/** What a kernel module says of itself. */
export interface KernelModule {
  readonly name: string
  readonly version: string
  readonly author?: string
  readonly licence?: string
}

/**
 * The module in an ELF file, by its section `.modinfo`: `key=value` texts that end with NUL (Linux, include/linux/moduleparam.h). The
 * version is the module's own, else the source version, else the release of the kernel that it is built for.
 */
export function readKernelModule(file: RandomFile): ReadResult<KernelModule> {
  const executable = openExecutable(file)
  const section = executable?.section('.modinfo')
  if (!executable || !section) return broken(file.path, 'it has no section .modinfo')
  const said = fields(executable.read(section, MAX_MODINFO_BYTES))
  const name = said.get('name') ?? file.path.replace(/^.*\//, '').replace(/\.ko$/, '')
  const version = said.get('version') ?? said.get('srcversion') ?? said.get('vermagic')?.split(' ')[0] ?? ''
  const refused = refuseIdentity(name, version)
  if (refused) return broken(file.path, `it ${refused}`)
  const author = said.get('author')
  const licence = said.get('license')
  return { facts: [{ name, version, ...(author && { author }), ...(licence && { licence }) }], diagnostics: [] }
}

/** Components of modules that are in the final image. */
export function assembleKernel(rows: readonly PlacedRow<KernelModule>[], context: AssembleContext): Assembled {
  const components = rows.flatMap((row) => {
    const fact = row.facts[0]
    if (!row.wins || !fact) return []
    const { name, version } = fact
    const purl = packageUrl({ type: 'generic', name, version })
    const licences = licencesOf(shownText(fact.licence ?? ''))
    const supplier = shownText(fact.author ?? '')
    const pkg = { purl, name, version, ecosystem: 'generic', presence: 'installed' as const, supplier, licences }
    return [libraryComponent(pkg, row, context)]
  })
  return { components, relations: [], diagnostics: [] }
}

function fields(bytes: Uint8Array): Map<string, string> {
  const said = new Map<string, string>()
  for (const text of Buffer.from(bytes).toString('utf8').split('\0')) {
    const at = text.indexOf('=')
    const key = text.slice(0, at)
    if (at > 0 && !said.has(key)) said.set(key, text.slice(at + 1))
  }
  return said
}

function broken(path: string, why: string): ReadResult<KernelModule> {
  const message = `this kernel module cannot be read: ${why}`
  return { facts: [], diagnostics: [{ code: 'kernel-module-unreadable', message, path, effect: 'partial' }] }
}
