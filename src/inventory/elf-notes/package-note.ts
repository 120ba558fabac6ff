import { openExecutable } from '../../lib/executable/executable.ts'
import type { RandomFile, ReadResult } from '../../reading/index.ts'
import { parseJsonObject, textMember } from '../json-document.ts'
import { packageUrl } from '../package-url.ts'
import { type StatedPackage, StatedPackages } from '../stated-packages.ts'

/** The note's owner and type, and a bound far above any that is written. */
const OWNER = 'FDO'
const PACKAGING_METADATA = 0xcafe1a7e
const MAX_NOTE_BYTES = 64 * 1024

/**
 * The package that an ELF file says it is of, by its note `.note.package` (https://uapi-group.org/specifications/specs/package_metadata_for_executable_files/):
 * a JSON object with type, name and version, and the CPE of the system that it was built for. A library copied out of its package, into
 * an image without a package database, is still known by it.
 */
export function readPackageNote(file: RandomFile): ReadResult<StatedPackage> {
  const stated = new StatedPackages('elf-package-note-broken', file.path)
  const note = openExecutable(file)
    ?.notes()
    .find(({ name, type }) => name === OWNER && type === PACKAGING_METADATA)
  if (note === undefined) return stated.result()
  if (note.desc.length > MAX_NOTE_BYTES) return stated.problem('its package note is larger than any').result()
  const end = note.desc.indexOf(0)
  const parsed = parseJsonObject(end < 0 ? note.desc : note.desc.subarray(0, end))
  if ('problem' in parsed) return stated.problem(`its package note could not be read: ${parsed.problem}`).result()
  const text = (key: string): string => textMember(parsed.object, key) ?? ''
  const [type, name, version, architecture] = [text('type'), text('name'), text('version'), text('architecture')]
  if (name === '' || version === '') return stated.problem('its package note names no package and version').result()
  stated.add({
    purl: purlOf(type, name, version, architecture, vendorOf(text('osCpe'))),
    name,
    version,
    ecosystem: 'generic',
    presence: 'installed',
    ...(architecture !== '' && { architecture }),
    ...(text('appCpe') !== '' && { cpes: [text('appCpe')] }),
  })
  return stated.result()
}

/** Types of packages that have one of package URLs, by what the specification calls them. */
const TYPES: ReadonlySet<string> = new Set(['rpm', 'deb', 'apk', 'alpm'])

function purlOf(type: string, name: string, version: string, architecture: string, vendor: string): string {
  if (!TYPES.has(type) || vendor === '') return packageUrl({ type: 'generic', name, version })
  return packageUrl({
    type,
    namespace: vendor,
    name,
    version,
    ...(architecture !== '' && { qualifiers: { arch: architecture } }),
  })
}

/** Package URLs call a distribution by its own ID, CPEs by its maker. */
function vendorOf(cpe: string): string {
  const parts = cpe.startsWith('cpe:/') ? cpe.slice('cpe:/'.length).split(':') : cpe.split(':').slice(2)
  const [, vendor = '', product = ''] = parts
  if (vendor === 'fedoraproject') return 'fedora'
  return /^[a-z0-9_.-]{1,64}$/i.test(product) ? (vendor === product ? product : vendor || product).toLowerCase() : ''
}
