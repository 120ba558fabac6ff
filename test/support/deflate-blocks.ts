/** Where a block of deflate data begins (RFC 1951): in bits from the beginning of the data, and in bytes of what comes out. */
export interface BlockStart {
  readonly bit: number
  readonly out: number
}

const LENGTH_BASE = [
  3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258,
]
const LENGTH_EXTRA = [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0]
const DISTANCE_EXTRA = [
  0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13,
]
const CODE_ORDER = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15]

/** A canonical code: how many codes there are of each length, and the symbols by code. */
interface Code {
  readonly counts: readonly number[]
  readonly symbols: readonly number[]
}

/** Walks over deflate data and notes where its blocks begin; what it stands for is counted, not put together. */
export function blockStarts(data: Uint8Array): readonly BlockStart[] {
  const starts: BlockStart[] = []
  let bit = 0
  let out = 0
  const bits = (count: number): number => {
    let value = 0
    for (let i = 0; i < count; i++, bit++) value |= ((data[bit >> 3] >> (bit & 7)) & 1) << i
    return value
  }
  const symbol = ({ counts, symbols }: Code): number => {
    let code = 0
    let first = 0
    let index = 0
    for (let length = 1; length <= 15; length++) {
      code |= bits(1)
      const count = counts[length]
      if (code - count < first) return symbols[index + (code - first)]
      index += count
      first = (first + count) << 1
      code <<= 1
    }
    throw new Error('no such code')
  }
  const body = (literals: Code, distances: Code): void => {
    for (;;) {
      const value = symbol(literals)
      if (value === 256) return
      if (value < 256) out++
      else {
        out += LENGTH_BASE[value - 257] + bits(LENGTH_EXTRA[value - 257])
        bits(DISTANCE_EXTRA[symbol(distances)])
      }
    }
  }
  for (let last = 0; last === 0; ) {
    starts.push({ bit, out })
    last = bits(1)
    const type = bits(2)
    if (type === 0) {
      bit = Math.ceil(bit / 8) * 8
      const length = bits(16)
      bit += 16 + 8 * length
      out += length
    } else if (type === 1) body(FIXED_LITERALS, FIXED_DISTANCES)
    else body(...dynamicCodes(bits, symbol))
  }
  return starts
}

function dynamicCodes(bits: (count: number) => number, symbol: (code: Code) => number): [Code, Code] {
  const literals = bits(5) + 257
  const distances = bits(5) + 1
  const codes = bits(4) + 4
  const lengths = new Array<number>(19).fill(0)
  for (let i = 0; i < codes; i++) lengths[CODE_ORDER[i]] = bits(3)
  const code = codeOf(lengths)
  const all: number[] = []
  while (all.length < literals + distances) {
    const value = symbol(code)
    if (value < 16) all.push(value)
    else {
      const repeated = value === 16 ? (all.at(-1) ?? 0) : 0
      const count = value === 16 ? 3 + bits(2) : value === 17 ? 3 + bits(3) : 11 + bits(7)
      all.push(...new Array<number>(count).fill(repeated))
    }
  }
  return [codeOf(all.slice(0, literals)), codeOf(all.slice(literals))]
}

function codeOf(lengths: readonly number[]): Code {
  const counts = new Array<number>(16).fill(0)
  for (const length of lengths) if (length > 0) counts[length]++
  const symbols: number[] = []
  for (let length = 1; length <= 15; length++) {
    for (const [value, its] of lengths.entries()) if (its === length) symbols.push(value)
  }
  return { counts, symbols }
}

const FIXED_LITERALS = codeOf(
  Array.from({ length: 288 }, (_, value) => (value < 144 ? 8 : value < 256 ? 9 : value < 280 ? 7 : 8)),
)
const FIXED_DISTANCES = codeOf(new Array<number>(30).fill(5))
