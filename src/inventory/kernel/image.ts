import type { RandomFile, ReadResult } from '../../reading/index.ts'
import { packageUrl } from '../package-url.ts'
import { type StatedPackage, StatedPackages } from '../stated-packages.ts'

/** Of the setup header of x86 (https://docs.kernel.org/arch/x86/boot.html): its magic, and where it says where the version's text is. */
const HEADER_MAGIC_AT = 0x202
const VERSION_POINTER_AT = 0x20e
const SETUP_BYTES = 0x200
const MAX_VERSION_BYTES = 256
/** Kernels that carry their banner as it is (vmlinux, the Image of arm64). */
const BANNER = 'Linux version '
const CHUNK_BYTES = 1024 ** 2
const MAX_SEARCHED_BYTES = 256 * 1024 ** 2

/**
 * The Linux kernel that a boot image holds: by the setup header of x86 images, which is not compressed with the rest, else by the banner
 * of an image that is not compressed at all. Others hold nothing that can be read.
 */
export function readKernelImage(file: RandomFile): ReadResult<StatedPackage> {
  const stated = new StatedPackages('kernel-image-unreadable', file.path)
  const release = fromSetupHeader(file) ?? fromBanner(file)
  if (release === undefined) return stated.result()
  stated.add({
    purl: packageUrl({ type: 'generic', name: 'linux-kernel', version: release.version }),
    name: 'linux-kernel',
    version: release.version,
    ecosystem: 'generic',
    presence: 'installed',
    cpes: [`cpe:2.3:o:linux:linux_kernel:${/^[\d.]+/.exec(release.version)?.[0] ?? '*'}:*:*:*:*:*:*:*`],
    offset: release.offset,
  })
  return stated.result()
}

interface Release {
  readonly version: string
  readonly offset: number
}

function fromSetupHeader(file: RandomFile): Release | undefined {
  if (text(file, HEADER_MAGIC_AT, 4) !== 'HdrS') return undefined
  const pointer = file.at(VERSION_POINTER_AT, 2)
  if (pointer.length < 2) return undefined
  const offset = ((pointer[1] as number) << 8) + (pointer[0] as number) + SETUP_BYTES
  return releaseIn(text(file, offset, MAX_VERSION_BYTES), offset)
}

function fromBanner(file: RandomFile): Release | undefined {
  const end = Math.min(file.sizeBytes, MAX_SEARCHED_BYTES)
  for (let start = 0; start < end; start += CHUNK_BYTES) {
    const bytes = Buffer.from(file.at(start, CHUNK_BYTES + MAX_VERSION_BYTES))
    for (let at = bytes.indexOf(BANNER); at >= 0; at = bytes.indexOf(BANNER, at + 1)) {
      const from = at + BANNER.length
      const release = releaseIn(bytes.toString('latin1', from, from + MAX_VERSION_BYTES), start + from)
      if (release !== undefined) return release
    }
  }
  return undefined
}

/** The release that a text begins with (`6.1.0-18-amd64 (builder@host) …`), as `uname -r` prints it. */
function releaseIn(said: string, offset: number): Release | undefined {
  const version = /^(\d{1,3}\.\d{1,4}[\w.+~-]{0,100}) \(/.exec(said)?.[1]
  return version === undefined ? undefined : { version, offset }
}

function text(file: RandomFile, offset: number, length: number): string {
  return Buffer.from(file.at(offset, length)).toString('latin1')
}
