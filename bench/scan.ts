import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { writeAdvisories } from './advisories.ts'
import { type Benchmark, interleaved } from './benchmark.ts'
import { bulwark, scanWords } from './bulwark.ts'
import { debianImage } from './debian-image.ts'
import type { WrittenImage } from './oci-layout.ts'

const ADVISORIES = 5_000
const ROUNDS = 5

/** A cold scan reads every byte: it is held against what unpacking or hashing the same bytes costs. */
export const scan: Benchmark = {
  id: 'scan',
  async run(report) {
    const images = {
      one: await debianImage(1, 'gzip'),
      six: await debianImage(6, 'gzip'),
      onePlain: await debianImage(1, 'plain'),
      sixPlain: await debianImage(6, 'plain'),
    }
    const scratch = mkdtempSync(join(tmpdir(), 'bulwark-scan-'))
    try {
      const advisories = join(scratch, 'advisories.db')
      writeAdvisories(advisories, ADVISORIES)
      let caches = 0
      const cold = (image: WrittenImage) => scanWords(image.folder, join(scratch, `cache-${++caches}`), advisories)
      await bulwark(['--version'])
      for (const [name, image, limit] of [
        ['one-gzip-layer', images.one, 0.7],
        ['six-gzip-layers', images.six, 0.55],
      ] as const) {
        // Once beforehand, so that no run waits for the disk.
        each('gzip', ['-dc'], image)
        const [scanMs, gzipMs] = await interleaved(ROUNDS, [
          () => bulwark(cold(image)),
          () => each('gzip', ['-dc'], image),
        ])
        report({ name: `scan-${name}`, measured: scanMs / gzipMs, unit: 'x', limit, at: 'most' })
        const peak = await bulwark(cold(image), true)
        report({ name: `scan-${name}-memory`, measured: peak / 1024 ** 2, unit: 'MB', limit: 300, at: 'most' })
      }
      for (const [name, image] of [
        ['one-plain-layer', images.onePlain],
        ['six-plain-layers', images.sixPlain],
      ] as const) {
        each('sha256sum', [], image)
        const [scanMs, sumMs] = await interleaved(ROUNDS, [
          () => bulwark(cold(image)),
          () => each('sha256sum', [], image),
        ])
        report({ name: `scan-${name}`, measured: scanMs / sumMs, unit: 'x', limit: 0.4, at: 'most' })
      }
      const known = scanWords(images.six.folder, join(scratch, 'known'))
      await bulwark(known)
      const empty = () => spawnSync(process.execPath, ['-e', '0'])
      const [emptyMs, knownMs] = await interleaved(11, [empty, () => bulwark(known)])
      report({ name: 'scan-known-six-layers', measured: knownMs / emptyMs, unit: 'x', limit: 4, at: 'most' })
    } finally {
      rmSync(scratch, { recursive: true, force: true })
    }
  },
}

/** Runs a tool on each layer, one after the other. */
function each(tool: string, words: readonly string[], image: WrittenImage): void {
  for (const layer of image.layers) {
    const run = spawnSync(tool, [...words, '--', layer], { stdio: ['ignore', 'ignore', 'inherit'] })
    if (run.status !== 0) throw new Error(`${tool} failed on ${layer}`)
  }
}
