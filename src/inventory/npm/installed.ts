// Only these: all of semver costs milliseconds at every start.
import validVersion from 'semver/functions/valid.js'
import minVersion from 'semver/ranges/min-version.js'
import type { FileBytes, ReadResult } from '../../reading/index.ts'
import { asObject, type JsonObject, member, parseJsonObject, textMember } from '../json-document.ts'
import { refuseIdentity } from '../recorded-text.ts'

/** A `package.json` that says what it is the file of. */
export interface Manifest {
  readonly kind: 'manifest'
  /** Missing for a project that is never published. */
  readonly name?: string
  readonly version?: string
  readonly licences: readonly string[]
  /** Not for publication: outside of `node_modules`, somebody's own project. */
  readonly private: boolean
  /** What it needs when it runs, and to be worked on. */
  readonly needs: readonly Requirement[]
  readonly developmentNeeds: readonly Requirement[]
  /** Where it lies in the archive that is the row's file. */
  readonly inside?: string
}

export interface Requirement {
  readonly name: string
  /** As written: `^1.2.0`. */
  readonly range: string
}

const MAX_REQUIREMENTS = 10_000

/**
 * What a `package.json` (https://docs.npmjs.com/cli/configuring-npm/package-json) says. One without name and version that needs nothing,
 * as packages have in their folders to say `"type": "module"`, has no facts.
 */
export function readManifest(file: FileBytes): ReadResult<Manifest> {
  const parsed = parseJsonObject(file.bytes)
  if ('problem' in parsed) {
    const message = `a package.json could not be read: ${parsed.problem}`
    return {
      facts: [],
      diagnostics: [{ code: 'npm-manifest-unreadable', message, path: file.path, effect: 'partial' }],
    }
  }
  const { object } = parsed
  const name = textMember(object, 'name') ?? ''
  const version = (textMember(object, 'version') ?? '').trim().replace(/^v(?=\d)/, '')
  const needs = ['dependencies', 'optionalDependencies', 'peerDependencies'].flatMap((key) => requirements(object, key))
  const developmentNeeds = requirements(object, 'devDependencies')
  // Templates and fixtures have names and versions such as "{{name}}": no package.
  const named =
    !isEditorExtension(object) &&
    refuseIdentity(name, version) === undefined &&
    isPackageName(name) &&
    validVersion(version, true) !== null
  if (!named && needs.length === 0 && developmentNeeds.length === 0) return { facts: [], diagnostics: [] }
  const identity = named ? { name, version } : {}
  const isPrivate = member(object, 'private') === true
  const manifest = { licences: licencesIn(object), private: isPrivate, needs, developmentNeeds }
  return { facts: [{ kind: 'manifest', ...identity, ...manifest }], diagnostics: [] }
}

/** An extension of VS Code bears a `package.json` too, but its name is not one of npm's: "python" there is another's package here. */
function isEditorExtension(object: JsonObject): boolean {
  const engines = asObject(member(object, 'engines'))
  return engines !== undefined && member(engines, 'vscode') !== undefined && member(object, 'publisher') !== undefined
}

/** What the registry took as names, in its looser early days: up to 214 characters without spaces or slashes but the scope's. */
function isPackageName(name: string): boolean {
  return name.length <= 214 && /^(?:@[^\s/@]+\/)?[^\s/@{}<>$]+$/.test(name)
}

function requirements(object: JsonObject, key: string): Requirement[] {
  const listed = asObject(member(object, key))
  if (listed === undefined) return []
  return Object.keys(listed)
    .slice(0, MAX_REQUIREMENTS)
    .flatMap((name) => {
      const range = listed[name]
      return typeof range === 'string' && range.length <= 256 ? [{ name, range }] : []
    })
}

function licencesIn(object: JsonObject): string[] {
  const stated = [member(object, 'license'), member(object, 'licence')]
  const older = member(object, 'licenses')
  if (Array.isArray(older)) stated.push(...older.slice(0, 20))
  const names = stated.flatMap((value) => {
    const text = typeof value === 'string' ? value : textMember(asObject(value) ?? {}, 'type')
    return text ? [text.slice(0, 200)] : []
  })
  return [...new Set(names)]
}

/**
 * The lowest version that a requirement allows, with the name that it is published under; undefined where the range is none (a tag, an
 * address, a folder).
 */
export function lowestAllowed(
  requirement: Requirement,
): { readonly name: string; readonly version: string } | undefined {
  const alias = /^npm:((?:@[^/@\s]+\/)?[^/@\s]+)@(.+)$/.exec(requirement.range)
  const name = alias?.[1] ?? requirement.name
  const range = alias?.[2] ?? requirement.range
  try {
    const version = minVersion(range)?.version
    if (version === undefined || refuseIdentity(name, version) !== undefined || !isPackageName(name)) return undefined
    return { name, version }
  } catch {
    return undefined
  }
}
