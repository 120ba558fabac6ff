import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type LayerEntry, tarOf } from '../../test/support/image-builder.ts'
import { markOpaque, markWhiteout } from '../../test/support/overlay-marks.ts'
import { TEST_READERS } from '../../test/support/text-readers.ts'
import type { LayerLocator } from '../image/index.ts'
import { DEFAULT_LIMITS } from '../lib/limits.ts'
import { decodeIndex } from './codec.ts'
import { readLayerJob } from './layer-job.ts'
import { fromFacts } from './layer-read.ts'

const ENTRIES: readonly LayerEntry[] = [
  { name: 'etc/' },
  { name: 'etc/b.txt', text: 'second' },
  { name: 'etc/a.txt', text: 'first', mode: 0o4755 },
  { name: 'etc/link.txt', symlink: 'a.txt' },
  { name: 'etc/hard.txt', hardlink: 'etc/b.txt' },
  { name: 'etc/0-hard.txt', hardlink: 'etc/b.txt' },
  { name: 'etc/empty.txt' },
  { name: 'etc/r\u00e9.txt', text: 'name' },
  { name: 'etc/other.bin', text: 'x'.repeat(5000) },
  { name: 'srv/' },
  { name: 'srv/pipe', flag: '6' },
]

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'bulwark-folder-layer-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

async function factsOf(locator: LayerLocator) {
  const job = {
    ...{ locator, name: 'layer', expect: { diffId: `sha256:${'0'.repeat(64)}` as const }, limits: DEFAULT_LIMITS },
    readers: TEST_READERS.map(({ id }) => id),
  }
  const signal = new AbortController().signal
  const expectations = locator.at === 'file' ? { ...job, expect: {} } : job
  const facts = await readLayerJob(expectations, TEST_READERS, signal, () => {})
  const rows = [...fromFacts(facts).rows.values()].map((found) => found.rows())
  return { complete: facts.complete, diagnostics: facts.diagnostics, index: decodeIndex(facts.index), rows }
}

describe('a layer that lies unpacked in a folder', () => {
  it('has the facts of its archive', async (ctx) => {
    const root = join(folder, 'fs')
    const archive = join(folder, 'layer.tar')
    mkdirSync(root)
    writeFileSync(archive, tarOf(ENTRIES))
    execFileSync('tar', ['-xpf', archive, '-C', root])
    const missing = markWhiteout(join(root, 'etc/gone')) ?? markOpaque(join(root, 'srv'))
    if (missing !== undefined) return ctx.skip(missing)
    const whole = tarOf([...ENTRIES, { name: 'etc/.wh.gone' }, { name: 'srv/.wh..wh..opq' }])
    writeFileSync(archive, whole)
    const packed = await factsOf({ at: 'file', path: archive, offset: 0, length: whole.length, encoding: 'plain' })
    const unpacked = await factsOf({ at: 'folder', root })
    expect(packed.rows.flat().length).toBeGreaterThan(5)
    expect(unpacked).toEqual(packed)
  })
})
