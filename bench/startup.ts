import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { tarOf } from '../test/support/image-builder.ts'
import { type Benchmark, interleaved } from './benchmark.ts'
import { bulwark, scanWords } from './bulwark.ts'
import { writeImage } from './oci-layout.ts'

/** How long a person waits for the smallest answers, as multiples of what an empty program costs on the same Node. */
export const startup: Benchmark = {
  id: 'startup',
  async run(report) {
    const scratch = mkdtempSync(join(tmpdir(), 'bulwark-startup-'))
    try {
      const layer = join(scratch, 'layer.tar')
      writeFileSync(
        layer,
        tarOf([
          { name: 'etc/os-release', text: 'ID=alpine\nVERSION_ID=3.20.3\n' },
          { name: 'lib/apk/db/installed', text: 'P:zlib\nV:1.3.1-r1\nA:x86_64\nL:Zlib\no:zlib\n\n' },
        ]),
      )
      const image = await writeImage(join(scratch, 'image'), [layer], 'gzip')
      const known = scanWords(image.folder, join(scratch, 'cache'))
      const empty = () => spawnSync(process.execPath, ['-e', '0'])
      await bulwark(['--version'])
      const [emptyMs, versionMs] = await interleaved(21, [empty, () => bulwark(['--version'])])
      report({ name: 'version', measured: versionMs / emptyMs, unit: 'x', limit: 2.5, at: 'most' })
      await bulwark(known)
      const [emptyAgainMs, knownMs] = await interleaved(11, [empty, () => bulwark(known)])
      report({ name: 'scan-known-image', measured: knownMs / emptyAgainMs, unit: 'x', limit: 4, at: 'most' })
    } finally {
      rmSync(scratch, { recursive: true, force: true })
    }
  },
}
