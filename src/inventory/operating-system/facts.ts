/** os-release(5), the fields that say what the system is; absent ones are empty. */
export interface ReleaseFields {
  readonly id: string
  readonly idLike: string
  readonly name: string
  readonly prettyName: string
  readonly version: string
  readonly versionId: string
  readonly codename: string
  readonly variantId: string
  readonly cpe: string
}

/** What one release file says. */
export type ReleaseFact =
  | { readonly kind: 'os-release'; readonly fields: ReleaseFields }
  /** lsb-release: `DISTRIB_ID`, `DISTRIB_RELEASE`, `DISTRIB_CODENAME`, `DISTRIB_DESCRIPTION`. */
  | { readonly kind: 'lsb-release'; readonly fields: ReleaseFields }
  /** The lines of an older release file, cleaned; at most ten. */
  | { readonly kind: 'release-text'; readonly file: string; readonly lines: readonly string[] }
  /** Ubuntu Pro: names of the services that are enabled (`esm-infra`). */
  | { readonly kind: 'ubuntu-pro'; readonly enabled: readonly string[] }
  | { readonly kind: 'busybox'; readonly version: string }

const LONGEST_VALUE = 256
const MOST_LINES = 1000

/** A value of a release file, fit to be shown: no control or direction characters, one line, bounded. */
export function cleanText(text: string): string {
  return text
    .slice(0, 4 * LONGEST_VALUE)
    .replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu, '')
    .trim()
    .slice(0, LONGEST_VALUE)
}

/** The lines of a text file, at most a thousand. */
export function linesOf(bytes: Uint8Array): readonly string[] {
  return new TextDecoder().decode(bytes).split(/\r\n|\r|\n/, MOST_LINES)
}

/**
 * The assignments of a file in the shell's form (os-release(5)): comments and other lines left out, quotes and backslashes resolved, values
 * cleaned. The last of two assignments of one name counts.
 */
export function parseAssignments(lines: readonly string[]): ReadonlyMap<string, string> {
  const values = new Map<string, string>()
  for (const line of lines) {
    const trimmed = line.trim()
    const equals = trimmed.indexOf('=')
    if (equals <= 0 || equals > 64 || trimmed.startsWith('#')) continue
    const name = trimmed.slice(0, equals).trim()
    if (/^\w+$/.test(name)) values.set(name, cleanText(unquote(trimmed.slice(equals + 1).trim())))
  }
  return values
}

function unquote(value: string): string {
  const quote = value[0]
  if (quote === "'") return value.slice(1, value.endsWith("'") && value.length > 1 ? -1 : undefined)
  const whole = quote === '"' ? value.slice(1, value.endsWith('"') && value.length > 1 ? -1 : undefined) : value
  return whole.replace(/\\(["$`\\'])/g, '$1')
}
