import { readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { podmanContainers } from '../../src/inventory/containers/podman.ts'
import { CATALOGERS, type Cataloger } from '../../src/inventory/index.ts'
import { type Catalogued, catalog } from '../support/catalog.ts'
import type { CaseOutcome, ConformanceSuite } from './suite.ts'

/** One line of `cases.jsonl`. */
interface ExtractorCase {
  readonly extractor: string
  readonly file: string
  readonly error: boolean
  readonly packages: readonly (readonly [string, string])[]
  readonly options?: readonly string[]
}

/** Which cataloger reads what an extractor reads, and where such a file lies in an image. */
interface Place {
  readonly cataloger: string
  path(file: string): string
  /** Another place where such a file means something else, when the data does not say which one a case is about. */
  readonly otherPath?: string
  /** The cataloger as a case's options want it. */
  readonly withOptions?: (options: readonly string[]) => Cataloger
}

const PLACES: ReadonlyMap<string, Place> = new Map<string, Place>([
  [
    'os/dpkg',
    {
      cataloger: 'dpkg',
      path: (file) => (file.includes('/opkg/') ? 'usr/lib/opkg/status' : 'var/lib/dpkg/status'),
    },
  ],
  ['os/chisel', { cataloger: 'dpkg', path: () => 'var/lib/chisel/manifest.wall' }],
  ['os/apk', { cataloger: 'apk', path: () => 'lib/apk/db/installed' }],
  ['os/rpm', { cataloger: 'rpm', path: rpmPath }],
  ['os/pacman', { cataloger: 'pacman', path: () => 'var/lib/pacman/local/name-1-1/desc' }],
  ['os/portage', { cataloger: 'portage', path: () => 'var/db/pkg/category/name-1/PF' }],
  ['os/cos', { cataloger: 'cos', path: () => 'etc/cos-package-info.json' }],
  [
    'language/javascript/packagejson',
    // An installed package, or a project without lockfile, whose requirements count at the lowest version that they allow.
    { cataloger: 'npm', path: () => 'app/node_modules/name/package.json', otherPath: 'app/package.json' },
  ],
  [
    'language/javascript/packagelockjson',
    {
      cataloger: 'npm',
      path: (file) => `app/${file.includes('shrinkwrap') ? 'npm-shrinkwrap.json' : 'package-lock.json'}`,
    },
  ],
  ['language/python/wheelegg', { cataloger: 'pypi', path: wheelPath }],
  ['containers/podman', { cataloger: 'podman', path: podmanPath, withOptions: podmanWith }],
  ['containers/dockerbaseimage', { cataloger: 'dockerfile', path: () => 'app/Dockerfile' }],
])

const NOT_BUILT = [
  'embeddedfs/*',
  'language/cpp/*',
  'language/dart/*',
  'language/dotnet/*',
  'language/erlang/*',
  'language/gleam/*',
  'language/golang/*',
  'language/haskell/*',
  'language/java/*',
  'language/javascript/bunlock/*',
  'language/javascript/denojson/*',
  'language/javascript/denotssource/*',
  'language/javascript/pnpmlock/*',
  'language/javascript/vsix/*',
  'language/javascript/yarnlock/*',
  'language/julia/*',
  'language/perl/*',
  'language/php/*',
  'language/python/condameta/*',
  'language/python/pdmlock/*',
  'language/python/pipfilelock/*',
  'language/python/poetrylock/*',
  'language/python/pylock/*',
  'language/python/pyprojecttoml/*',
  'language/python/requirements/*',
  'language/python/setup/*',
  'language/r/*',
  'language/ruby/*',
  'language/rust/*',
  'language/swift/*',
  'misc/*',
  'os/homebrew/*',
  'os/kernel/*',
  'os/macapps/*',
  'os/snap/*',
  'os/spack/*',
  'runtime/*',
  'sbom/*',
]

/** Package files and what another project's readers take from each. */
export const extractors: ConformanceSuite = {
  id: 'extractors',
  gaps: {
    ...Object.fromEntries(NOT_BUILT.map((prefix) => [prefix, 'not built yet'])),
  },
  *run(folder) {
    for (const line of readFileSync(join(folder, 'cases.jsonl'), 'utf8').split('\n')) {
      if (line !== '') yield runCase(folder, JSON.parse(line) as ExtractorCase)
    }
  },
}

function runCase(folder: string, one: ExtractorCase): CaseOutcome {
  const name = [one.file, ...(one.options ?? [])].join(' ')
  const place = PLACES.get(one.extractor)
  const cataloger =
    (one.options && place?.withOptions?.(one.options)) ?? CATALOGERS.find(({ id }) => id === place?.cataloger)
  if (place === undefined || cataloger === undefined)
    return { name, passed: false, expected: `a cataloger for ${one.extractor}`, actual: 'none' }
  const first = runAt(folder, one, name, cataloger, place.path(one.file))
  return first.passed || place.otherPath === undefined ? first : runAt(folder, one, name, cataloger, place.otherPath)
}

function runAt(folder: string, one: ExtractorCase, name: string, cataloger: Cataloger, path: string): CaseOutcome {
  const answer = catalog(cataloger, { [path]: readFileSync(join(folder, one.file)) })
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

function podmanPath(file: string): string {
  return `var/lib/containers/storage/${file.endsWith('.sql') ? 'db.sql' : 'libpod/bolt_state.db'}`
}

function podmanWith(options: readonly string[]): Cataloger {
  return podmanContainers({ stopped: options.includes('IncludeStopped') }) as Cataloger
}

function rpmPath(file: string): string {
  return file.endsWith('.sqlite') ? 'var/lib/rpm/rpmdb.sqlite' : 'var/lib/rpm/Packages'
}

/** Wheels and eggs keep their metadata in files of different names; the case's name says which. */
function wheelPath(file: string): string {
  const name = basename(file)
  const site = 'usr/lib/python3/site-packages'
  if (name.includes('egginfo_pkginfo')) return `${site}/name-1.egg/EGG-INFO/PKG-INFO`
  return name.includes('egginfo') ? `${site}/name-1.egg-info` : `${site}/name-1.dist-info/METADATA`
}
