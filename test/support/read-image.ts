import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DEFAULT_LIMITS } from '../../src/lib/limits.ts'
import type { AnyReader, FactStore, FileReader, PlacedRow, ReadTarget } from '../../src/reading/index.ts'
import { inlineRunner, readImage } from '../../src/reading/index.ts'
import { imageOf, type LayerEntry } from './image-builder.ts'

const decoder = new TextDecoder()

/** One record a line, followed by its text. */
export const lines: FileReader<string> = {
  id: 'lines',
  version: 1,
  wants: {
    any: [{ path: 'var/lib/db/status' }, { path: 'usr/lib/db/status' }, { name: 'package.json' }],
    maxBytes: 1024 ** 2,
    loss: 'blind',
    digests: ['md5', 'sha256'],
  },
  keys: (fact) => [fact],
  read: ({ bytes }) => ({
    facts: decoder
      .decode(bytes)
      .split('\n')
      .filter((line) => line !== ''),
    diagnostics: [],
  }),
}

/** What a test asks for beside the layers. */
export interface Given {
  readonly readers?: readonly AnyReader[]
  readonly store?: FactStore
  readonly skipFiles?: readonly string[]
  readonly skipDirs?: readonly string[]
  readonly encoding?: 'plain' | 'gzip'
}

/** Reads an image of these layers, oldest first, by the reader of lines unless others are given. */
export async function read(layers: readonly (readonly LayerEntry[])[], given: Given = {}): Promise<ReadTarget> {
  const readers = given.readers ?? [lines as AnyReader]
  const folder = mkdtempSync(join(tmpdir(), 'reading-'))
  try {
    return await readImage(imageOf(folder, layers, given.encoding), {
      readers,
      runner: inlineRunner(readers),
      store: given.store,
      limits: DEFAULT_LIMITS,
      signal: new AbortController().signal,
      skipFiles: given.skipFiles ?? [],
      skipDirs: given.skipDirs ?? [],
      progress: () => {},
    })
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** All rows of the reader of lines, and of those that win path, layer and lines. */
export const rowsOf = (target: ReadTarget): readonly PlacedRow[] => target.rows.get('lines') ?? []
export const winners = (target: ReadTarget) =>
  rowsOf(target)
    .filter(({ wins }) => wins)
    .map(({ path, layer, facts }) => [path, layer, ...facts])

export const STATUS = 'var/lib/db/status'
