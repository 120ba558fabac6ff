import { openExecutable } from '../../lib/executable/executable.ts'
import type { RandomFile, ReadResult } from '../../reading/index.ts'

/** How an ELF program or library is put together when it is started. */
export interface Linkage {
  readonly isStatic: boolean
  /** The dynamic linker that a program asks for, as written: `/lib64/ld-linux-x86-64.so.2`. */
  readonly interpreter?: string
  readonly needed: readonly string[]
  readonly soname?: string
  /** Where it has its libraries looked for: DT_RUNPATH or, without one, DT_RPATH, which its own libraries inherit. */
  readonly folders: readonly string[]
  readonly inherited: boolean
  /** A function among its symbols that loads or starts other files, so that more may be loaded than it says: `dlopen`. */
  readonly loads?: string
}

const MAX_NEEDED = 512
const MAX_FOLDERS = 64
const TYPE_PROGRAM = 2
const TYPE_SHARED = 3

/** Functions of a C library that load or start other files; a name stands in the table of symbols after a zero byte. */
const LOADERS = ['dlopen', 'dlmopen', 'exec', 'fexecve', 'posix_spawn', 'system\0', 'popen\0', 'wordexp\0'].map(
  (name) => ({
    name: name.replace('\0', ''),
    bytes: Buffer.from(`\0${name}`, 'latin1'),
  }),
)

/** Libraries of the system's own runtime, which define those functions. */
const RUNTIME = /^(?:libc\.(?:so|musl)|libpthread\.|libdl\.|ld-(?:linux|musl)|ld64?\.so)/

/** The linkage of an ELF program or shared library; of object files, kernel modules and what is no ELF file no facts. */
export function readLinkage(file: RandomFile): ReadResult<Linkage> {
  const linkage = openExecutable(file)?.linkage?.()
  const type = file.at(16, 2)
  if (linkage === undefined || ![TYPE_PROGRAM, TYPE_SHARED].includes((type[0] ?? 0) + (type[1] ?? 0)))
    return { facts: [], diagnostics: [] }
  const { isStatic, interpreter, soname, strings, runpath, rpath } = linkage
  const loads = soname !== undefined && RUNTIME.test(soname) ? undefined : loaderIn(strings)
  const fact: Linkage = {
    isStatic,
    ...(interpreter && { interpreter }),
    needed: linkage.needed.slice(0, MAX_NEEDED),
    ...(soname !== undefined && { soname }),
    folders: (runpath.length > 0 ? runpath : rpath).slice(0, MAX_FOLDERS),
    inherited: runpath.length === 0 && rpath.length > 0,
    ...(loads !== undefined && { loads }),
  }
  return { facts: [fact], diagnostics: [] }
}

function loaderIn(strings: Uint8Array): string | undefined {
  const bytes = Buffer.from(strings.buffer, strings.byteOffset, strings.byteLength)
  return LOADERS.find((loader) => bytes.includes(loader.bytes))?.name
}
