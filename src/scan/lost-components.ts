import { assembleInventory, type InventoryContext } from '../inventory/index.ts'
import type { Component } from '../model/component.ts'
import type { Inventory } from '../model/inventory.ts'
import type { ReadTarget } from '../reading/index.ts'

/**
 * The inventory, and every package that was in the image after some layer and is not in it at the end, with the layer that removed it or
 * put another version of it in the same place. `upTo` gives the image with its oldest layers only.
 * @throws Failure as reading does.
 */
export async function withLostComponents(
  final: Inventory,
  read: Pick<ReadTarget, 'layers'>,
  upTo: (layers: number) => Promise<ReadTarget>,
  context: InventoryContext,
): Promise<Inventory> {
  const present = new Set(final.components.map(({ id }) => id))
  const places = new Set(final.components.map(placeOf))
  const lost = new Map<string, Component>()
  for (let count = 1; count < read.layers.length; count++) {
    const { components } = await assembleInventory(await upTo(count), context)
    const layer = final.layers[count]
    if (layer === undefined) continue
    for (const component of components) {
      if (present.has(component.id)) continue
      const how = places.has(placeOf(component)) ? 'replaced' : 'removed'
      // The last image that still had it is the one before the layer that took it away.
      lost.set(component.id, { ...component, lost: { layer, how } })
    }
  }
  return { ...final, components: [...final.components, ...lost.values()] }
}

/** What another version of the same package in the same place has in common with it. */
function placeOf({ kind, ecosystem, name, evidence }: Component): string {
  // A database of packages holds many; a library's own file tells which one it is.
  return [kind, ecosystem, name, kind === 'os' ? '' : (evidence[0]?.path ?? '')].join('\0')
}
