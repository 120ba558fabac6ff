import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Benchmark } from './benchmark.ts'
import { bulwark, ROOT, scanWords } from './bulwark.ts'
import { debianImage } from './debian-image.ts'

const PROCESSES = 200

/** Many processes at once on an empty cache: none fails, and hardly anything is read twice. */
export const concurrency: Benchmark = {
  id: 'concurrency',
  async run(report) {
    const { folder } = await debianImage(6, 'gzip')
    const scratch = mkdtempSync(join(tmpdir(), 'bulwark-concurrency-'))
    try {
      await bulwark(['--version'])
      const words = [
        ...scanWords(folder, join(scratch, 'cache')).filter((word) => word !== '--quiet'),
        '--no-progress',
        '--debug',
      ]
      const ran = await Promise.all(Array.from({ length: PROCESSES }, () => explained(words)))
      const failed = ran.filter(({ status }) => status !== 0)
      if (failed.length > 0) process.stderr.write(failed[0].said.slice(-2000))
      report({ name: 'concurrency-failed', measured: failed.length, unit: 'x', limit: 0, at: 'most' })
      const reads = readsByLayer(ran.map(({ said }) => said))
      report({
        name: 'concurrency-reads-of-a-layer',
        measured: Math.max(...reads.values()),
        unit: 'x',
        limit: 2,
        at: 'most',
      })
      report({ name: 'concurrency-layers-read', measured: reads.size, unit: 'x', limit: layersOf(folder), at: 'least' })
    } finally {
      rmSync(scratch, { recursive: true, force: true })
    }
  },
}

/** Runs the program; what it explains on standard error, and its status. */
function explained(words: readonly string[]): Promise<{ readonly status: number | null; readonly said: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(join(ROOT, 'bulwark'), words, { stdio: ['ignore', 'ignore', 'pipe'] })
    let said = ''
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      said += text
    })
    child.once('error', reject)
    child.once('close', (status) => resolve({ status, said }))
  })
}

/** How often each layer was read: a process says so with `--debug` right before it opens one. */
function readsByLayer(said: readonly string[]): ReadonlyMap<string, number> {
  const reads = new Map<string, number>()
  for (const text of said) {
    for (const [, layer] of text.matchAll(/cache: reading layer \d+ of \d+ \((sha256:[0-9a-f]{64})\)/g))
      reads.set(layer, (reads.get(layer) ?? 0) + 1)
  }
  return reads
}

/** How many layers the one image of the layout has. */
function layersOf(folder: string): number {
  const index = JSON.parse(readFileSync(join(folder, 'index.json'), 'utf8'))
  const blob = (digest: string): string => join(folder, 'blobs', digest.replace(':', '/'))
  return JSON.parse(readFileSync(blob(index.manifests[0].digest), 'utf8')).layers.length
}
