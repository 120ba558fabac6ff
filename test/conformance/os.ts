import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { basename, join, relative } from 'node:path'
import { CATALOGERS } from '../../src/inventory/index.ts'
import { type Catalogued, catalogued } from '../support/catalog.ts'
import { releaseCases } from './os-release.ts'
import { rpmCases } from './os-rpm.ts'
import type { CaseOutcome, ConformanceSuite } from './suite.ts'

/** A database of packages in text or JSON, with where it lies in an image. */
interface Database {
  readonly name: string
  readonly cataloger: 'dpkg' | 'apk' | 'pacman' | 'bottlerocket'
  readonly path: string
  readonly bytes: Buffer
  /** What lies beside it in the same archive. */
  readonly beside?: Readonly<Record<string, string>>
}

/** Every database and release file below the folder: real ones give what an independent reading gives, broken ones a diagnostic. */
export const os: ConformanceSuite = {
  id: 'os',
  gaps: {},
  async *run(folder) {
    for (const database of databasesBelow(folder)) yield await runDatabase(database)
    yield* releaseCases(folder)
    yield* rpmCases(folder)
  },
}

function* databasesBelow(folder: string): Generator<Database> {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .sort()
  for (const name of files) {
    const bytes = readFileSync(join(folder, name))
    if (name.endsWith('.txtar')) yield* archived(name, bytes.toString())
    else {
      const place = placeOf(name)
      if (place !== undefined) yield { name, bytes, ...place }
    }
  }
}

/** Several files in one (txtar): `-- NAME --` begins each. */
function* archived(name: string, text: string): Generator<Database> {
  const parts = text.split(/^-- (\S+) --\n/m)
  const files: Record<string, string> = {}
  for (let i = 1; i + 1 < parts.length; i += 2) files[parts[i] ?? ''] = parts[i + 1] ?? ''
  for (const [path, content] of Object.entries(files)) {
    if (/(^|\/)dpkg\/status$/.test(path))
      yield { name: `${name} ${path}`, cataloger: 'dpkg', path, bytes: Buffer.from(content), beside: files }
  }
}

/** By the path's end, as it would be in an image, else by the name of the folder of samples. */
function placeOf(name: string): Pick<Database, 'cataloger' | 'path'> | undefined {
  const placed = (pattern: RegExp): string | undefined => pattern.exec(name)?.[0]
  const dpkg =
    placed(/(?:var|usr)\/lib\/(?:dpkg|opkg)\/status$/) ??
    placed(/(?:var|usr)\/lib\/dpkg\/status\.d\/(?!.*\.(?:md5sums|preinst)$)[^/]+$/) ??
    placed(/(?:var|usr)\/lib\/opkg\/info\/[^/]+\.control$/)
  if (dpkg !== undefined) return { cataloger: 'dpkg', path: dpkg }
  if (name.endsWith('.status')) return { cataloger: 'dpkg', path: 'var/lib/dpkg/status' }
  const apk = placed(/(?:usr\/)?lib\/apk\/db\/installed$/)
  if (apk !== undefined || name.startsWith('syft-alpine/') || /(^|\/)apk\/testdata\/[^/]+$/.test(name))
    return { cataloger: 'apk', path: apk ?? 'lib/apk/db/installed' }
  const pacman = placed(/var\/lib\/pacman\/local\/[^/]+\/(?:desc|files|mtree)$/)
  if (pacman !== undefined) return { cataloger: 'pacman', path: pacman }
  if (/^syft-arch\/(?:files|mtree)$/.test(name))
    return { cataloger: 'pacman', path: `var/lib/pacman/local/name-1-1/${basename(name)}` }
  if (/application-inventory[^/]*\.json$/.test(name))
    return { cataloger: 'bottlerocket', path: 'usr/share/bottlerocket/application-inventory.json' }
  return undefined
}

/**
 * The independent readings: awk over paragraphs (`RS=""`). Each prints how many records are whole and installed, and how many are
 * not what they should be (no name, no version, a version that the package manager would refuse).
 */
const READINGS: Readonly<Record<Database['cataloger'], string>> = {
  dpkg: `BEGIN { RS = "" }
    /(^|\\n)Status: [^\\n]*(config-files|not-installed)(\\n|$)/ { next }
    /(^|\\n)Package: *[^ \\n]/ && /(^|\\n)Version: *[^ \\n]/ { whole++; if (/(^|\\n)Version: [^\\n]*[^A-Za-z0-9.+:~_\\n-]/) broken++; next }
    { broken++ }
    END { print whole + 0, broken + 0 }`,
  apk: `BEGIN { RS = "" }
    /(^|\\n)P:./ && /(^|\\n)V:./ { whole++; next }
    { broken++ }
    END { print whole + 0, broken + 0 }`,
  pacman: `BEGIN { RS = "" }
    /^%NAME%\\n./ { name = 1 } /^%VERSION%\\n./ { version = 1 }
    END { print name && version, !(name && version) }`,
  bottlerocket: `/"Name": "/ { whole++ } END { print whole + 0, 0 }`,
}

function independently(database: Database): { whole: number; broken: number } {
  if (/\/(?:files|mtree)$/.test(database.path)) {
    const text = database.bytes.subarray(0, 2).toString('hex') === '1f8b' || database.bytes.includes('%FILES%')
    return { whole: 0, broken: text ? 0 : 1 }
  }
  const ran = spawnSync('awk', [READINGS[database.cataloger]], { input: database.bytes, encoding: 'utf8' })
  const [whole, broken] = ran.stdout.trim().split(' ').map(Number)
  if (whole === undefined || broken === undefined) throw new Error(`awk could not read ${database.name}: ${ran.stderr}`)
  return { whole, broken }
}

async function runDatabase(database: Database): Promise<CaseOutcome> {
  const { name, path } = database
  const cataloger = CATALOGERS.find(({ id }) => id === database.cataloger)
  if (cataloger === undefined) return { name, passed: false, expected: database.cataloger, actual: 'no such cataloger' }
  const answer = await catalogued(cataloger, { ...database.beside, [path]: database.bytes })
  const { whole, broken } = independently(database)
  const told = tells(answer, path)
  const expected = `${whole} packages, ${broken > 0 ? 'a diagnostic that names the file' : 'no diagnostic'}`
  const passed = answer.components.length === whole && told === broken > 0
  if (passed) return { name, passed }
  return {
    name,
    passed,
    expected,
    actual: `${answer.components.length} packages, ${JSON.stringify(answer.diagnostics)}`,
  }
}

function tells(answer: Catalogued, path: string): boolean {
  return answer.diagnostics.some((one) => one.path === path && one.effect !== 'notice')
}
