/**
 * Decimal numbers without error: `digits` / 10^`places`. The scores' equations are products and sums of short decimals, and their
 * rounding jumps at exact tenths, where binary fractions go wrong.
 */
export interface Exact {
  readonly digits: bigint
  readonly places: number
}

/** A short decimal exactly: `0.85`. */
export function exact(value: number): Exact {
  const text = String(value)
  const dot = text.indexOf('.')
  if (dot < 0) return { digits: BigInt(text), places: 0 }
  return { digits: BigInt(text.slice(0, dot) + text.slice(dot + 1)), places: text.length - dot - 1 }
}

/** The product, exact. */
export function times(...factors: readonly Exact[]): Exact {
  let digits = 1n
  let places = 0
  for (const factor of factors) {
    digits *= factor.digits
    places += factor.places
  }
  return { digits, places }
}

/** The sum, exact. */
export function plus(a: Exact, b: Exact): Exact {
  const places = Math.max(a.places, b.places)
  return { digits: at(a, places) + at(b, places), places }
}

/** The difference `a - b`, exact. */
export function minus(a: Exact, b: Exact): Exact {
  return plus(a, { digits: -b.digits, places: b.places })
}

/** `base` to a whole, not negative exponent, exact. */
export function power(base: Exact, exponent: number): Exact {
  return { digits: base.digits ** BigInt(exponent), places: base.places * exponent }
}

/** The smaller of two; `b` where they are equal. */
export function least(a: Exact, b: Exact): Exact {
  return minus(a, b).digits < 0n ? a : b
}

/** The smallest number of tenths that is not less, for values that are not negative. */
export function tenthsUp(value: Exact): number {
  if (value.places < 1) return Number(at(value, 1))
  const unit = 10n ** BigInt(value.places - 1)
  return Number((value.digits + unit - 1n) / unit)
}

/** The nearest number of tenths, halves away from zero. */
export function tenthsNearest(value: Exact): number {
  if (value.places < 1) return Number(at(value, 1))
  const unit = 10n ** BigInt(value.places - 1)
  const half = value.digits < 0n ? -(unit / 2n) : unit / 2n
  return Number((value.digits + half) / unit)
}

function at(value: Exact, places: number): bigint {
  return value.digits * 10n ** BigInt(places - value.places)
}
