import { spawnSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join, relative } from 'node:path'
import { rpm } from '../../src/inventory/rpm/index.ts'
import { type Catalogued, catalog } from '../support/catalog.ts'
import type { CaseOutcome } from './suite.ts'

/**
 * How many packages `rpm --define '_db_backend BACKEND' --dbpath FOLDER -qa | grep -vc ^gpg-pubkey` counts (rpm 4.18; BACKEND: bdb_ro for
 * Packages, sqlite for rpmdb.sqlite), for machines without rpm; where it is installed, it is asked.
 */
const COUNTED: Readonly<Record<string, number>> = {
  'go-rpmdb/cbl-mariner-2.0/rpmdb.sqlite': 129,
  'go-rpmdb/libuuid/Packages': 1,
  'scalibr-rpm/Packages_epoch': 1,
  'syft-redhat/Packages': 1,
}

/** No database of any of the forms is shorter than this: its first page alone is longer. */
const SHORTEST = 512

/**
 * The rpm databases and manifests below the folder of the suite `os`. One with a `packages.json` beside its folder must equal it, any other
 * must give the count of an independent reading, and what is none must become a diagnostic `blind` that names the file.
 */
export async function* rpmCases(folder: string): AsyncGenerator<CaseOutcome> {
  for (const path of databasesBelow(folder)) {
    const name = `rpm ${path}`
    const bytes = readFileSync(join(folder, path))
    const isManifest = basename(path) === 'container-manifest-2'
    const place = placeOf(path, isManifest)
    const answer = catalog(rpm, { [place]: bytes })
    const list = join(folder, `${dirname(path)}.packages.json`)
    if (isDummy(bytes, isManifest)) yield diagnosed(name, answer, place)
    else if (existsSync(list)) yield equal(name, answer, JSON.parse(readFileSync(list, 'utf8')))
    else if (isManifest)
      yield counted(
        name,
        answer,
        bytes
          .toString()
          .split('\n')
          .filter((line) => line.includes('\t')).length,
      )
    else yield counted(name, answer, independentCount(join(folder, path), path))
  }
}

function databasesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .filter((path) => /(^|\/)(Packages[^/]*|[^/]+\.sqlite|container-manifest-2)$|rpm\/invalid$/.test(path))
    .sort()
}

/** Where it would lie in an image; the form is told from the content. */
function placeOf(path: string, isManifest: boolean): string {
  if (isManifest) return 'var/lib/rpmmanifest/container-manifest-2'
  const installed = /(?:var\/lib|usr\/lib\/sysimage|usr\/share)\/rpm\/[^/]+$/.exec(path)
  return installed?.[0] ?? 'var/lib/rpm/Packages'
}

function isDummy(bytes: Buffer, isManifest: boolean): boolean {
  return isManifest ? !bytes.includes('\t') : bytes.length < SHORTEST
}

function diagnosed(name: string, answer: Catalogued, place: string): CaseOutcome {
  const passed =
    answer.components.length === 0 && answer.diagnostics.some((one) => one.effect === 'blind' && one.path === place)
  const actual = JSON.stringify(answer.diagnostics)
  return passed ? { name, passed } : { name, passed, expected: `blind, naming ${place}`, actual }
}

function counted(name: string, answer: Catalogued, count: number | undefined): CaseOutcome {
  const passed = answer.components.length === count && answer.diagnostics.length === 0
  if (passed) return { name, passed }
  const expected = count === undefined ? 'a count by rpm, which is not installed' : `${count} packages`
  return {
    name,
    passed,
    expected,
    actual: `${answer.components.length} packages, ${JSON.stringify(answer.diagnostics)}`,
  }
}

function equal(
  name: string,
  answer: Catalogued,
  listed: readonly Record<string, string | number | null>[],
): CaseOutcome {
  const line = (fields: readonly (string | number | null | undefined)[]) =>
    fields.map((field) => field ?? '').join(' | ')
  const expected = listed.map((one) => {
    const epoch = one.epoch ? `${one.epoch}:` : ''
    const whole = one.version === undefined ? undefined : `${epoch}${one.version}-${one.release}`
    return line([one.name, whole, one.arch, sourceName(one.sourceRpm), one.vendor, one.modularityLabel])
  })
  const fields = new Set(listed.flatMap((one) => Object.keys(one)))
  const actual = answer.components.map((one) =>
    line([
      one.name,
      fields.has('version') ? one.version : undefined,
      fields.has('arch') ? one.architecture : undefined,
      fields.has('sourceRpm') ? one.source?.name : undefined,
      fields.has('vendor') ? one.supplier : undefined,
      fields.has('modularityLabel') ? one.module : undefined,
    ]),
  )
  const missing = expected.filter((text) => !actual.includes(text))
  const extra = actual.filter((text) => !expected.includes(text))
  const passed =
    missing.length === 0 && extra.length === 0 && actual.length === expected.length && answer.diagnostics.length === 0
  return passed
    ? { name, passed }
    : {
        name,
        passed,
        expected: missing[0] ?? `${expected.length} packages`,
        actual: extra[0] ?? `${actual.length} packages`,
      }
}

function sourceName(file: string | number | null | undefined): string | undefined {
  return typeof file === 'string' ? file.replace(/-[^-]+-[^-]+$/, '') : undefined
}

function independentCount(file: string, path: string): number | undefined {
  const bytes = readFileSync(file)
  const form =
    bytes.subarray(0, 6).toString('latin1') === 'SQLite' ? ['sqlite', 'rpmdb.sqlite'] : ['bdb_ro', 'Packages']
  const folder = mkdtempSync(join(tmpdir(), 'rpm-count-'))
  try {
    copyFileSync(file, join(folder, form[1]))
    const ran = spawnSync('rpm', ['--define', `_db_backend ${form[0]}`, '--dbpath', folder, '-qa'], {
      encoding: 'utf8',
    })
    if (ran.status !== 0) return COUNTED[path]
    return ran.stdout.split('\n').filter((line) => line !== '' && !line.startsWith('gpg-pubkey')).length
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
