import type { AnyReader, PathCondition, Wants } from './types.ts'

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

type Stated = Readonly<Record<keyof PathCondition, string | undefined>>

/** A condition with its reader, always of the same shape: rules are looked at for every file of a tree. */
interface Rule {
  readonly condition: Stated
  readonly executable: boolean
  readonly reader: AnyReader
}

const NOBODY: readonly AnyReader[] = []

/**
 * Compiles the wants of all readers into one lookup: whole paths and names by the hash of the last segment, suffixes by their last character, folders by
 * prefix. An unwanted path costs one hash lookup and a handful of character comparisons.
 */
export function compileDispatch(readers: readonly AnyReader[]): Dispatch {
  const rules = new RuleIndex()
  for (const reader of readers) {
    for (const condition of reader.wants.any) rules.add(ruleOf(condition, reader))
  }
  const byContent = readers.flatMap((reader) => {
    const { magic, executable } = reader.wants
    return magic === undefined
      ? []
      : [{ reader, magic: magic.bytes, executable: executable === true, smallest: smallest(magic) }]
  })
  const least = Math.min(...byContent.map((taker) => taker.smallest))
  return {
    byPath: (path, mode) => rules.match(path, mode),
    looksInside(mode, sizeBytes) {
      if (sizeBytes < least) return false
      for (const taker of byContent) if (sizeBytes >= taker.smallest && modeFits(taker, mode)) return true
      return false
    },
    byMagic(head, mode, sizeBytes, taken) {
      const found: AnyReader[] = []
      for (const taker of byContent) {
        const { reader, magic } = taker
        if (sizeBytes < taker.smallest || !modeFits(taker, mode) || taken.includes(reader)) continue
        if (magic.some((bytes) => startsWith(head, bytes))) found.push(reader)
      }
      return found
    },
  }
}

/** Whether `path` fulfils everything that the condition states. */
export function conditionHolds(condition: PathCondition, path: string): boolean {
  return holds(condition, path, path.lastIndexOf('/'))
}

function holds(condition: Partial<Stated>, path: string, slash: number): boolean {
  if (condition.path !== undefined && path !== condition.path) return false
  if (condition.name !== undefined && path.slice(slash + 1) !== condition.name) return false
  if (condition.prefix !== undefined && !path.startsWith(condition.prefix, slash + 1)) return false
  if (condition.suffix !== undefined && !endsWithin(path, slash, condition.suffix)) return false
  if (condition.under !== undefined && !liesUnder(path, condition.under)) return false
  return condition.inside === undefined || liesInside(path, slash, condition.inside)
}

function ruleOf(condition: PathCondition, reader: AnyReader): Rule {
  const { path, name, prefix, suffix, under, inside } = condition
  return {
    condition: { path, name, prefix, suffix, under, inside },
    executable: reader.wants.executable === true,
    reader,
  }
}

class RuleIndex {
  /** By the last segment: those of a name, and of a whole path. */
  readonly #names = new Map<string, Rule[]>()
  /** By the suffix's last character code. */
  readonly #suffixes = new Map<number, Rule[]>()
  /** By the prefix's first character code, where there is no suffix. */
  readonly #prefixes = new Map<number, Rule[]>()
  /** Those with nothing but a folder, or nothing at all. */
  readonly #folders: Rule[] = []

  add(rule: Rule): void {
    const { path, name, prefix, suffix } = rule.condition
    if (path !== undefined) push(this.#names, path.slice(path.lastIndexOf('/') + 1), rule)
    else if (name !== undefined) push(this.#names, name, rule)
    else if (suffix) push(this.#suffixes, suffix.charCodeAt(suffix.length - 1), rule)
    else if (prefix) push(this.#prefixes, prefix.charCodeAt(0), rule)
    else this.#folders.push(rule)
  }

  match(path: string, mode: number): readonly AnyReader[] {
    const slash = path.lastIndexOf('/')
    let found = test(this.#names.get(path.slice(slash + 1)), path, slash, mode, NOBODY)
    found = test(this.#suffixes.get(path.charCodeAt(path.length - 1)), path, slash, mode, found)
    found = test(this.#prefixes.get(path.charCodeAt(slash + 1)), path, slash, mode, found)
    return test(this.#folders, path, slash, mode, found)
  }
}

/** Those found before, and the readers of these rules that take the path. */
function test(
  rules: readonly Rule[] | undefined,
  path: string,
  slash: number,
  mode: number,
  before: readonly AnyReader[],
): readonly AnyReader[] {
  if (rules === undefined) return before
  let found = before
  for (const rule of rules) {
    if (!holds(rule.condition, path, slash) || !modeFits(rule, mode) || found.includes(rule.reader)) continue
    found = [...found, rule.reader]
  }
  return found
}

function push<Key>(map: Map<Key, Rule[]>, key: Key, rule: Rule): void {
  const rules = map.get(key)
  if (rules === undefined) map.set(key, [rule])
  else rules.push(rule)
}

function modeFits({ executable }: { readonly executable: boolean }, mode: number): boolean {
  return !executable || (mode & 0o111) !== 0
}

function smallest({ bytes, minBytes }: NonNullable<Wants['magic']>): number {
  return Math.max(minBytes ?? 0, Math.min(...bytes.map(({ length }) => length)))
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
