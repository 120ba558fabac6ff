import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Benchmark } from './benchmark.ts'
import { bulwark, scanWords } from './bulwark.ts'
import { writeImageOf } from './oci-layout.ts'

const ENTRIES = 3_000_000
const FILES_A_FOLDER = 40
const BLOCK = 512
const BLOCKS_AT_ONCE = 2048

/** A layer of three million entries: what it costs in memory to read it. */
export const entries: Benchmark = {
  id: 'entries',
  async run(report) {
    const scratch = mkdtempSync(join(tmpdir(), 'bulwark-entries-'))
    try {
      const image = join(scratch, 'image')
      await writeImageOf(image, [archiveOf(ENTRIES)], 'gzip', 1)
      const peak = await bulwark(scanWords(image, join(scratch, 'cache')), true)
      report({ name: 'three-million-entries-memory', measured: peak / 1024 ** 2, unit: 'MB', limit: 500, at: 'most' })
      const known = await bulwark(scanWords(image, join(scratch, 'cache')), true)
      report({ name: 'three-million-known-memory', measured: known / 1024 ** 2, unit: 'MB', limit: 500, at: 'most' })
    } finally {
      rmSync(scratch, { recursive: true, force: true })
    }
  },
}

/** A tar archive (POSIX.1-2017, pax, "ustar Interchange Format") of so many empty files in folders, with paths as long as those of a source tree. */
function* archiveOf(count: number): Generator<Uint8Array> {
  let blocks = Buffer.alloc(BLOCKS_AT_ONCE * BLOCK)
  let filled = 0
  for (let i = 0; i < count; i++) {
    const folder = Math.floor(i / FILES_A_FOLDER)
    const isFolder = i % FILES_A_FOLDER === 0
    const above = `usr/share/sources/module-${folder % 300}/package-${folder}`
    writeHeader(blocks, filled, isFolder ? `${above}/` : `${above}/component-${i}.h`, isFolder)
    filled += BLOCK
    if (filled < blocks.length) continue
    yield blocks
    blocks = Buffer.alloc(BLOCKS_AT_ONCE * BLOCK)
    filled = 0
  }
  // With the two blocks of zeros that end an archive, and more, as writers do.
  yield Buffer.concat([blocks.subarray(0, filled), Buffer.alloc(20 * BLOCK)])
}

function writeHeader(block: Buffer, at: number, name: string, isFolder: boolean): void {
  block.write(name, at, 100, 'latin1')
  block.write('0000755\x000000000\x000000000\x0000000000000\x0014700000000\x00        ', at + 100, 'latin1')
  block.write(isFolder ? '5' : '0', at + 156, 'latin1')
  block.write('ustar\x0000', at + 257, 'latin1')
  let sum = 0
  for (let i = at; i < at + BLOCK; i++) sum += block[i]
  block.write(`${sum.toString(8).padStart(6, '0')}\x00 `, at + 148, 'latin1')
}
