import type { AnyReader, FileReader } from '../../src/reading/index.ts'

const decoder = new TextDecoder()

/** Text of `*.txt`; `exit.txt` ends the thread, and `memory.txt` takes all memory there is. */
const text: FileReader<string> = {
  id: 'text',
  version: 1,
  wants: { any: [{ suffix: '.txt' }], maxBytes: 1024 ** 2, loss: 'partial' },
  read: ({ path, bytes }) => {
    if (path === 'exit.txt') process.exit(7)
    if (path === 'memory.txt') {
      const all: number[][] = []
      for (;;) all.push(new Array(1e6).fill(all.length))
    }
    return { facts: [decoder.decode(bytes)], diagnostics: [] }
  },
}

export const TEST_READERS: readonly AnyReader[] = [text as AnyReader]
