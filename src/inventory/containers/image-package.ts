import type { Component } from '../../model/component.ts'
import type { PlacedRow } from '../../reading/index.ts'
import { libraryComponent } from '../library-component.ts'
import { packageUrl } from '../package-url.ts'
import type { AssembleContext } from '../types.ts'

/** What container images have for an ecosystem: nobody publishes advisories for them, whatever their names. */
export const CONTAINER_IMAGES = 'container-image'

/** A reference of an image, taken apart without judging it. */
export interface ImageReference {
  /** As written, without tag and digest: `nginx`, `ghcr.io/org/app`. */
  readonly name: string
  readonly tag?: string
  readonly digest?: string
}

/** An image that a file names. */
export interface NamedImage {
  readonly name: string
  /** Tag, digest or image ID. */
  readonly version: string
  /** What its package URL is made of, where that says more than the name. */
  readonly reference?: string
  readonly presence: Component['presence']
  readonly lines?: readonly [number, number]
}

/** `[REGISTRY/]NAME[:TAG][@DIGEST]` (github.com/distribution/reference); undefined for what can be no reference. */
export function splitReference(text: string): ImageReference | undefined {
  const at = text.indexOf('@')
  const digest = at < 0 ? undefined : text.slice(at + 1)
  const tagged = at < 0 ? text : text.slice(0, at)
  const colon = tagged.lastIndexOf(':')
  const hasTag = colon > tagged.lastIndexOf('/')
  const name = hasTag ? tagged.slice(0, colon) : tagged
  const tag = hasTag ? tagged.slice(colon + 1) : undefined
  if (!/^[A-Za-z0-9][\w.:/[\]-]*$/.test(name) || name.length > 512 || name.endsWith('/')) return undefined
  if (tag !== undefined && !/^\w[\w.-]{0,127}$/.test(tag)) return undefined
  if (digest !== undefined && !/^[A-Za-z][\w+.-]*:[0-9a-fA-F]{32,}$/.test(digest)) return undefined
  return { name, ...(tag === undefined ? {} : { tag }), ...(digest === undefined ? {} : { digest }) }
}

/** The component of an image that a file names. */
export function imageComponent(image: NamedImage, row: PlacedRow, context: AssembleContext): Component {
  const { name, version, reference = name, presence, lines } = image
  const purl = dockerUrl(splitReference(reference)?.name ?? name, version)
  const fields = { purl, name, version, ecosystem: CONTAINER_IMAGES, presence, ...(lines && { lines }) }
  return libraryComponent(fields, row, context)
}

/** `pkg:docker/…` (purl-spec, types/docker-definition.json): Docker's own registry goes without saying, and so does `library/`. */
function dockerUrl(repository: string, version: string): string {
  const slash = repository.indexOf('/')
  const first = slash < 0 ? '' : repository.slice(0, slash)
  const hasRegistry = /[.:]/.test(first) || first === 'localhost'
  const registry = hasRegistry && !/^(index\.)?docker\.io$/.test(first) ? first : undefined
  const whole = hasRegistry ? repository.slice(slash + 1) : repository
  const path = registry === undefined ? whole.replace(/^library\/(?=[^/]+$)/, '') : whole
  const cut = path.lastIndexOf('/')
  return packageUrl({
    type: 'docker',
    namespace: path.slice(0, Math.max(0, cut)),
    name: path.slice(cut + 1),
    version: /^[0-9a-f]{64}$/.test(version) ? `sha256:${version}` : version,
    qualifiers: { repository_url: registry },
  })
}
