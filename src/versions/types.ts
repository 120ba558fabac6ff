/** How one ecosystem orders its versions. */
export interface VersionScheme<Parsed> {
  /** The scheme's name: `dpkg`, `semver`, `pep440` … */
  readonly id: string
  /** OSV ecosystems (without release) whose versions it orders. */
  readonly ecosystems: readonly string[]
  /** The specification or source that it follows. */
  readonly specification: string
  /** Any text parses: malformed versions by the scheme's own fallback. An installed version is parsed once. Never throws. */
  parse(text: string): Parsed
  /** Negative, zero or positive; a total order; allocates nothing. */
  compare(a: Parsed, b: Parsed): number
}
