/** A named part of a program file. */
export interface ExecutableSection {
  /** As the file writes it: `.text`; of Mach-O the section's name (`__text`), without its segment. */
  readonly name: string
  /** Where it begins in the file. */
  readonly offset: number
  /** How many of its bytes are in the file: 0 for what is only made in memory. */
  readonly sizeBytes: number
  /** Where it is in memory: virtual, for PE with the image base. */
  readonly address: number
  readonly writable: boolean
  readonly executable: boolean
}

/** A run of the file that is mapped into memory at an address. */
export interface ExecutableSegment {
  readonly offset: number
  /** In the file. */
  readonly sizeBytes: number
  readonly address: number
  readonly writable: boolean
  readonly executable: boolean
}

/** A note of an ELF file (gabi, "Note Section"). */
export interface ElfNote {
  readonly name: string
  readonly type: number
  readonly desc: Uint8Array
}

/** A program, library or object file; reads are lazy and bounded, and of a damaged file as much as is sound. */
export interface Executable {
  readonly format: 'elf' | 'pe' | 'mach-o'
  /** As Go names it where Go knows it (`amd64`, `arm64`, `386`, `s390x`); else `machine-<number>`. */
  readonly architecture: string
  readonly bits: 32 | 64
  readonly littleEndian: boolean
  readonly sections: readonly ExecutableSection[]
  readonly segments: readonly ExecutableSegment[]
  /** The first section of that name. */
  section(name: string): ExecutableSection | undefined
  /** A copy of the section's first bytes, `maxBytes` at most, and fewer where the file ends before. */
  read(section: ExecutableSection, maxBytes: number): Uint8Array
  /** A copy of what is mapped at a virtual address, `length` bytes at most: fewer at the end of its segment, none where nothing of the file is mapped. */
  atAddress(address: number, length: number): Uint8Array
  /** Libraries that it is linked to: ELF's DT_NEEDED, PE's import directory, Mach-O's LC_LOAD_DYLIB; in the file's order, each once. */
  needed(): readonly string[]
  /** The name that it goes by as a library: ELF's DT_SONAME, PE's export name, Mach-O's LC_ID_DYLIB. */
  soname(): string | undefined
  /** Of ELF: how it is put together when it is started. */
  linkage?(): ElfLinkage
  /** ELF notes, of the note segments, else of the note sections. */
  notes(): readonly ElfNote[]
  /** Whether UPX has packed it: then sections and strings say nothing of the program inside. */
  isPacked(): boolean
}

/** What the dynamic linker is told (gABI, "Dynamic Linking"). */
export interface ElfLinkage {
  /** It has no dynamic table. */
  readonly isStatic: boolean
  /** The dynamic linker that it asks for. */
  readonly interpreter?: string
  readonly needed: readonly string[]
  readonly soname: string | undefined
  /** Folders of DT_RPATH and DT_RUNPATH as written, with `$ORIGIN`. */
  readonly rpath: readonly string[]
  readonly runpath: readonly string[]
  /** All names of symbols that it has or asks for, each followed by a zero byte, among its other texts. */
  readonly strings: Uint8Array
}
