import type { Diagnostic } from '../../model/diagnostic.ts'
import type { Cataloger } from '../types.ts'
import { CONTAINER_IMAGES, imageComponent } from './image-package.ts'
import { type PodmanContainer, podmanDatabaseReader } from './podman-database.ts'

/** The images of podman's containers: of those that run, or with `stopped` of all. */
export function podmanContainers({ stopped }: { readonly stopped: boolean }): Cataloger<PodmanContainer> {
  return {
    id: 'podman',
    summary: 'images of containers that podman runs: bolt_state.db, db.sql',
    kind: 'library',
    ecosystems: [CONTAINER_IMAGES],
    yields: 'installed',
    fills: ['hashes'],
    readers: [podmanDatabaseReader],
    assemble(rows, context) {
      const winning = rows.filter((row) => row.wins)
      const components = winning.flatMap((row) =>
        row.facts
          .filter(({ isRunning }) => stopped || isRunning)
          .map(({ image, reference, imageId }) =>
            imageComponent(
              { name: image, version: imageId, presence: 'installed', ...(reference && { reference }) },
              row,
              context,
            ),
          ),
      )
      const diagnostics = stopped ? [] : winning.flatMap(({ path, facts }) => leftOut(path, facts))
      return { components, relations: [], diagnostics }
    },
  }
}

function leftOut(path: string, facts: readonly PodmanContainer[]): readonly Diagnostic[] {
  const count = facts.filter(({ isRunning }) => !isRunning).length
  if (count === 0) return []
  const message = `${count} containers of podman do not run: their images are not listed`
  return [{ code: 'containers-not-running', message, path, effect: 'notice' }]
}

/** As every scan has it. */
export const podman: Cataloger<PodmanContainer> = podmanContainers({ stopped: false })
