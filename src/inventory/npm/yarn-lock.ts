import type { Digest } from '../../model/digest.ts'
import type { FileBytes, ReadResult } from '../../reading/index.ts'
import { RecordProblems } from '../record-problems.ts'
import { quoted, refuseIdentity } from '../recorded-text.ts'
import { integrityDigests } from './integrity.ts'
import { type LockedPackage, lockedPackages, refusedLock } from './locked-package.ts'
import { readYarnLines, type YarnEntry } from './yarn-lines.ts'

const NEEDED = ['dependencies', 'optionalDependencies']
const METADATA = '__metadata'

/** What an entry is, in either form. */
interface Identity {
  readonly name: string
  readonly version: string
  readonly hashes: readonly Digest[]
  readonly origin?: string
  /** Folder of the project itself that is a workspace: `.`, `packages/own`. */
  readonly workspace?: string
}

/**
 * The packages of a `yarn.lock`: of Yarn 1 (https://classic.yarnpkg.com/lang/en/docs/yarn-lock/), and of Yarn 2 and later
 * (https://yarnpkg.com/advanced/qa, "lockfile"), which lists the project's workspaces too. The root is no package; other workspaces are.
 * Neither says what is needed for development only: that takes the `package.json` files.
 */
export function readYarnLock(file: FileBytes): ReadResult<LockedPackage> {
  const problems = new RecordProblems('npm-lockfile-entry-refused', file.path)
  const all = readYarnLines(file.bytes, (line, text) =>
    problems.add(`line ${line} of the lockfile of Yarn is no part of one: ${quoted(text)}`),
  )
  if (all.length === 0 && problems.count > 0) return refusedLock('Yarn', file.path, 'it has no entries')
  const isBerry = all.some(({ patterns }) => patterns[0] === METADATA)
  const entries = all.filter(({ patterns }) => patterns[0] !== METADATA)
  const identities = entries.map((entry) => {
    const identity = isBerry ? berryIdentity(entry) : classicIdentity(entry)
    const problem = refuseIdentity(identity.name, identity.version)
    if (problem === undefined) return identity
    problems.add(`the entry of line ${entry.lines[0]} in the lockfile of Yarn ${problem}`)
    return undefined
  })
  const needs = needsOf(entries)
  const direct = new Set(
    identities.flatMap((identity, index) => (identity?.workspace === undefined ? [] : needs[index])),
  )
  const named = entries.flatMap((entry, index) => {
    const identity = identities[index]
    if (identity === undefined || identity.workspace === '.') return []
    const { name, version, hashes, origin } = identity
    return [
      {
        key: String(index),
        name,
        version,
        hashes,
        ...(origin !== undefined && { origin }),
        lines: entry.lines,
        ...(isBerry && { direct: direct.has(index) }),
        answers: entry.patterns.map(withoutLocator),
        needs: needs[index].map(String),
      },
    ]
  })
  return { facts: lockedPackages(named), diagnostics: problems.diagnostics() }
}

/** The positions of what each entry depends on. */
function needsOf(entries: readonly YarnEntry[]): number[][] {
  const byPattern = new Map<string, number>()
  entries.forEach(({ patterns }, index) => {
    for (const pattern of patterns) byPattern.set(withoutLocator(pattern), index)
  })
  return entries.map(({ lists }) =>
    NEEDED.flatMap((list) => [...(lists.get(list) ?? [])]).flatMap(([name, range]) => {
      const position = byPattern.get(`${name}@${range}`) ?? byPattern.get(`${name}@npm:${range}`)
      return position === undefined ? [] : [position]
    }),
  )
}

/** `name@file:../x::locator=…` is asked for as `name@file:../x`. */
function withoutLocator(pattern: string): string {
  const cut = pattern.indexOf('::')
  return cut < 0 ? pattern : pattern.slice(0, cut)
}

/** A descriptor's name and what stands behind its `@`. */
function splitDescriptor(text: string): readonly [name: string, range: string] {
  const at = text.indexOf('@', 1)
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)]
}

/** Yarn 1: the name is that of the pattern, or of what it stands for (`alias@npm:name@^1`). */
function classicIdentity({ patterns, fields }: YarnEntry): Identity {
  const [own, range] = splitDescriptor(patterns[0])
  const name = range.startsWith('npm:') ? aliasName(range) : own
  const resolved = fields.get('resolved')
  return {
    name,
    version: fields.get('version') ?? '',
    hashes: integrityDigests(fields.get('integrity')),
    ...(resolved !== undefined && isForeign(resolved, name) && { origin: resolved }),
  }
}

/** `npm:@scope/name@^1` names `@scope/name`. */
function aliasName(range: string): string {
  return splitDescriptor(range.slice('npm:'.length))[0]
}

/** Whether an address is of a repository or a file rather than of a registry, whose archives lie at `…/name/-/name-1.0.0.tgz`. */
function isForeign(resolved: string, name: string): boolean {
  if (/^(?:git|ssh|file:)/.test(resolved)) return true
  if (/^https?:\/\/(?:codeload\.github|gitlab|bitbucket)\./.test(resolved)) return true
  return /#[0-9a-f]{40}$/.test(resolved) && !resolved.includes('.tgz#') && !resolved.includes(`${name}/-/`)
}

/** Yarn 2 and later: `resolution` names what was chosen: `name@npm:1.0.0`, `name@workspace:packages/own`, `name@patch:…`. */
function berryIdentity({ patterns, fields }: YarnEntry): Identity {
  const [name, reference] = splitDescriptor(fields.get('resolution') ?? patterns[0])
  const workspace = reference.startsWith('workspace:') ? reference.slice('workspace:'.length) : undefined
  // Of the package as Yarn packed it for its cache, behind the key of how it was packed: `10c0/`.
  const checksum = /^(?:[0-9a-z]+\/)?([0-9a-f]{128})$/.exec(fields.get('checksum') ?? '')?.[1]
  const isForeignReference = !/^(?:npm|workspace|patch|virtual|link|portal):/.test(reference)
  return {
    name,
    version: fields.get('version') ?? '',
    hashes: checksum === undefined ? [] : [`sha512:${checksum}`],
    ...(workspace !== undefined && { workspace }),
    ...(isForeignReference && reference !== '' && { origin: withoutLocator(reference) }),
  }
}
