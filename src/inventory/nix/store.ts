import type { RandomFile, ReadResult } from '../../reading/index.ts'
import { packageUrl } from '../package-url.ts'
import { sqliteRows } from '../sqlite-table.ts'
import { type StatedPackage, StatedPackages } from '../stated-packages.ts'

const MAX_ROW_BYTES = 1024 ** 2
/** Outputs of a derivation beside its own (https://nixos.org/manual/nixpkgs/stable/#chap-multiple-output). */
const OUTPUT = /-(bin|dev|lib|man|doc|info|out|static|debug|devdoc|python|data|terminfo|getent|nss|dist)$/

/** The packages of the table `ValidPaths` of Nix's database (https://github.com/NixOS/nix/blob/master/src/libstore/schema.sql). */
export function readNixDatabase(file: RandomFile): ReadResult<StatedPackage> {
  const found = new StatedPackages('nix-database-unreadable', file.path)
  for (const row of sqliteRows(file, 'ValidPaths', MAX_ROW_BYTES)) {
    if ('problem' in row) {
      found.problem(`the database of Nix could not be read whole: ${row.problem}`)
      continue
    }
    const path = row.columns[1]
    const pkg = typeof path === 'string' ? storePackage(path.replace(/^\//, '')) : undefined
    if (pkg !== undefined) found.add(pkg)
  }
  return found.result()
}

/** The package in whose store path a file lies. */
export function readStoreFile(file: RandomFile): ReadResult<StatedPackage> {
  const found = new StatedPackages('nix-store-unreadable', file.path)
  const pkg = storePackage(file.path)
  if (pkg !== undefined) found.add(pkg)
  return found.result()
}

/**
 * The package of `nix/store/HASH-NAME-VERSION[-OUTPUT]` (https://nix.dev/manual/nix/latest/store/store-path): the version begins at the first
 * dash that no letter follows, as `builtins.parseDrvName` has it. Paths without a version are configuration, sources and patches.
 */
function storePackage(path: string): StatedPackage | undefined {
  const match = /^nix\/store\/([0-9a-z]{32})-([^/]{1,211})(?:\/|$)/.exec(path)
  if (match === null || /\.(?:drv|patch|diff|zip|tgz|t?gz|xz|bz2|tar|lock|sh|nix)$/.test(match[2])) return undefined
  const [, hash, whole] = match
  const output = OUTPUT.exec(whole)?.[1]
  const text = output === undefined ? whole : whole.slice(0, -output.length - 1)
  const parts = /^(.+?)-(\d.*)$/.exec(text)
  if (parts === null) return undefined
  const [, name, version] = parts
  return {
    purl: packageUrl({ type: 'nix', name, version, qualifiers: { outputhash: hash, output } }),
    name,
    version,
    ecosystem: 'nix',
    presence: 'installed',
  }
}
