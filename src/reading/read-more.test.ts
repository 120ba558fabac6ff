import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { imageOf } from '../../test/support/image-builder.ts'
import { DEFAULT_LIMITS } from '../lib/limits.ts'
import { readImage } from './image.ts'
import { inlineRunner } from './runner.ts'
import type { AnyReader, FileReader, ReadTarget } from './types.ts'

const root = mkdtempSync(join(tmpdir(), 'bulwark-more-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))

const anyFile: FileReader<string> = {
  id: 'any-file',
  version: 1,
  wants: { any: [{}], maxBytes: 100, loss: 'partial' },
  read: ({ bytes }) => ({ facts: [Buffer.from(bytes).toString()], diagnostics: [] }),
}

const LAYERS = [
  [
    { name: 'app/old.js', text: 'older' },
    { name: 'app/gone.js', text: 'gone' },
    { name: 'app/body.js', text: 'body' },
    { name: 'app/large.js', text: 'x'.repeat(101) },
  ],
  [
    { name: 'app/.wh.gone.js' },
    { name: 'app/old.js', text: 'newer' },
    { name: 'link', symlink: 'app' },
    { name: 'app/hard.js', hardlink: 'app/body.js' },
  ],
]

function readIn(folder: string, encoding: 'plain' | 'gzip', skipFiles: readonly string[] = []): Promise<ReadTarget> {
  return readImage(imageOf(folder, LAYERS, encoding), {
    readers: [],
    runner: inlineRunner([anyFile as AnyReader]),
    limits: DEFAULT_LIMITS,
    signal: new AbortController().signal,
    skipFiles,
    skipDirs: [],
    progress: () => {},
  })
}

describe('files that are read after the merge', () => {
  it.each(['plain', 'gzip'] as const)(
    'come from the layer that has them, under their real path: %s',
    async (encoding) => {
      const target = await readIn(root, encoding)
      const wanted = ['link/old.js', 'app/gone.js', 'app/hard.js', 'app/large.js', 'app/none.js', 'app', '']
      const rows = (await target.readMore?.(wanted, anyFile as AnyReader)) ?? []
      expect(rows.map(({ path, layer, wins, facts }) => [path, layer, wins, facts[0]]).sort()).toEqual([
        ['app/hard.js', 0, true, 'body'],
        ['app/old.js', 1, true, 'newer'],
      ])
    },
  )

  it('are none that are left out', async () => {
    const target = await readIn(root, 'plain', ['app/old.js'])
    expect(await target.readMore?.(['app/old.js'], anyFile as AnyReader)).toEqual([])
  })

  it('are none when the layer cannot be had again', async () => {
    const folder = mkdtempSync(join(root, 'gone-'))
    const target = await readIn(folder, 'plain')
    rmSync(folder, { recursive: true })
    expect(await target.readMore?.(['app/old.js'], anyFile as AnyReader)).toEqual([])
  })
})
