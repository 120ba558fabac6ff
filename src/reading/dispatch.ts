import type { AnyReader, PathCondition } from './types.ts'

/** Bytes of a body that readers which ask for magic see before anybody reads it. */
export const MAGIC_BYTES = 4096

/** Which readers take a file, decided from its path and mode, or its first bytes. */
export interface Dispatch {
  /** Readers that take a file by its path (normalised, without a leading slash) and mode; always the same empty list for none. */
  byPath(path: string, mode: number): readonly AnyReader[]
  /** Whether a reader might take a file of this mode and size by its first bytes. */
  looksInside(mode: number, sizeBytes: number): boolean
  /** Readers that take the file by its first bytes, without those that have it already. */
  byMagic(head: Uint8Array, mode: number, sizeBytes: number, taken: readonly AnyReader[]): readonly AnyReader[]
}

interface Rule {
  readonly condition: PathCondition
  readonly reader: AnyReader
}

const NOBODY: readonly AnyReader[] = []

/**
 * Compiles the wants of all readers into one lookup: whole paths and names by hash, suffixes by their last character, folders by
 * prefix. An unwanted path costs two hash lookups and a handful of character comparisons.
 */
export function compileDispatch(readers: readonly AnyReader[]): Dispatch {
  const rules = new RuleIndex()
  for (const reader of readers) {
    for (const condition of reader.wants.any) rules.add({ condition, reader })
  }
  const byContent = readers.filter((reader) => reader.wants.magic !== undefined)
  const takesContent = (reader: AnyReader, mode: number, sizeBytes: number): boolean =>
    modeFits(reader, mode) && sizeBytes >= smallest(reader)
  return {
    byPath: (path, mode) => rules.match(path, mode),
    looksInside(mode, sizeBytes) {
      for (const reader of byContent) if (takesContent(reader, mode, sizeBytes)) return true
      return false
    },
    byMagic(head, mode, sizeBytes, taken) {
      const found: AnyReader[] = []
      for (const reader of byContent) {
        if (taken.includes(reader) || !takesContent(reader, mode, sizeBytes)) continue
        if (reader.wants.magic?.bytes.some((magic) => startsWith(head, magic))) found.push(reader)
      }
      return found
    },
  }
}

/** Whether `path` fulfils everything that the condition states. */
export function conditionHolds(condition: PathCondition, path: string): boolean {
  const slash = path.lastIndexOf('/')
  if (condition.path !== undefined && path !== condition.path) return false
  if (condition.name !== undefined && path.slice(slash + 1) !== condition.name) return false
  if (condition.prefix !== undefined && !path.startsWith(condition.prefix, slash + 1)) return false
  if (condition.suffix !== undefined && !endsWithin(path, slash, condition.suffix)) return false
  if (condition.under !== undefined && !liesUnder(path, condition.under)) return false
  return condition.inside === undefined || liesInside(path, slash, condition.inside)
}

class RuleIndex {
  readonly #paths = new Map<string, Rule[]>()
  readonly #names = new Map<string, Rule[]>()
  /** By the suffix's last character code. */
  readonly #suffixes = new Map<number, Rule[]>()
  /** By the prefix's first character code, where there is no suffix. */
  readonly #prefixes = new Map<number, Rule[]>()
  /** Those with nothing but a folder, or nothing at all. */
  readonly #folders: Rule[] = []

  add(rule: Rule): void {
    const { path, name, prefix, suffix } = rule.condition
    if (path !== undefined) push(this.#paths, path, rule)
    else if (name !== undefined) push(this.#names, name, rule)
    else if (suffix) push(this.#suffixes, suffix.charCodeAt(suffix.length - 1), rule)
    else if (prefix) push(this.#prefixes, prefix.charCodeAt(0), rule)
    else this.#folders.push(rule)
  }

  match(path: string, mode: number): readonly AnyReader[] {
    const name = path.slice(path.lastIndexOf('/') + 1)
    let found = this.#test(this.#paths.get(path), path, mode, NOBODY)
    found = this.#test(this.#names.get(name), path, mode, found)
    found = this.#test(this.#suffixes.get(path.charCodeAt(path.length - 1)), path, mode, found)
    found = this.#test(this.#prefixes.get(name.charCodeAt(0)), path, mode, found)
    return this.#test(this.#folders, path, mode, found)
  }

  /** Those found before, and the readers of these rules that take the path. */
  #test(
    rules: readonly Rule[] | undefined,
    path: string,
    mode: number,
    before: readonly AnyReader[],
  ): readonly AnyReader[] {
    if (rules === undefined) return before
    let found = before
    for (const { condition, reader } of rules) {
      if (!conditionHolds(condition, path) || !modeFits(reader, mode) || found.includes(reader)) continue
      found = [...found, reader]
    }
    return found
  }
}

function push<Key>(map: Map<Key, Rule[]>, key: Key, rule: Rule): void {
  const rules = map.get(key)
  if (rules === undefined) map.set(key, [rule])
  else rules.push(rule)
}

function modeFits(reader: AnyReader, mode: number): boolean {
  return reader.wants.executable !== true || (mode & 0o111) !== 0
}

function smallest(reader: AnyReader): number {
  const magic = reader.wants.magic
  if (magic === undefined) return 0
  return Math.max(magic.minBytes ?? 0, Math.min(...magic.bytes.map((bytes) => bytes.length)))
}

function endsWithin(path: string, slash: number, suffix: string): boolean {
  return path.length - slash > suffix.length && path.endsWith(suffix)
}

function liesUnder(path: string, folder: string): boolean {
  return path.length > folder.length && path.charCodeAt(folder.length) === SLASH && path.startsWith(folder)
}

/** Whether the run of segments stands, whole, somewhere before the last segment (which begins after `slash`). */
function liesInside(path: string, slash: number, run: string): boolean {
  for (let at = path.indexOf(run); at >= 0; at = path.indexOf(run, at + 1)) {
    const end = at + run.length
    if (end > slash) return false
    if ((at === 0 || path.charCodeAt(at - 1) === SLASH) && path.charCodeAt(end) === SLASH) return true
  }
  return false
}

/** Whether the bytes begin with these. */
export function startsWith(head: Uint8Array, magic: Uint8Array): boolean {
  if (head.length < magic.length) return false
  for (let i = 0; i < magic.length; i++) if (head[i] !== magic[i]) return false
  return true
}

const SLASH = 0x2f
