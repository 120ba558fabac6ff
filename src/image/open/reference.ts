import { existsSync } from 'node:fs'

/** A local reference taken apart: the path, and which image of it. */
export interface LocalReference {
  readonly path: string
  readonly choice: ImageChoice | undefined
}

/** Which image of an archive or layout: by tag (`PATH:TAG`), by position from 0 (`PATH@N`), or by digest (`PATH@sha256:…`). */
export type ImageChoice =
  | { readonly by: 'tag'; readonly tag: string }
  | { readonly by: 'index'; readonly index: number }
  | { readonly by: 'digest'; readonly digest: string }

/** Colons and at signs in one reference that are tried. */
const MAX_CUTS = 64

/**
 * Takes `PATH`, `PATH:TAG`, `PATH@N` or `PATH@sha256:…` apart. A file's name may hold colons and at signs itself: the longest
 * part that is there is the path. When nothing is there, the whole is the path, for the error.
 */
export function splitLocalReference(text: string, exists: (path: string) => boolean = existsSync): LocalReference {
  if (exists(text)) return { path: text, choice: undefined }
  let cuts = 0
  for (let i = text.length - 1; i > 0 && cuts < MAX_CUTS; i--) {
    const separator = text[i]
    if (separator !== ':' && separator !== '@') continue
    cuts++
    const path = text.slice(0, i)
    if (!exists(path)) continue
    const rest = text.slice(i + 1)
    if (rest !== '') return { path, choice: choiceOf(separator, rest) }
  }
  return { path: text, choice: undefined }
}

function choiceOf(separator: string, rest: string): ImageChoice {
  if (separator === '@' && /^[0-9]{1,9}$/.test(rest)) return { by: 'index', index: Number(rest) }
  if (separator === '@') return { by: 'digest', digest: rest }
  return { by: 'tag', tag: rest }
}

/** Whether one of an image's names is what the user typed: with or without Docker's default registry, folder and tag. */
export function tagMatches(name: string, wanted: string): boolean {
  if (name === wanted) return true
  const full = shorten(name)
  const short = shorten(wanted)
  if (full === short || full === `${short}:latest`) return true
  const colon = full.lastIndexOf(':')
  return colon > full.lastIndexOf('/') && full.slice(colon + 1) === wanted
}

function shorten(name: string): string {
  return name.replace(/^(docker\.io|index\.docker\.io)\//, '').replace(/^library\//, '')
}
