import type { FileBytes, ReadResult } from '../../reading/index.ts'
import { lowestAllowed } from '../documents/lowest-allowed.ts'
import { decodeText, linesOf } from '../documents/text.ts'
import { asObject, member, objectLines, parseJsonObject, textMember } from '../json-document.ts'
import { licencesOf } from '../licences.ts'
import { packageUrl } from '../package-url.ts'
import { RANGE_CONFIDENCE } from '../range-confidence.ts'
import { shownText } from '../recorded-text.ts'
import { type StatedPackage, StatedPackages } from '../stated-packages.ts'

const MAX_LINE = 10_000
/** `pkgs2/<name>-<version>-<sha1>/`, of Nimble before 0.14 `pkgs/<name>-<version>/`. */
const INSTALLED = /(?:^|\/)pkgs2?\/([^/]+)\/[^/]+\.nimble$/

/**
 * A `.nimble` file (https://nim-lang.github.io/nimble/nimble-reference.html): that of an installed package, which its folder names, or of a
 * project, whose requirements count with the least versions. It is a script: only assignments and `requires` of literals are read.
 */
export function readNimble(file: FileBytes): ReadResult<StatedPackage> {
  const stated = new StatedPackages('nimble-unreadable', file.path)
  const text = decodeText(file.bytes)
  if (text.includes('\0')) return stated.problem('the .nimble file is no text').result()
  const { values, requirements } = scriptOf(text)
  const folder = INSTALLED.exec(file.path)?.[1]
  if (folder === undefined) {
    for (const asked of requirements) addRequirement(stated, asked)
    return stated.result()
  }
  const [, name = '', version = ''] = /^(.{1,512}?)-(\d[^-]{0,200}|#.{1,200}?)(?:-[0-9a-f]{40})?$/.exec(folder) ?? []
  const [licence, supplier] = [values.get('license'), values.get('author')]
  stated.add({
    ...nimPackage(name, version.startsWith('#') ? (values.get('version') ?? version.slice(1)) : version),
    key: name.toLowerCase(),
    presence: 'installed',
    needs: requirements.map((asked) => asked.name.toLowerCase()),
    ...(licence && { licences: licencesOf(shownText(licence)) }),
    ...(supplier && { supplier: shownText(supplier) }),
  })
  return stated.result()
}

/** What Nimble locked (https://nim-lang.github.io/nimble/nimble-lock.html); a package without a version has its commit for one. */
export function readNimbleLock(file: FileBytes): ReadResult<StatedPackage> {
  const stated = new StatedPackages('nimble-lock-unreadable', file.path)
  const parsed = parseJsonObject(file.bytes)
  if ('problem' in parsed) return stated.problem(`nimble.lock could not be read: ${parsed.problem}`).result()
  const packages = asObject(member(parsed.object, 'packages'))
  if (packages === undefined) return stated.problem('nimble.lock has no packages').result()
  const lines = objectLines(file.bytes, 2)
  for (const [name, value] of Object.entries(packages)) {
    const entry = asObject(value) ?? {}
    if (isCompiler(name)) continue
    const needs = member(entry, 'dependencies')
    const place = lines.get(`packages\0${name}`)
    const version = textMember(entry, 'version') ?? ''
    stated.add({
      ...nimPackage(
        name,
        version === '' || version.startsWith('#') ? (textMember(entry, 'vcsRevision') ?? '') : version,
      ),
      key: name.toLowerCase(),
      needs: Array.isArray(needs) ? needs.flatMap((need) => (typeof need === 'string' ? need.toLowerCase() : [])) : [],
      ...(place && { lines: place }),
    })
  }
  return stated.result()
}

interface Requirement {
  readonly name: string
  readonly range: string
  readonly line: number
}

interface Script {
  readonly values: ReadonlyMap<string, string>
  readonly requirements: readonly Requirement[]
}

/** Assignments and requirements of a script; a list of requirements goes on while lines end with a comma or an open bracket. */
function scriptOf(text: string): Script {
  const values = new Map<string, string>()
  const requirements: Requirement[] = []
  let goesOn = false
  for (const [index, whole] of linesOf(text).entries()) {
    const line = whole.slice(0, MAX_LINE).trim()
    const [, name = '', value = ''] = /^(\w{1,40})\s{0,100}[=:]\s{0,100}"([^"]*)"/.exec(line) ?? []
    const isRequires = /^requires\b/i.test(line)
    if (isRequires || goesOn) {
      for (const [, asked = ''] of line.replace(/#\s.*$/, '').matchAll(/"([^"]*)"/g))
        requirements.push(...requirementsIn(asked, index + 1))
      goesOn = /[,([]$/.test(line.replace(/\s#.*$/, '').trimEnd())
    } else if (name !== '' && !values.has(name.toLowerCase())) values.set(name.toLowerCase(), value)
  }
  return { values, requirements }
}

/** `jester >= 0.5`, `jester#head`, an address; of the old form several, with commas, where each begins with a name. */
function requirementsIn(text: string, line: number): Requirement[] {
  return text.split(/,(?=\s{0,10}[A-Za-z])/).flatMap((one) => {
    const [, name, range = ''] = /^\s{0,10}([A-Za-z][\w.-]{0,511})(?!\w|:)(.*)$/.exec(one) ?? []
    return name === undefined || isCompiler(name) ? [] : [{ name, range, line }]
  })
}

function addRequirement(stated: StatedPackages, { name, range, line }: Requirement): void {
  // After # comes a branch, a tag or a commit.
  const pinned = /^\s{0,10}#v?(\d[\w.+-]*)\s*$/.exec(range)?.[1]
  const lowest =
    pinned !== undefined
      ? { version: pinned, exact: true }
      : range.includes('#')
        ? undefined
        : lowestAllowed(range, 'exact')
  if (lowest === undefined) return
  const { version, exact } = lowest
  stated.add({
    ...nimPackage(name, version),
    direct: true,
    lines: [line, line],
    ...(!exact && { confidence: RANGE_CONFIDENCE }),
  })
}

function isCompiler(name: string): boolean {
  return /^nim(?:rod)?$/i.test(name)
}

function nimPackage(name: string, version: string): StatedPackage {
  const purl = packageUrl({ type: 'nim', name: name.toLowerCase(), version })
  return { purl, name, version, ecosystem: 'nim', presence: 'declared' }
}
