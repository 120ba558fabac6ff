import type { ByteSource } from '../byte-source.ts'
import { openElf } from './elf.ts'
import { machOSlices, openMachO } from './mach-o.ts'
import { openPe } from './pe.ts'
import type { Executable } from './types.ts'

export type { ElfLinkage, ElfNote, Executable, ExecutableSection, ExecutableSegment } from './types.ts'

/** The program in `source` (of a fat Mach-O the first): its headers are read now, all else when asked for. Undefined where it is none. */
export function openExecutable(source: ByteSource): Executable | undefined {
  return openExecutables(source)[0]
}

/** As {@link openExecutable}; of a fat Mach-O the program for each architecture. */
export function openExecutables(source: ByteSource): readonly Executable[] {
  return source.once === undefined ? programsIn(source) : source.once(programsIn)
}

function programsIn(source: ByteSource): readonly Executable[] {
  const magic = Buffer.from(source.at(0, 4)).toString('hex')
  if (magic === '7f454c46') return only(openElf(source))
  if (magic.startsWith('4d5a')) return only(openPe(source))
  if (magic === 'cafebabe' || magic === 'cafebabf')
    return machOSlices(source).flatMap((slice) => only(openMachO(slice)))
  return only(openMachO(source))
}

function only(executable: Executable | undefined): readonly Executable[] {
  return executable ? [executable] : []
}
