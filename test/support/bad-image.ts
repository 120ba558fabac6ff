import { type ImageOptions, tarball, type WrittenEntry } from './tar-writer.ts'

/** The state of a package in dpkg's database, as small as dpkg writes it. */
export const DPKG_STATUS = `Package: libwebp7
Status: install ok installed
Maintainer: Debian
Architecture: amd64
Source: libwebp
Version: 1.2.4-0.2

`

/** Entries of a small Debian layer: a release file and one package with a known weakness. */
export const DEBIAN: readonly WrittenEntry[] = [
  { name: 'etc/', flag: '5' },
  { name: 'etc/os-release', body: 'ID=debian\nVERSION_ID="12"\nPRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\n' },
  { name: 'var/lib/dpkg/status', body: DPKG_STATUS },
]

/** A good image of one Debian layer, and of what is put on top of it. */
export function debianImage(...more: readonly (readonly WrittenEntry[])[]): ImageOptions {
  return { layers: [tarball(DEBIAN), ...more.map((entries) => tarball(entries))], tags: ['shop:1'] }
}
