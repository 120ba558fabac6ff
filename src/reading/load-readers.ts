import type { AnyReader, LoadedReader } from './types.ts'

/** The readers with their code: those that are loaded on demand are loaded now. A module is loaded once, however often it is asked for. */
export async function loadReaders(readers: readonly AnyReader[]): Promise<readonly LoadedReader[]> {
  return await Promise.all(
    readers.map(async (reader) => {
      if ('load' in reader) return { ...reader, read: await reader.load() }
      if ('loadRandom' in reader) return { ...reader, readRandom: await reader.loadRandom() }
      return reader
    }),
  )
}
