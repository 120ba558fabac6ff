import { openPe } from '../../lib/executable/pe.ts'
import type { RandomFile, ReadResult } from '../../reading/index.ts'
import { packageUrl } from '../package-url.ts'
import { shownText } from '../recorded-text.ts'
import { type StatedPackage, StatedPackages } from '../stated-packages.ts'
import { versionStrings } from './version-resource.ts'

/** Beyond this a section of resources is pictures and sounds; the version is looked for in what comes before. */
const MAX_RESOURCE_BYTES = 16 * 1024 ** 2
/** What a program says of itself is a name of its maker, not of a registry. */
const STATED_CONFIDENCE = 0.6

/**
 * The program or library of a PE file ("PE Format", learn.microsoft.com/windows/win32/debug/pe-format) by its version resource. Of .NET it
 * counts as the package of that name at the product's version, without the commit that builds append; else as a program of no registry.
 */
export function readProgramVersion(file: RandomFile): ReadResult<StatedPackage> {
  const stated = new StatedPackages('pe-unreadable', file.path)
  const program = openPe(file)
  if (program === undefined) return stated.problem('it is no program or library of Windows').result()
  const section = program.section('.rsrc')
  const strings = section && versionStrings(program.read(section, MAX_RESOURCE_BYTES))
  if (section === undefined || strings === undefined) return stated.result()
  const said = (key: string) => shownText(strings.get(key) ?? '')
  const name = said('InternalName') || said('OriginalFilename') || said('ProductName')
  const managed = isManaged(file)
  // A package of .NET has its product's version; of other programs the product is often all of Windows.
  const versions = [said('ProductVersion'), said('FileVersion')].map(versionOf)
  const version = (managed ? versions : versions.reverse()).find((one) => one !== undefined)
  if (name === '' || version === undefined) return stated.result()
  const common = {
    version,
    presence: 'installed',
    confidence: STATED_CONFIDENCE,
    offset: section.offset,
    ...(said('CompanyName') && { supplier: said('CompanyName') }),
  } as const
  if (managed) {
    const assembly = name.replace(/\.(?:dll|exe)$/i, '')
    const purl = packageUrl({ type: 'nuget', name: assembly, version })
    stated.add({ ...common, purl, name: assembly, ecosystem: 'NuGet' })
  } else {
    const purl = packageUrl({ type: 'generic', name, version })
    stated.add({ ...common, purl, name, ecosystem: 'generic' })
  }
  return stated.result()
}

/** `13.0.3+0a2e291c` is 13.0.3; `1, 2, 3, 4` and `6.1.7600 (win7_rtm)` are what Windows' own tools write. */
function versionOf(text: string): string | undefined {
  const plain = text.replace(/\s{0,9},\s{0,9}/g, '.').split(/[\s+]/, 1)[0]
  return /^v?\d[\w.-]{0,200}$/.test(plain) && !/^[0.]+$/.test(plain) ? plain : undefined
}

/** Whether it has a header of the common language runtime: data directory 14. */
function isManaged(file: RandomFile): boolean {
  const dos = file.at(0, 64)
  if (dos.length < 64) return false
  const header = new DataView(dos.buffer, dos.byteOffset, 64).getUint32(60, true)
  const bytes = file.at(header, 24 + 112 + 15 * 8)
  if (bytes.length < 24 + 112 + 15 * 8) return false
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const directories = 24 + (view.getUint16(24, true) === 0x20b ? 112 : 96)
  return view.getUint32(directories - 4, true) > 14 && view.getUint32(directories + 14 * 8 + 4, true) > 0
}
