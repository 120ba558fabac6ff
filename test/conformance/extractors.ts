import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { type AnyCataloger, CATALOGERS } from '../../src/inventory/index.ts'
import { type Catalogued, catalogued } from '../support/catalog.ts'
import { type ExtractorPlaces, SLICES } from './extractor-places/index.ts'
import type { CaseOutcome, ConformanceSuite } from './suite.ts'

/** One line of `cases.jsonl`. */
interface ExtractorCase {
  readonly extractor: string
  readonly file: string
  readonly error: boolean
  readonly packages: readonly (readonly [string, string])[]
  readonly options?: readonly string[]
}

const PLACES: ExtractorPlaces = new Map(SLICES.flatMap(({ places }) => [...places]))

/** Package files and what another project's readers take from each. */
export const extractors: ConformanceSuite = {
  id: 'extractors',
  gaps: Object.fromEntries(
    SLICES.flatMap(({ gaps, notBuilt }) => [
      ...Object.entries(gaps ?? {}),
      ...notBuilt.map((prefix) => [prefix, 'not built yet']),
    ]),
  ),
  async *run(folder) {
    for (const line of readFileSync(join(folder, 'cases.jsonl'), 'utf8').split('\n')) {
      if (line !== '') yield await runCase(folder, JSON.parse(line) as ExtractorCase)
    }
  },
}

async function runCase(folder: string, one: ExtractorCase): Promise<CaseOutcome> {
  const name = [one.file, ...(one.options ?? [])].join(' ')
  const place = PLACES.get(one.extractor)
  const cataloger =
    (one.options && place?.withOptions?.(one.options)) ?? CATALOGERS.find(({ id }) => id === place?.cataloger)
  if (place === undefined || cataloger === undefined)
    return { name, passed: false, expected: `a cataloger for ${one.extractor}`, actual: 'none' }
  const first = await runAt(folder, one, name, cataloger, place.path(one.file))
  return first.passed || place.otherPath === undefined
    ? first
    : await runAt(folder, one, name, cataloger, place.otherPath)
}

async function runAt(
  folder: string,
  one: ExtractorCase,
  name: string,
  cataloger: AnyCataloger,
  path: string,
): Promise<CaseOutcome> {
  const beside = (PLACES.get(one.extractor)?.beside ?? []).filter((name) =>
    existsSync(join(folder, dirname(one.file), name)),
  )
  const answer = await catalogued(cataloger, {
    ...Object.fromEntries(
      beside.map((name) => [join(dirname(path), name), readFileSync(join(folder, dirname(one.file), name))]),
    ),
    [path]: readFileSync(join(folder, one.file)),
  })
  const expected = listed(one.packages)
  const actual = listed(
    answer.components.map(({ name, version }) => [name, one.extractor === 'os/rpm' ? withoutEpoch(version) : version]),
  )
  if (one.error && !refuses(answer, path))
    return {
      name,
      passed: false,
      expected: 'a diagnostic that names the file',
      actual: JSON.stringify(answer.diagnostics),
    }
  return expected === actual ? { name, passed: true } : { name, passed: false, expected, actual }
}

function refuses(answer: Catalogued, path: string): boolean {
  return answer.diagnostics.some((one) => one.path === path && one.effect !== 'notice')
}

/** The cases' project keeps an RPM's epoch apart from its version; here it is part of it. */
function withoutEpoch(version: string): string {
  return version.replace(/^\d+:/, '')
}

/** Each name and version once: a lockfile's package that lies in several places is one of several components here. */
function listed(packages: readonly (readonly [string, string])[]): string {
  return [...new Set(packages.map(([name, version]) => `${name} ${version}`))].sort().join(', ')
}
