import type { AffectedCode, Reachability } from '../../model/reachability.ts'
import type { GoFunctions } from './function-table.ts'
import { PACKAGE_MARK } from './function-table.ts'
import { mayHold } from './name-set.ts'

/** Systems that a program of this format runs on, among those that advisories name. */
const SYSTEMS: Readonly<Record<GoFunctions['format'], (system: string) => boolean>> = {
  elf: (system) => !['windows', 'darwin', 'ios', 'js', 'wasip1', 'plan9'].includes(system),
  pe: (system) => system === 'windows',
  'mach-o': (system) => system === 'darwin' || system === 'ios',
}

/**
 * Whether code that an advisory calls affected is linked into a program. `isMain`: the module is the one that the program was built
 * from, whose commands' functions are named `main.…` whatever their import path is.
 */
export function affectedIn(
  program: { readonly path: string; readonly functions: GoFunctions },
  code: readonly AffectedCode[],
  isMain: boolean,
): Reachability {
  const { path, functions } = program
  const concerned = code.filter(
    ({ systems }) => systems.length === 0 || systems.some((system) => SYSTEMS[functions.format](system)),
  )
  if (concerned.length === 0) {
    const systems = [...new Set(code.flatMap((one) => one.systems))].slice(0, 5).join(', ')
    return { state: 'no', reason: `affects ${systems} only, and the program is for another system`, path: [path] }
  }
  const found = concerned.map((one) => linkedName(functions, one, isMain)).find((name) => name !== undefined)
  if (found !== undefined) return { state: 'yes', reason: `affected code linked in: ${found}`, path: [path] }
  if (!functions.inlined) {
    const reason = 'affected functions are not in the function table, but may be inlined (Go before 1.16)'
    return { state: 'unknown', reason, path: [path] }
  }
  return { state: 'no', reason: `none of ${describe(concerned)} is linked into the program`, path: [path] }
}

/** The first affected function, or package where all of it is, that may be in the table. */
function linkedName({ names }: GoFunctions, code: AffectedCode, isMain: boolean): string | undefined {
  const packages = isMain ? [code.package, 'main'] : [code.package]
  if (code.symbols.length === 0)
    return packages.some((path) => mayHold(names, PACKAGE_MARK + path)) ? code.package : undefined
  for (const path of packages) {
    if (!mayHold(names, PACKAGE_MARK + path)) continue
    const found = code.symbols.find((symbol) => spellings(path, symbol).some((name) => mayHold(names, name)))
    if (found !== undefined) return `${code.package}.${found}`
  }
  return undefined
}

/** `Type.Method` of an advisory is a method of the type or of a pointer to it. */
function spellings(path: string, symbol: string): readonly string[] {
  const dot = symbol.indexOf('.')
  const plain = `${path}.${symbol}`
  return dot < 0 ? [plain] : [plain, `${path}.(*${symbol.slice(0, dot)})${symbol.slice(dot)}`]
}

function describe(code: readonly AffectedCode[]): string {
  const count = code.reduce((sum, { symbols }) => sum + symbols.length, 0)
  const packages = [...new Set(code.map((one) => one.package))]
  const shown = packages.slice(0, 2).join(', ') + (packages.length > 2 ? ' …' : '')
  return count === 0 ? `the affected packages (${shown})` : `${count} affected functions (${shown})`
}
