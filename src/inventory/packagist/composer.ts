import type { FileBytes, ReadResult } from '../../reading/index.ts'
import { decodeText, linesOf } from '../documents/text.ts'
import { asObject, type JsonObject, member, parseJsonObject, textMember } from '../json-document.ts'
import { licencesOf } from '../licences.ts'
import { packageUrl } from '../package-url.ts'
import { shownText } from '../recorded-text.ts'
import { type StatedPackage, StatedPackages } from '../stated-packages.ts'
import type { ComposerFact, ComposerManifest } from './assemble.ts'

const MAX_NEEDS = 10_000

/** The packages of a `composer.lock` (https://getcomposer.org/doc/01-basic-usage.md#installing-with-composer-lock), those for development apart. */
export function readComposerLock(file: FileBytes): ReadResult<ComposerFact> {
  const stated = new StatedPackages('composer-lock-unreadable', file.path)
  const parsed = parseJsonObject(file.bytes)
  if ('problem' in parsed) return stated.problem(`composer.lock could not be read: ${parsed.problem}`).result()
  const runtime = member(parsed.object, 'packages')
  const development = member(parsed.object, 'packages-dev')
  if (!Array.isArray(runtime) && !Array.isArray(development))
    return stated.problem('composer.lock has no list of packages').result()
  const lines = nameLines(file.bytes)
  addPackages(stated, runtime, lines, () => ({ presence: 'declared', scope: 'runtime' }))
  addPackages(stated, development, lines, () => ({ presence: 'declared', scope: 'development' }))
  return stated.result()
}

/**
 * The packages of `vendor/composer/installed.json`: of Composer 1 a list, of Composer 2 an object that also names those for
 * development (https://getcomposer.org/upgrade/UPGRADE-2.0.md). Other programs have files of that name too: without a list of packages there
 * is nothing to tell.
 */
export function readComposerInstalled(file: FileBytes): ReadResult<ComposerFact> {
  const stated = new StatedPackages('composer-installed-unreadable', file.path)
  const parsed = parseInstalled(file.bytes)
  if ('problem' in parsed) return stated.problem(`installed.json could not be read: ${parsed.problem}`).result()
  if (!Array.isArray(member(parsed.object, 'packages'))) return stated.result()
  const names = member(parsed.object, 'dev-package-names')
  const development = Array.isArray(names) ? new Set(names) : undefined
  addPackages(stated, member(parsed.object, 'packages'), nameLines(file.bytes), (name) => ({
    presence: 'installed',
    ...(development && { scope: development.has(name) ? ('development' as const) : ('runtime' as const) }),
  }))
  return stated.result()
}

/** What the project of a `composer.json` asks for by name (https://getcomposer.org/doc/04-schema.md#package-links). */
export function readComposerManifest(file: FileBytes): ReadResult<ComposerManifest> {
  const parsed = parseJsonObject(file.bytes)
  if ('problem' in parsed) {
    const message = `composer.json could not be read: ${parsed.problem}`
    return {
      facts: [],
      diagnostics: [{ code: 'composer-json-unreadable', message, path: file.path, effect: 'partial' }],
    }
  }
  const asked = [...namesOf(parsed.object, 'require'), ...namesOf(parsed.object, 'require-dev')]
  return { facts: [{ kind: 'manifest', asked }], diagnostics: [] }
}

/** Composer 1 wrote a list where Composer 2 writes an object that holds it. */
function parseInstalled(bytes: Uint8Array): { readonly object: JsonObject } | { readonly problem: string } {
  const isList = decodeText(bytes.subarray(0, 64)).trimStart().startsWith('[')
  if (!isList) return parseJsonObject(bytes)
  return parseJsonObject(Buffer.concat([Buffer.from('{"packages":'), bytes, Buffer.from('}')]))
}

function addPackages(
  stated: StatedPackages,
  list: unknown,
  lines: ReadonlyMap<string, number>,
  known: (name: string) => Pick<StatedPackage, 'presence' | 'scope'>,
): void {
  if (!Array.isArray(list)) return
  for (const entry of list) {
    const object = asObject(entry)
    if (object === undefined) {
      stated.problem('an entry of the list of packages is no object')
      continue
    }
    const name = (textMember(object, 'name') ?? '').toLowerCase()
    const version = textMember(object, 'version') ?? ''
    const line = lines.get(name)
    stated.add({
      ...known(name),
      key: name,
      purl: composerUrl(name, version),
      name,
      version,
      ecosystem: 'Packagist',
      licences: licencesIn(member(object, 'license')),
      needs: namesOf(object, 'require'),
      ...(line !== undefined && { lines: [line, line] as const }),
    })
  }
}

function composerUrl(name: string, version: string): string {
  const slash = name.indexOf('/')
  const namespace = slash > 0 ? { namespace: name.slice(0, slash) } : {}
  return packageUrl({ type: 'composer', ...namespace, name: name.slice(slash + 1), version })
}

function licencesIn(value: unknown): string[] {
  const texts = (Array.isArray(value) ? value : [value]).filter((text) => typeof text === 'string')
  return [...new Set(texts.slice(0, 100).flatMap((text) => licencesOf(shownText(text))))]
}

/** Names without those of the platform (`php`, `ext-json`), which have no vendor. */
function namesOf(object: JsonObject, key: string): string[] {
  const names = Object.keys(asObject(member(object, key)) ?? {}).slice(0, MAX_NEEDS)
  return names.filter((name) => name.includes('/')).map((name) => name.toLowerCase())
}

/** The first line that gives each name. */
function nameLines(bytes: Uint8Array): Map<string, number> {
  const lines = new Map<string, number>()
  linesOf(decodeText(bytes)).forEach((line, index) => {
    const name = /^\s{0,40}"name"\s{0,4}:\s{0,4}"([^"]{1,512})"/.exec(line)?.[1].replaceAll('\\/', '/').toLowerCase()
    if (name !== undefined && !lines.has(name)) lines.set(name, index + 1)
  })
  return lines
}
