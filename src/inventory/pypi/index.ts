import type { Component, Relation } from '../../model/component.ts'
import type { LazyReader, PlacedRow } from '../../reading/index.ts'
import { libraryComponent } from '../library-component.ts'
import { licencesOf } from '../licences.ts'
import { packageUrl } from '../package-url.ts'
import { RANGE_CONFIDENCE } from '../range-confidence.ts'
import { shownText } from '../recorded-text.ts'
import type { AssembleContext, Assembled, Cataloger } from '../types.ts'
import type { LockedDistribution } from './locked.ts'
import { type Distribution, normalisedName, pythonMetadataReader } from './metadata.ts'

const MAX_LOCK_BYTES = 24 * 1024 ** 2

const tomlLockReader: LazyReader<LockedDistribution> = {
  id: 'python-toml-lock',
  version: 1,
  wants: {
    any: [
      { name: 'poetry.lock' },
      { name: 'uv.lock' },
      { name: 'pdm.lock' },
      { name: 'pylock.toml' },
      { prefix: 'pylock.', suffix: '.toml' },
    ],
    maxBytes: MAX_LOCK_BYTES,
    loss: 'partial',
  },
  load: async () => (await import('./toml-locks.ts')).readPythonTomlLock,
}

const pipfileLockReader: LazyReader<LockedDistribution> = {
  id: 'python-pipfile-lock',
  version: 1,
  wants: { any: [{ name: 'Pipfile.lock' }], maxBytes: MAX_LOCK_BYTES, loss: 'partial' },
  load: async () => (await import('./pipfile-lock.ts')).readPipfileLock,
}

const requirementsReader: LazyReader<LockedDistribution> = {
  id: 'python-requirements',
  version: 1,
  wants: {
    any: [
      { prefix: 'requirements', suffix: '.txt' },
      { suffix: '-requirements.txt' },
      { inside: 'requirements', suffix: '.txt' },
    ],
    maxBytes: 4 * 1024 ** 2,
    loss: 'partial',
  },
  load: async () => (await import('./requirements.ts')).readRequirements,
}

const LOCK_READERS = [tomlLockReader, pipfileLockReader, requirementsReader]

type PythonFact = Distribution | LockedDistribution

/** Packages of Python. */
export const pypi: Cataloger<PythonFact> = {
  id: 'pypi',
  summary:
    'Python packages: installed dist-info, egg-info; poetry.lock, uv.lock, pdm.lock, pylock.toml, Pipfile.lock, requirements*.txt',
  kind: 'library',
  ecosystems: ['PyPI'],
  yields: 'both',
  fills: ['licences', 'supplier', 'hashes', 'lines', 'direct', 'scope', 'depends-on'],
  readers: [pythonMetadataReader, ...LOCK_READERS],
  assemble(rows, context) {
    const locks = new Set(LOCK_READERS.map(({ id }) => id))
    const locked = rows.filter(({ reader, wins }) => wins && locks.has(reader)) as PlacedRow<LockedDistribution>[]
    const installed = installedPackages(
      rows.filter(({ reader }) => !locks.has(reader)) as PlacedRow<Distribution>[],
      context,
    )
    const declared = locked.map((row) => lockedPackages(row, context))
    return {
      components: [...installed.components, ...declared.flatMap(({ components }) => components)],
      relations: [...installed.relations, ...declared.flatMap(({ relations }) => relations)],
      diagnostics: [],
    }
  },
}

function lockedPackages(row: PlacedRow<LockedDistribution>, context: AssembleContext): Assembled {
  const byName = new Map<string, string>()
  const components = row.facts.map((fact) => {
    const name = normalisedName(fact.name)
    const component = libraryComponent(
      {
        purl: packageUrl({ type: 'pypi', name, version: fact.version }),
        name: fact.name,
        version: fact.version,
        ecosystem: 'PyPI',
        presence: 'declared',
        hashes: fact.hashes,
        ...(fact.direct !== undefined && { direct: fact.direct }),
        ...(fact.scope && { scope: fact.scope }),
        ...(fact.lines && { lines: fact.lines }),
        ...(fact.ranged && { confidence: RANGE_CONFIDENCE }),
      },
      row,
      context,
    )
    if (!byName.has(name)) byName.set(name, component.id)
    return component
  })
  const relations = row.facts.flatMap((fact, index) => {
    const from = components[index]?.id
    const targets = new Set(fact.needs.map((name) => byName.get(normalisedName(name))))
    return [...targets].flatMap((to): Relation[] =>
      from === undefined || to === undefined || to === from ? [] : [{ from, to, kind: 'depends-on' }],
    )
  })
  return { components, relations, diagnostics: [] }
}

/** What lies installed, and who needs whom among the packages of one `site-packages`. */
function installedPackages(rows: readonly PlacedRow<Distribution>[], context: AssembleContext): Assembled {
  const found: { readonly component: Component; readonly fact: Distribution; readonly site: string }[] = []
  const bySite = new Map<string, string>()
  for (const row of rows) {
    const fact = row.facts[0]
    if (!row.wins || fact === undefined) continue
    const component = libraryComponent(
      {
        purl: packageUrl({ type: 'pypi', name: normalisedName(fact.name), version: fact.version }),
        name: fact.name,
        version: fact.version,
        ecosystem: 'PyPI',
        presence: 'installed',
        supplier: shownText(fact.author ?? ''),
        licences: licencesOf(shownText(fact.licence ?? '')),
      },
      row,
      context,
    )
    const site = siteOf(row.path)
    found.push({ component, fact, site })
    bySite.set(`${site}\0${normalisedName(fact.name)}`, component.id)
  }
  const relations = found.flatMap(({ component, fact, site }) => {
    const targets = new Set(fact.needs.map((name) => bySite.get(`${site}\0${normalisedName(name)}`)))
    return [...targets].flatMap((to): Relation[] =>
      to === undefined || to === component.id ? [] : [{ from: component.id, to, kind: 'depends-on' }],
    )
  })
  return { components: found.map(({ component }) => component), relations, diagnostics: [] }
}

/** The folder that packages are imported from: the one that holds `x.dist-info`, `x.egg-info` or `x.egg`. */
function siteOf(path: string): string {
  return path.replace(
    /(?:^|\/)[^/]+(?:\.dist-info\/METADATA|\.egg-info\/PKG-INFO|\.egg\/EGG-INFO\/PKG-INFO|\.egg-info)$/,
    '',
  )
}
