import { nativeSystem, osComponent, osEcosystem, uniqueComponents } from '../os-component.ts'
import { distroQualifier, packageUrl } from '../package-url.ts'
import type { Cataloger } from '../types.ts'
import { type CosFact, cosKey, packageInfoReader } from './package-info.ts'

/** Google's Container-Optimized OS, whose packages are built from ebuilds but listed in a file of its own. */
export const cos: Cataloger<CosFact> = {
  id: 'cos',
  summary: 'Container-Optimized OS packages: etc/cos-package-info.json',
  kind: 'os',
  ecosystems: ['Container-Optimized OS'],
  yields: 'installed',
  fills: [],
  readers: [packageInfoReader],
  assemble(rows, context) {
    const os = nativeSystem(context.os, 'cos')
    const placed = rows
      .filter((row) => row.wins)
      .flatMap((row) =>
        row.facts.map((fact) => {
          const { name, version, category, ebuildVersion } = fact
          const purl = packageUrl({
            type: 'cos',
            namespace: category,
            name,
            version,
            qualifiers: { distro: distroQualifier(os) },
          })
          const source = { name: category ? `${category}/${name}` : name, version: ebuildVersion ?? version }
          return osComponent({ purl, name, version, source }, row, cosKey(fact), osEcosystem(os, 'cos'), context)
        }),
      )
    return {
      components: uniqueComponents(placed).map((entry) => entry.component),
      relations: [],
      diagnostics: [],
    }
  },
}
