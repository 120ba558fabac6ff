import type { OperatingSystem } from '../model/operating-system.ts'

export { packageUrl } from '../lib/package-url/package-url.ts'

/**
 * The `distro` qualifier of an OS package's URL, `debian-12`, `alpine-3.10`: the release, not the point release, so that a
 * package stays the same across rebuilds. Undefined where the operating system is not known.
 */
export function distroQualifier(os: OperatingSystem | undefined): string | undefined {
  if (os === undefined) return undefined
  const release = os.release.replace(/^v(?=\d)/, '')
  return release === '' ? os.id : `${os.id}-${release}`
}
