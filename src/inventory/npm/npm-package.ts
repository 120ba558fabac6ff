import type { Component, Relation } from '../../model/component.ts'
import type { PlacedRow } from '../../reading/index.ts'
import { packageUrl } from '../package-url.ts'

/** What a part of the assembly gives. */
export interface Part {
  readonly components: readonly Component[]
  readonly relations: readonly Relation[]
}

export const NOTHING: Part = { components: [], relations: [] }

export type Row<Fact> = PlacedRow<Fact>

/** Whether a folder is that of an installed package, or inside one. */
export function isInstalled(folder: string): boolean {
  return `/${folder}/`.includes('/node_modules/')
}

/** The package URL of a package of npm; `origin` is told where it is a repository. */
export function npmUrl(name: string, version: string, origin?: string): string {
  return packageUrl({
    type: 'npm',
    ...scopeAndName(name),
    version,
    ...(origin?.startsWith('git') && { qualifiers: { vcs_url: origin } }),
  })
}

function scopeAndName(name: string): { namespace?: string; name: string } {
  const slash = name.startsWith('@') ? name.indexOf('/') : -1
  return { ...(slash > 0 && { namespace: name.slice(0, slash) }), name: name.slice(slash + 1) }
}

/** How a package of one of the registries that JavaScript is loaded from is named: its URL and its ecosystem. */
export function registryPackage(
  registry: 'jsr' | 'deno.land' | undefined,
  name: string,
  version: string,
  origin?: string,
): { readonly purl: string; readonly ecosystem: string } {
  if (registry === undefined) return { purl: npmUrl(name, version, origin), ecosystem: 'npm' }
  // Neither has a type of its own in the purl specification, nor advisories.
  const from = registry === 'jsr' ? `https://jsr.io/${name}` : `https://deno.land/x/${name}@${version}`
  const parts = { type: 'generic', ...scopeAndName(name), version, qualifiers: { download_url: from } }
  return { purl: packageUrl(parts), ecosystem: 'generic' }
}
