import type { Relation } from '../../model/component.ts'
import { listedFiles, texts } from './files.ts'
import type { RpmPackage } from './package.ts'

/** A package with the id of its component. */
export interface Installed {
  readonly id: string
  readonly pkg: RpmPackage
}

/** Bound on the names that packages ask for or offer, over all packages: real images have some tens of thousands. */
const MAX_NAMES = 4_000_000
const MAX_RELATIONS = 1_000_000
/** A name that more offer than this tells nothing. */
const MAX_PROVIDERS = 64

/**
 * Who depends on whom: each name or file that a package asks for (REQUIRENAME) leads to the packages that offer it (PROVIDENAME, their
 * name, their files). Versions are not compared, since what is installed together was resolved by rpm already.
 */
export function dependencies(installed: readonly Installed[]): Relation[] {
  const wanted = new Map<string, string[]>()
  let budget = MAX_NAMES
  const requires = installed.map(({ pkg }) => {
    const names = new Set<string>()
    for (const text of texts(pkg.requires ?? new Uint8Array())) {
      if (budget-- <= 0) break
      names.add(textOf(text))
    }
    for (const name of names) wanted.set(name, [])
    return names
  })
  const offer = (name: string, id: string) => {
    const offered = wanted.get(name)
    if (offered !== undefined && offered.at(-1) !== id && offered.length <= MAX_PROVIDERS) offered.push(id)
  }
  const wantsFiles = [...wanted.keys()].some((name) => name.startsWith('/'))
  for (const { id, pkg } of installed) {
    offer(pkg.name, id)
    for (const text of texts(pkg.provides ?? new Uint8Array())) {
      if (budget-- <= 0) break
      offer(textOf(text), id)
    }
    if (!wantsFiles || pkg.files === undefined) continue
    for (const file of listedFiles(pkg.files)) offer(`/${file.path}`, id)
  }
  const relations: Relation[] = []
  installed.forEach(({ id }, index) => {
    for (const to of providersOf(requires[index], wanted, id)) {
      if (relations.length < MAX_RELATIONS) relations.push({ from: id, to, kind: 'depends-on' })
    }
  })
  return relations
}

function providersOf(
  names: ReadonlySet<string>,
  offered: ReadonlyMap<string, readonly string[]>,
  self: string,
): string[] {
  const targets = new Set<string>()
  for (const name of names) {
    const ids = offered.get(name) ?? []
    if (ids.length <= MAX_PROVIDERS) for (const id of ids) targets.add(id)
  }
  targets.delete(self)
  return [...targets].sort()
}

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8')
}
