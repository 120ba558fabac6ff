import type { SharedResources } from '../types.ts'

/** Things that all targets of one run use, made when first asked for; `close` closes them, the newest first. */
export function sharedResources(): SharedResources & { close(): Promise<void> } {
  const things = new Map<string, { readonly thing: unknown; readonly close: () => void | Promise<void> }>()
  return {
    once<Thing>(name: string, make: () => Thing, close?: (thing: Thing) => void | Promise<void>): Thing {
      const known = things.get(name)
      // The name says the type: each is made in one place.
      if (known !== undefined) return known.thing as Thing
      const thing = make()
      things.set(name, { thing, close: () => close?.(thing) })
      return thing
    },
    async close() {
      for (const [name, { close }] of [...things].reverse()) {
        things.delete(name)
        await close()
      }
    },
  }
}
