import { refuseIdentity } from '../recorded-text.ts'
import { type RpmHeader, TAG } from './header.ts'

/** One installed package as its header says. Lists stay bytes until somebody asks for them. */
export interface RpmPackage {
  readonly kind: 'package'
  readonly name: string
  /** Undefined and 0 compare alike; only what is recorded stands here. */
  readonly epoch?: number
  readonly version: string
  readonly release: string
  readonly architecture?: string
  readonly sourceRpm?: string
  readonly vendor?: string
  readonly packager?: string
  readonly licence?: string
  readonly module?: string
  /** What it offers and what it asks for: texts, each ended by NUL. */
  readonly provides?: Uint8Array<ArrayBuffer>
  readonly requires?: Uint8Array<ArrayBuffer>
  readonly files?: RpmFiles
}

/** A package's files: the whole path of file i is folder number `folderOf[i]` followed by its name. All texts end by NUL. */
export interface RpmFiles {
  readonly names: Uint8Array<ArrayBuffer>
  /** Missing in packages of rpm 3, whose names are whole paths. */
  readonly folders?: Uint8Array<ArrayBuffer>
  /** 32 bits each, big-endian. */
  readonly folderOf?: Uint8Array<ArrayBuffer>
  readonly digests?: Uint8Array<ArrayBuffer>
  /** Number of the algorithm (RFC 9580, section 9.5): 1 MD5, 2 SHA-1, 8 SHA-256. */
  readonly algorithm: number
}

/**
 * The package of a header; undefined for an entry that is none (`gpg-pubkey`, the keys that rpm trusts); a text where the header
 * does not say what a package must say.
 */
export function packageOf(header: RpmHeader): RpmPackage | string | undefined {
  const name = header.text(TAG.name) ?? ''
  const version = header.text(TAG.version) ?? ''
  const release = header.text(TAG.release) ?? ''
  const refused = refuseIdentity(name, version) ?? (release === '' ? undefined : refuseIdentity(name, release))
  if (refused !== undefined) return `a package ${refused}`
  if (name === 'gpg-pubkey') return undefined
  const optional = {
    epoch: header.number(TAG.epoch),
    architecture: header.text(TAG.architecture),
    sourceRpm: header.text(TAG.sourceRpm),
    vendor: header.text(TAG.vendor),
    packager: header.text(TAG.packager),
    licence: header.text(TAG.licence),
    module: header.text(TAG.modularityLabel),
    provides: header.textList(TAG.provideName),
    requires: header.textList(TAG.requireName),
    files: filesOf(header),
  }
  return { kind: 'package', name, version, release, ...present(optional) }
}

/** Without the members that are undefined or empty text. */
function present<T extends object>(members: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  const kept = Object.entries(members).filter(([, value]) => value !== undefined && value !== '')
  return Object.fromEntries(kept) as { [K in keyof T]?: Exclude<T[K], undefined> }
}

function filesOf(header: RpmHeader): RpmFiles | undefined {
  const names = header.textList(TAG.baseNames)
  const paths = names === undefined ? header.textList(TAG.oldFileNames) : undefined
  if (names === undefined && paths === undefined) return undefined
  return {
    names: names ?? paths ?? new Uint8Array(),
    algorithm: header.number(TAG.fileDigestAlgorithm) ?? 1,
    ...present({
      folders: names && header.textList(TAG.dirNames),
      folderOf: names && header.numberList(TAG.dirIndexes),
      digests: header.textList(TAG.fileDigests),
    }),
  }
}

/** `[epoch:]version-release` as rpm compares it; epoch 0 is the same as none and left out. */
export function wholeVersion(pkg: Pick<RpmPackage, 'epoch' | 'version' | 'release'>): string {
  const epoch = pkg.epoch === undefined || pkg.epoch === 0 ? '' : `${pkg.epoch}:`
  return `${epoch}${pkg.version}${pkg.release === '' ? '' : `-${pkg.release}`}`
}

/**
 * Name and `[epoch:]version-release` of the source package, from the file name of the source RPM (`NAME-VERSION-RELEASE.src.rpm`,
 * `.nosrc.rpm`). The name of a file has no epoch: that of the built package is taken, as builds inherit it unless they say otherwise.
 */
export function sourceOf(
  sourceRpm: string | undefined,
  epoch: number | undefined,
): { readonly name: string; readonly version: string } | undefined {
  const stem = sourceRpm && /^(.+)\.(?:no)?src\.rpm$/.exec(sourceRpm)?.[1]
  if (!stem) return undefined
  const releaseAt = stem.lastIndexOf('-')
  const versionAt = releaseAt > 0 ? stem.lastIndexOf('-', releaseAt - 1) : -1
  if (versionAt <= 0) return undefined
  const name = stem.slice(0, versionAt)
  const version = wholeVersion({
    epoch,
    version: stem.slice(versionAt + 1, releaseAt),
    release: stem.slice(releaseAt + 1),
  })
  return refuseIdentity(name, version) === undefined ? { name, version } : undefined
}
