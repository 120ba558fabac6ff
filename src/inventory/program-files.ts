import { EXECUTABLE_MAGIC } from '../lib/executable/magic.ts'
import type { Wants } from '../reading/index.ts'

/** Programs and libraries of ELF, PE and Mach-O, whatever they are called, with what proves whose file each is. */
export const PROGRAM_FILES: Wants = {
  any: [],
  magic: { bytes: EXECUTABLE_MAGIC, minBytes: 512 },
  maxBytes: 4 * 1024 ** 3,
  loss: 'partial',
  digests: ['md5', 'sha1', 'sha256'],
}
