import type { FileBytes, ReadResult } from '../../reading/index.ts'
import { decodeText, linesOf } from '../documents/text.ts'

/** Modules whose packages were copied into the project. */
export interface GoVendored {
  readonly kind: 'vendored'
  readonly modules: readonly VendoredModule[]
}

interface VendoredModule {
  /** Of what was copied: the replacement, where there is one. */
  readonly path: string
  readonly version: string
  /** go.mod names it itself; undefined where the list is of a Go that did not say so. */
  readonly explicit?: boolean
  readonly line: number
}

const MAX_MODULES = 100_000
const MAX_LINE = 4096

/**
 * The list that `go mod vendor` writes (https://go.dev/ref/mod#go-mod-vendor): `# path version [=> path version]` for each module, `## explicit`
 * below those that go.mod asks for, and the packages that were copied. A module of which no package was copied is not in use, and left out;
 * so is one that is replaced by a folder, which has no version.
 */
export function readVendored(file: FileBytes): ReadResult<GoVendored> {
  const modules: VendoredModule[] = []
  let open: (VendoredModule & { readonly explicit: boolean }) | undefined
  let saysExplicit = false
  for (const [index, line] of linesOf(decodeText(file.bytes)).entries()) {
    if (line.length > MAX_LINE) continue
    if (line.startsWith('## ')) {
      const explicit = line
        .slice(3)
        .split(';')
        .some((word) => word.trim() === 'explicit')
      saysExplicit ||= explicit
      if (open && explicit) open = { ...open, explicit }
    } else if (line.startsWith('# ')) {
      open = moduleIn(line.slice(2), index + 1)
    } else if (line.trim() !== '' && open !== undefined && modules.length < MAX_MODULES) {
      modules.push(open)
      open = undefined
    }
  }
  const told = modules.map(({ explicit, ...module }) =>
    saysExplicit ? { ...module, explicit: explicit === true } : module,
  )
  return { facts: modules.length === 0 ? [] : [{ kind: 'vendored', modules: told }], diagnostics: [] }
}

function moduleIn(text: string, line: number): (VendoredModule & { readonly explicit: boolean }) | undefined {
  const words = text.split(' ').filter((word) => word !== '')
  const arrow = words.indexOf('=>')
  const [path, version] = arrow < 0 ? words : words.slice(arrow + 1)
  return path === undefined || version === undefined ? undefined : { path, version, explicit: false, line }
}
