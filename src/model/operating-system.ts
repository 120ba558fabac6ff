import type { Evidence } from './evidence.ts'

/** The distribution of an image or tree, as its release files say. */
export interface OperatingSystem {
  /** os-release(5) `ID`, or what an older release file means: `debian`, `alpine`, `rhel`, `opensuse-leap` … */
  readonly id: string
  /** For people: `Debian GNU/Linux 12 (bookworm)`. */
  readonly name: string
  /** As the release file says, with the point release where one is known: `12.5`, `3.10.2`; empty for a rolling one. */
  readonly version: string
  /** What advisories and support dates are keyed by: `12`, `v3.10`, `22.04`, `9`; empty for a rolling one. */
  readonly release: string
  readonly codename?: string
  /** Distributions that this one is built from, os-release(5) `ID_LIKE`. */
  readonly idLike: readonly string[]
  /** The name under which OSV publishes its advisories, with release: `Debian:12`; undefined when nobody publishes any that are read. */
  readonly ecosystem?: string
  /** Support, where it is known: dates as `YYYY-MM-DD`, with the source that says so. */
  readonly support?: {
    readonly endOfLife?: string
    readonly endOfExtendedSupport?: string
    /** Whose extended support, and what it takes: `Ubuntu Pro (ESM)`. */
    readonly extendedBy?: string
    readonly source: string
  }
  readonly evidence: readonly Evidence[]
}
