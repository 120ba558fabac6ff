import { closeSync, existsSync, globSync, openSync, readFileSync, readSync, statSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { conformanceRoot } from '../conformance/run.ts'

/** Bytes that a parser is known to read, and where they come from. */
export interface Seed {
  readonly name: string
  readonly bytes: Uint8Array
}

/** One change of a file. `at` is a part of its length, so that it fits seeds of any size and shrinks well. */
type Change =
  | { readonly kind: 'set'; readonly at: number; readonly bytes: Uint8Array }
  | { readonly kind: 'insert'; readonly at: number; readonly bytes: Uint8Array }
  | { readonly kind: 'flip'; readonly at: number; readonly bit: number }
  | { readonly kind: 'cut'; readonly at: number }
  | { readonly kind: 'remove'; readonly at: number; readonly length: number }
  | { readonly kind: 'repeat'; readonly at: number; readonly length: number; readonly times: number }

/** Numbers on which counts, lengths and offsets break, in both byte orders and as text. */
const BREAKING = [
  [0x00],
  [0xff],
  [0xff, 0xff, 0xff, 0xff],
  [0x7f, 0xff, 0xff, 0xff],
  [0xff, 0xff, 0xff, 0x7f],
  [0x80, 0, 0, 0],
  [0, 0, 0, 0, 0, 0, 0, 0],
  [...Buffer.from('99999999999')],
  [...Buffer.from('77777777777\0')],
  [...Buffer.from('-1')],
  [...Buffer.from('../../../')],
  [...Buffer.from('__proto__')],
].map((bytes) => Uint8Array.from(bytes))

/** Positions: anywhere, but often near the start, where headers are. */
const at = fc.oneof(fc.double({ min: 0, max: 1, noNaN: true }), fc.double({ min: 0, max: 0.01, noNaN: true }))
const bytes = fc.oneof(fc.constantFrom(...BREAKING), fc.uint8Array({ minLength: 1, maxLength: 16 }))

const change: fc.Arbitrary<Change> = fc.oneof(
  fc.record({ kind: fc.constant('set' as const), at, bytes }),
  fc.record({ kind: fc.constant('insert' as const), at, bytes }),
  fc.record({ kind: fc.constant('flip' as const), at, bit: fc.nat(7) }),
  fc.record({ kind: fc.constant('cut' as const), at }),
  fc.record({ kind: fc.constant('remove' as const), at, length: fc.nat(2000) }),
  fc.record({ kind: fc.constant('repeat' as const), at, length: fc.nat(2000), times: fc.nat(50) }),
)

/** A seed after some changes. */
export interface Mutated {
  readonly seed: number
  readonly changes: readonly Change[]
}

/** Which seed, and what is done to it; shrinks towards the seed as it is. */
export function mutated(seeds: readonly Seed[]): fc.Arbitrary<Mutated> {
  return fc.record({ seed: fc.nat(seeds.length - 1), changes: fc.array(change, { maxLength: 6 }) })
}

/** The bytes that a mutation of `seeds` stands for. */
export function mutatedBytes(seeds: readonly Seed[], { seed, changes }: Mutated): Uint8Array {
  return changes.reduce<Uint8Array>(applied, seeds[seed].bytes)
}

function applied(input: Uint8Array, one: Change): Uint8Array {
  const from = Math.floor(one.at * input.length)
  const before = input.subarray(0, from)
  switch (one.kind) {
    case 'cut':
      return before
    case 'set':
      return Buffer.concat([before, one.bytes, input.subarray(from + one.bytes.length)])
    case 'insert':
      return Buffer.concat([before, one.bytes, input.subarray(from)])
    case 'remove':
      return Buffer.concat([before, input.subarray(from + one.length)])
    case 'repeat':
      return Buffer.concat([
        before,
        ...Array(one.times).fill(input.subarray(from, from + one.length)),
        input.subarray(from),
      ])
    case 'flip': {
      const copy = Uint8Array.from(input)
      if (copy.length > 0) copy[Math.min(from, copy.length - 1)] ^= 1 << one.bit
      return copy
    }
  }
}

/** Seconds that all fuzz tests together may take. */
const SECONDS = Number(process.env.BULWARK_FUZZ_SECONDS || '60')
/** No input of the sizes used here may take longer; the machine may be busy. */
const SLOWEST_MS = 5_000
/** Runs between two looks at the clock. */
const BATCH = 20

/**
 * Runs `property` on mutations of `seeds` for `share` of the time that is given. What it throws fails the test; fast-check then prints
 * the smallest mutation, and the seed by which it is found again: `BULWARK_FUZZ_SEED=<seed> ./bulwark test fuzz 1`.
 */
export async function fuzz(
  seeds: readonly Seed[],
  share: number,
  property: (bytes: Uint8Array, seed: Seed) => Promise<unknown> | unknown,
): Promise<void> {
  const end = performance.now() + Math.max(200, SECONDS * share * 1000)
  let batch = Number(process.env.BULWARK_FUZZ_SEED || Date.now() % 2 ** 31)
  do {
    await fc.assert(
      fc.asyncProperty(mutated(seeds), async (mutation) => {
        const seed = seeds[mutation.seed]
        await inTime(seed.name, async () => property(mutatedBytes(seeds, mutation), seed))
      }),
      { numRuns: BATCH, seed: batch++, interruptAfterTimeLimit: 10 * SLOWEST_MS, markInterruptAsFailure: true },
    )
  } while (performance.now() < end)
}

/** Runs `run`; rejects when it took too long, or does not end at all. */
async function inTime(name: string, run: () => Promise<unknown>): Promise<void> {
  const start = performance.now()
  let timer: NodeJS.Timeout | undefined
  const never = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${name}: no end after ${SLOWEST_MS} ms`)), SLOWEST_MS)
  })
  try {
    await Promise.race([run(), never])
  } finally {
    clearTimeout(timer)
  }
  const took = performance.now() - start
  if (took > SLOWEST_MS) throw new Error(`${name}: took ${Math.round(took)} ms`)
}

/** Files of the shared data of at most `maxBytes` that match these globs, as seeds; none where the data is missing. */
export function sharedSeeds(globs: readonly string[], maxBytes: number): Seed[] {
  const root = conformanceRoot(join(import.meta.dirname, '../..'))
  if (!existsSync(root)) return []
  return globSync([...globs], { cwd: root })
    .sort()
    .filter((path) => statSync(join(root, path)).isFile() && statSync(join(root, path)).size > 0)
    .map((path) => ({ name: path, bytes: upTo(join(root, path), maxBytes) }))
}

/** A file, or its first part: cut off is as good a seed. */
function upTo(path: string, maxBytes: number): Uint8Array {
  if (statSync(path).size <= maxBytes) return readFileSync(path)
  const descriptor = openSync(path, 'r')
  try {
    const part = Buffer.alloc(maxBytes)
    readSync(descriptor, part, 0, maxBytes, 0)
    return part
  } finally {
    closeSync(descriptor)
  }
}
