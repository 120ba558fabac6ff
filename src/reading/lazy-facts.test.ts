import { randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import type { LayerEntry } from '../../test/support/image-builder.ts'
import { bytesOf } from '../../test/support/lazy-bytes.ts'
import { chunkedLayer, estargzLayer, type LazyLayer } from '../../test/support/lazy-layers.ts'
import { lines, STATUS } from '../../test/support/read-image.ts'
import { findTableOfContents } from '../image/lazy/index.ts'
import { DEFAULT_LIMITS } from '../lib/limits.ts'
import { readLayerJob } from './layer-job.ts'
import type { AnyReader, LayerJob } from './types.ts'

const signal = new AbortController().signal
const readers = [lines as AnyReader]
const ENTRIES: readonly LayerEntry[] = [
  { name: 'opt/original', text: 'linked later\n' },
  { name: STATUS, text: 'a\nb\n' },
  { name: 'filler', text: randomBytes(4.2 * 1024 ** 2) },
  { name: 'opt/package.json', hardlink: 'opt/original' },
  { name: 'opt/other/package.json', text: 'other\n' },
  { name: 'opt/other/package.json', symlink: '../original' },
  { name: 'var/.wh.gone', text: '' },
  { name: 'srv/.wh..wh..opq', text: '' },
  { name: 'lib', symlink: 'usr/lib' },
  { name: 'lib/package.json', text: 'behind a link\n' },
  { name: '/absolute/../up', text: '' },
]

describe.each<[string, (entries: readonly LayerEntry[]) => LazyLayer]>([
  ['eStargz', estargzLayer],
  ['zstd:chunked', chunkedLayer],
])('facts of an %s layer', (_, write) => {
  it.each<[string, readonly LayerEntry[]]>([
    ['by its table of contents', ENTRIES.filter(({ symlink }) => symlink !== '../original')],
    ['with a name twice, which no table may have', ENTRIES],
  ])('are those of the whole layer: %s', async (how, entries) => {
    const layer = write(entries)
    const bytes = bytesOf(layer.blob)
    const said: string[] = []
    const explain = (line: string) => void said.push(line)
    const found = await findTableOfContents(layer, bytes, { signal, limits: DEFAULT_LIMITS, explain })
    if (found === undefined) throw new Error('not lazy')
    const job: LayerJob = {
      locator: found.locator,
      name: 'the-layer',
      expect: { diffId: layer.diffId, blob: layer.digest },
      factsKey: found.factsKey,
      readers: ['lines'],
      limits: DEFAULT_LIMITS,
    }
    const lazily = await readLayerJob(job, readers, signal, () => {}, { bytes: found.bytes })
    expect(said.some((line) => line.includes('as a whole'))).toBe(how.includes('twice'))
    const remote = { at: 'remote' as const, length: layer.sizeBytes }
    const wholeJob: LayerJob = { ...job, locator: remote, factsKey: undefined }
    const whole = await readLayerJob(wholeJob, readers, signal, () => {}, { bytes: bytesOf(layer.blob) })
    expect(lazily.key).toBe(found.factsKey)
    expect(lazily.diffId).toBe(layer.diffId)
    expect(lazily.rows).toEqual(whole.rows)
    expect(lazily.index).toEqual(whole.index)
    expect(lazily.diagnostics).toEqual(whole.diagnostics)
    if (!how.includes('twice')) expect(bytes.seen.bytes).toBeLessThan(500_000)
  })
})
