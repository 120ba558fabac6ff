import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { boltFile } from './bolt-writer.ts'
import type { Sandbox } from './sandbox.ts'
import { tarball } from './tar-writer.ts'

const ghsa = (id: string, range: string) => JSON.stringify({ VendorIDs: [id], VulnerableVersions: [range] })

/** A database, taken from one of Trivy's, about `shop` and `other` of npm, whose sources grade CVE-2026-1 differently: its path. */
export async function explainedDatabase(sandbox: Sandbox): Promise<string> {
  const from = join(sandbox.folder, 'db.tar.gz')
  const inner = boltFile({
    'npm::GitHub Security Advisory Npm': {
      shop: {
        'CVE-2026-1': ghsa('GHSA-aaaa-aaaa-aaaa', '< 2.0.0'),
        'CVE-2026-2': ghsa('GHSA-bbbb-bbbb-bbbb', '< 1.0.0'),
      },
      other: { 'CVE-2026-3': ghsa('GHSA-cccc-cccc-cccc', '< 9.0.0') },
    },
    vulnerability: { 'CVE-2026-1': JSON.stringify({ VendorSeverity: { ghsa: 1, nvd: 4 } }) },
  })
  writeFileSync(from, gzipSync(tarball([{ name: 'trivy.db', body: inner }])))
  const cache = join(sandbox.folder, 'trivy')
  const ran = await sandbox.run(['advisories', 'update', '--from', from, '--cache-dir', cache, '--feeds', 'none'])
  if (ran.status !== 0) throw new Error(ran.stderr)
  return join(cache, 'advisories', 'advisories.db')
}
