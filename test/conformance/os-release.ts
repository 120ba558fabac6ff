import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { OS_READERS, type ReleaseFact, recogniseOperatingSystem } from '../../src/inventory/operating-system/index.ts'
import type { OperatingSystem } from '../../src/model/operating-system.ts'
import type { PlacedRow } from '../../src/reading/index.ts'
import { readersRows } from '../support/catalog.ts'
import type { CaseOutcome } from './suite.ts'

const SHELL = `. "$1"; printf '%s\\n%s' "$ID" "$VERSION_ID"`

/** Distributions that changed their ID: one name for both. */
const RENAMED: Readonly<Record<string, string>> = { opensuse: 'opensuse-leap' }

/**
 * The release files below the folder of the suite `os`. An os-release must give the ID that a shell reads from it, and its VERSION_ID, to
 * which an older file beside it may add the point release; an older release file alone must give some ID and the first number in it.
 */
export function* releaseCases(folder: string): Generator<CaseOutcome> {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .sort()
  for (const file of files) {
    if (/(^|\/)os-release$/.test(file) || /^trivy-os\/release\/testdata\//.test(file)) yield osRelease(folder, file)
    else if (/-release$|debian_version$/.test(file)) yield olderFile(folder, file, files)
  }
}

function osRelease(folder: string, file: string): CaseOutcome {
  const root = rootOf(file)
  const found = recognise(folder, file, root)
  const ran = spawnSync('sh', ['-c', SHELL, 'sh', join(folder, file)], { encoding: 'utf8', env: {} })
  const [id = '', version = ''] = ran.stdout.split('\n')
  const name = `release ${file}`
  const expected = id === '' ? 'no ID in it' : `${id} ${version}`
  const actual = found === undefined ? 'not recognised' : `${found.id} ${found.version}`
  const passed =
    id === ''
      ? found === undefined || found.id !== ''
      : found?.id === (RENAMED[id] ?? id.toLowerCase()) && sameVersion(found, version)
  return passed ? { name, passed } : { name, passed, expected, actual }
}

/** A rolling system has no version here, whatever date its file carries; where no VERSION_ID stands, another field may say it. */
function sameVersion(found: OperatingSystem, version: string): boolean {
  if (version === '' || found.version === version || found.version.startsWith(`${version}.`)) return true
  return found.version === '' && found.release === ''
}

function olderFile(folder: string, file: string, files: readonly string[]): CaseOutcome {
  const root = rootOf(file)
  const name = `release ${file}`
  const beside = root !== undefined && files.some((other) => other.startsWith(root) && other.endsWith('/os-release'))
  const found = recognise(folder, file, root)
  const number = /\d+(\.\d+)*/.exec(readFileSync(join(folder, file), 'utf8'))?.[0] ?? ''
  const passed = found !== undefined && found.id !== '' && (beside || found.version.startsWith(number))
  if (passed) return { name, passed }
  const actual = found === undefined ? 'not recognised' : `${found.id} ${found.version}`
  return { name, passed, expected: `an ID with version ${number}`, actual }
}

/** Where the sample's root begins, for samples that are a root. */
function rootOf(file: string): string | undefined {
  return /^(.*?)(?:usr\/lib|etc)\/[^/]+$/.exec(file)?.[1]
}

function recognise(folder: string, file: string, root: string | undefined): OperatingSystem | undefined {
  const rows = readersRows(OS_READERS, releaseFiles(folder, file, root)) as PlacedRow<ReleaseFact>[]
  return recogniseOperatingSystem(rows, () => undefined)
}

function releaseFiles(folder: string, file: string, root: string | undefined): Record<string, Uint8Array> {
  if (root === undefined) {
    const name = /^trivy-os\/release\//.test(file) ? 'os-release' : (file.split('/').at(-1) ?? '')
    return { [`etc/${name}`]: readFileSync(join(folder, file)) }
  }
  const files: Record<string, Uint8Array> = {}
  for (const place of ['etc', 'usr/lib']) {
    const below = join(folder, root, place)
    if (!existsSync(below)) continue
    for (const entry of readdirSync(below, { withFileTypes: true }))
      if (entry.isFile()) files[`${place}/${entry.name}`] = readFileSync(join(below, entry.name))
  }
  return files
}
