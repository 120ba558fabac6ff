import { nativeSystem, osComponent, osEcosystem, uniqueComponents } from '../os-component.ts'
import { distroQualifier, packageUrl } from '../package-url.ts'
import type { Cataloger } from '../types.ts'
import { applicationInventoryReader, type BottlerocketFact, wholeVersion } from './application-inventory.ts'

/** Bottlerocket, whose packages are RPMs but leave no RPM database behind. */
export const bottlerocket: Cataloger<BottlerocketFact> = {
  id: 'bottlerocket',
  summary: 'Bottlerocket packages: usr/share/bottlerocket/application-inventory.json',
  kind: 'os',
  ecosystems: ['Bottlerocket'],
  yields: 'installed',
  fills: [],
  readers: [applicationInventoryReader],
  assemble(rows, context) {
    const os = nativeSystem(context.os, 'bottlerocket')
    const placed = rows
      .filter((row) => row.wins)
      .flatMap((row) =>
        row.facts.map((fact) => {
          const { name, architecture, publisher, epoch } = fact
          const version = wholeVersion(fact)
          const purl = packageUrl({
            type: 'rpm',
            namespace: os?.id ?? 'bottlerocket',
            name,
            version: wholeVersion({ ...fact, epoch: undefined }),
            qualifiers: { arch: architecture, epoch, distro: distroQualifier(os) },
          })
          return osComponent(
            {
              purl,
              name,
              version,
              source: { name, version },
              ...(architecture && { architecture }),
              ...(publisher && { supplier: publisher }),
            },
            row,
            `${name} ${version} ${architecture ?? ''}`,
            osEcosystem(os, 'bottlerocket'),
            context,
          )
        }),
      )
    return {
      components: uniqueComponents(placed).map((entry) => entry.component),
      relations: [],
      diagnostics: [],
    }
  },
}
