import { refuseIdentity } from '../recorded-text.ts'
import type { LockedPackage } from './locked-package.ts'

/** A package as a program of Deno or a browser names it. */
export interface Specified {
  readonly name: string
  /** As written: a version or a range; empty where none is. */
  readonly range: string
  readonly registry?: LockedPackage['registry']
}

/** Where whole packages of npm are loaded from by address: `https://esm.sh/name@1.0.0/path`. */
const NPM_HOSTS =
  /^https:\/\/(?:esm\.sh|esm\.run|unpkg\.com|cdn\.skypack\.dev|jspm\.dev|cdn\.jsdelivr\.net\/npm)\/(.*)$/
const NAME_AND_RANGE = /^((?:@[^/@\s]+\/)?[^/@\s]+)(?:@([^/\s]+))?(?:\/.*)?$/

/**
 * The package that a module specifier is about (https://docs.deno.com/runtime/fundamentals/modules/): `npm:name@range/path`,
 * `jsr:@scope/name@range`, and addresses of hosts whose paths name packages; undefined for everything else, builtins of Node among them.
 * JSR's packages are named without the `@` that all of its scopes have.
 */
export function specifiedPackage(address: string): Specified | undefined {
  if (address.length > 1024) return undefined
  const specifier = address.replace(/[?#].*$/, '')
  const scheme = /^(npm|jsr):\/?(.*)$/.exec(specifier)
  const land = /^https:\/\/deno\.land\/x\/([^/@\s]+)(?:@v?([^/\s]+))?(?:\/.*)?$/.exec(specifier)
  if (land !== null) return { name: land[1], range: land[2] ?? '', registry: 'deno.land' }
  // esm.sh puts the version of its own build, or a registry, in front: /v135/name@1.0.0, /jsr/@scope/name.
  const path =
    scheme?.[2] ??
    NPM_HOSTS.exec(specifier)?.[1]
      ?.replace(/^(?:v\d+|stable|pin)\//, '')
      .replace(/^\*/, '')
  const match = path === undefined ? null : NAME_AND_RANGE.exec(path)
  if (match === null) return undefined
  const [, name, range = ''] = match
  if (refuseIdentity(name, range || '0') !== undefined) return undefined
  return scheme?.[1] === 'jsr' ? { name: name.replace(/^@/, ''), range, registry: 'jsr' } : { name, range }
}
