import type { Inventory } from '../model/inventory.ts'
import type { ReadTarget } from '../reading/index.ts'
import { apk } from './apk/index.ts'
import { assembleWith, type InventoryContext, type InventoryWithOwners, ownersWith } from './assemble-inventory.ts'
import { bazel } from './bazel/index.ts'
import { binaries } from './binaries/index.ts'
import { bottlerocket } from './bottlerocket/index.ts'
import { chocolatey } from './chocolatey/index.ts'
import { chrome } from './chrome/index.ts'
import { cocoapods } from './cocoapods/index.ts'
import { conan } from './conan/index.ts'
import { conda } from './conda/index.ts'
import { dockerfile } from './containers/dockerfile.ts'
import { namedImages } from './containers/named-images.ts'
import { podman } from './containers/podman.ts'
import { cos } from './cos/index.ts'
import { cpan } from './cpan/index.ts'
import { cran } from './cran/index.ts'
import { dpkg } from './dpkg/index.ts'
import { elfNotes } from './elf-notes/index.ts'
import { flatpak } from './flatpak/index.ts'
import { githubActions } from './github-actions/index.ts'
import { gleam } from './gleam/index.ts'
import { go } from './go/index.ts'
import { hackage } from './hackage/index.ts'
import { helm } from './helm/index.ts'
import { hex } from './hex/index.ts'
import { homebrew } from './homebrew/index.ts'
import { jdk } from './jdk/index.ts'
import { julia } from './julia/index.ts'
import { kernel } from './kernel/index.ts'
import { luarocks } from './luarocks/index.ts'
import { macapps } from './macapps/index.ts'
import { maven } from './maven/index.ts'
import { models } from './models/index.ts'
import { nativeImage } from './native-image/index.ts'
import { netscaler } from './netscaler/index.ts'
import { nim } from './nim/index.ts'
import { nix } from './nix/index.ts'
import { npm } from './npm/index.ts'
import { nuget } from './nuget/index.ts'
import { opam } from './opam/index.ts'
import { packagist } from './packagist/index.ts'
import { pacman } from './pacman/index.ts'
import { pear } from './pear/index.ts'
import { portage } from './portage/index.ts'
import { preCommit } from './pre-commit/index.ts'
import { pub } from './pub/index.ts'
import { pypi } from './pypi/index.ts'
import { rpm } from './rpm/index.ts'
import { rubygems } from './rubygems/index.ts'
import { rust } from './rust/index.ts'
import { sbomFiles } from './sbom-files/index.ts'
import { snap } from './snap/index.ts'
import { spack } from './spack/index.ts'
import { swift } from './swift/index.ts'
import { terraform } from './terraform/index.ts'
import { toolVersions } from './tool-versions/index.ts'
import type { AnyCataloger, Claim } from './types.ts'
import { vcpkg } from './vcpkg/index.ts'
import { vscode } from './vscode/index.ts'
import { wordpress } from './wordpress/index.ts'

export type { InventoryContext } from './assemble-inventory.ts'
export { componentOfPurl } from './component-of-purl.ts'
export { type CatalogerDescription, describeCatalogers, ecosystemsPage } from './descriptions.ts'
export { OS_READERS } from './operating-system/index.ts'
export type * from './types.ts'

/** Every cataloger, one a line. */
export const CATALOGERS: readonly AnyCataloger[] = [
  dpkg,
  apk,
  rpm,
  pacman,
  portage,
  cos,
  bottlerocket,
  jdk,
  maven,
  npm,
  vscode,
  chrome,
  pypi,
  conda,
  nuget,
  rubygems,
  packagist,
  cocoapods,
  bazel,
  conan,
  cpan,
  cran,
  hackage,
  gleam,
  hex,
  julia,
  luarocks,
  nim,
  opam,
  pub,
  swift,
  vcpkg,
  pear,
  wordpress,
  podman,
  dockerfile,
  githubActions,
  homebrew,
  macapps,
  nativeImage,
  netscaler,
  sbomFiles,
  go,
  rust,
  binaries,
  elfNotes,
  kernel,
  flatpak,
  snap,
  spack,
  chocolatey,
  helm,
  models,
  namedImages,
  nix,
  preCommit,
  terraform,
  toolVersions,
]

/**
 * What is in a target that was read: its operating system, the components of all catalogers with whose they are, how they depend on each
 * other, and everything that is not known. Pure: the same rows give the same inventory, in the same order. `origin` of every component is
 * `unknown`; whoever knows the base image sets it.
 */
export async function assembleInventory(read: ReadTarget, context: InventoryContext): Promise<Inventory> {
  return (await assembleWithOwners(read, context)).inventory
}

/** As {@link assembleInventory}, ready to say whose files are. */
export function assembleWithOwners(read: ReadTarget, context: InventoryContext): Promise<InventoryWithOwners> {
  return assembleWith(CATALOGERS, read, context)
}

/** Whose these files are, by the file lists of the operating system's packages: claims by path, for those that are listed. */
export function fileOwners(
  read: ReadTarget,
  context: InventoryContext,
  paths: ReadonlySet<string>,
): Promise<ReadonlyMap<string, Claim>> {
  return ownersWith(CATALOGERS, read, context, paths)
}
