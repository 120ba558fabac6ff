import { tarOf } from './image-builder.ts'
import type { ImageOptions } from './tar-writer.ts'

/** What every door must tell in the same words: packages of two kinds in layers with whiteouts, opaque folders, links and odd names. */
export function doorImage(tag: string): ImageOptions {
  const record = (name: string, version: string): string =>
    `Package: ${name}\nStatus: install ok installed\nArchitecture: amd64\nVersion: ${version}\n\n`
  const npm = (name: string, version: string): string => JSON.stringify({ name, version, license: 'MIT' })
  const base = tarOf([
    { name: 'etc/' },
    { name: 'etc/os-release', symlink: '../usr/lib/os-release' },
    { name: 'usr/lib/' },
    { name: 'usr/lib/os-release', text: 'ID=debian\nVERSION_ID="12"\n' },
    { name: 'var/lib/dpkg/' },
    { name: 'var/lib/dpkg/status', text: record('libc6', '2.36-9') + record('zlib1g', '1:1.2.13.dfsg-1') },
    { name: 'var/lib/dpkg/info/zlib1g.list', text: '/.\n/usr/lib/libz.so.1\n' },
    { name: 'usr/lib/libz.so.1', text: 'x'.repeat(70_000), mode: 0o755 },
    { name: 'app/node_modules/old/package.json', text: npm('old', '1.0.0') },
    { name: 'app/node_modules/gone/package.json', text: npm('gone', '1.0.0') },
    { name: 'odd\udcff/node_modules/odd/package.json', text: npm('odd', '1.0.0') },
  ])
  const own = tarOf([
    { name: 'app/node_modules/.wh.gone' },
    { name: 'app/node_modules/old/' },
    { name: 'app/node_modules/old/.wh..wh..opq' },
    { name: 'app/node_modules/new/package.json', text: npm('new', '2.0.0') },
    { name: 'srv/node_modules/linked/package.json', hardlink: 'app/node_modules/new/package.json' },
    { name: `${'deep/'.repeat(30)}node_modules/deep/package.json`, text: npm('deep', '3.0.0') },
    { name: 'var/lib/dpkg/status', text: record('libc6', '2.36-9') + record('curl', '7.88.1-10') },
  ])
  // Engines cannot export what lies behind an absolute link of its own layer, though they unpack it.
  const last = tarOf([
    { name: 'opt/real/' },
    { name: 'opt/link', symlink: 'real' },
    { name: 'opt/link/note', text: 'n' },
  ])
  return { layers: [base, own, last], tags: [tag] }
}

/** A report without what may differ from door to door. */
export function answerOf(stdout: string): unknown {
  const { subject, startedAt: _, durationMs: ____, ...rest } = JSON.parse(stdout)
  const { name: __, digest: ___, ...what } = subject
  return { ...rest, subject: what }
}
