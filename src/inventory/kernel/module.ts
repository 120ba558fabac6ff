import { gunzipSync, zstdDecompressSync } from 'node:zlib'
import type { ByteSource } from '../../lib/byte-source.ts'
import { openExecutable } from '../../lib/executable/executable.ts'
import { sourceOf } from '../../lib/zip/zip.ts'
import type { RandomFile, ReadResult } from '../../reading/index.ts'
import { licencesOf } from '../licences.ts'
import { packageUrl } from '../package-url.ts'
import { shownText } from '../recorded-text.ts'
import { type StatedPackage, StatedPackages } from '../stated-packages.ts'

const MAX_MODINFO_BYTES = 1024 ** 2
/** Of a compressed module; the largest of drivers have some ten megabytes. */
const MAX_UNPACKED_BYTES = 128 * 1024 ** 2

/**
 * The module in an ELF file, which may be compressed, by its section `.modinfo`: `key=value` texts that end with NUL (Linux,
 * include/linux/moduleparam.h). The version is the module's own, else the source version, else the release of the kernel that it is built for.
 */
export function readKernelModule(file: RandomFile): ReadResult<StatedPackage> {
  const stated = new StatedPackages('kernel-module-unreadable', file.path)
  const broken = (why: string) => stated.problem(`this kernel module cannot be read: ${why}`).result()
  const source = unpacked(file)
  if (source === undefined) return broken('it is not compressed as its name says, or unpacks to far too much')
  const executable = openExecutable(source)
  const section = executable?.section('.modinfo')
  if (!executable || !section) return broken('it has no section .modinfo')
  const said = fields(executable.read(section, MAX_MODINFO_BYTES))
  const name = said.get('name') ?? file.path.replace(/^.*\//, '').replace(/\.ko(?:\.gz|\.zst)?$/, '')
  const version = said.get('version') ?? said.get('srcversion') ?? said.get('vermagic')?.split(' ')[0] ?? ''
  stated.add({
    purl: packageUrl({ type: 'generic', name, version }),
    name,
    version,
    ecosystem: 'generic',
    presence: 'installed',
    licences: licencesOf(shownText(said.get('license') ?? '')),
    supplier: shownText(said.get('author') ?? ''),
  })
  return stated.result()
}

function unpacked(file: RandomFile): ByteSource | undefined {
  const unpack = file.path.endsWith('.gz') ? gunzipSync : file.path.endsWith('.zst') ? zstdDecompressSync : undefined
  if (unpack === undefined) return file
  if (file.sizeBytes > MAX_UNPACKED_BYTES) return undefined
  try {
    return sourceOf(unpack(file.at(0, file.sizeBytes), { maxOutputLength: MAX_UNPACKED_BYTES }))
  } catch {
    // Whatever the decompressor did not like: its caller says so, with the path.
    return undefined
  }
}

function fields(bytes: Uint8Array): Map<string, string> {
  const said = new Map<string, string>()
  for (const text of Buffer.from(bytes).toString('utf8').split('\0')) {
    const at = text.indexOf('=')
    const key = text.slice(0, at)
    if (at > 0 && !said.has(key)) said.set(key, text.slice(at + 1))
  }
  return said
}
