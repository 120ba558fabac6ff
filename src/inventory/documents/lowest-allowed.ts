/** Longer than any requirement that a person writes. */
const MAX_RANGE = 1000

/**
 * The least version that a requirement of the usual form allows: comparisons (`>= 1.2 and < 2`, `^1.2`, `~> 1.2`, `1.2 || 2`) joined in any
 * way, of which the first that bounds from below counts. `exact` where it is a single one that allows nothing else: `=`, `==`, and with
 * `bare: 'exact'` a version on its own. Undefined where nothing bounds it from below (`*`, `< 2`).
 */
export function lowestAllowed(
  range: string,
  bare: 'exact' | 'least',
): { readonly version: string; readonly exact: boolean } | undefined {
  const parts = [
    ...range.slice(0, MAX_RANGE).matchAll(/(?<![\w.+-])(>=|<=|~>|~=|!=|==|[><^~=])?\s{0,10}v?(\d[\w.+-]*)/g),
  ]
  const lowest = parts.find(([, sign = '']) => !['<', '<=', '!='].includes(sign))
  if (lowest === undefined) return undefined
  const [, sign = '', version = ''] = lowest
  const isPinned = sign === '=' || sign === '==' || (sign === '' && bare === 'exact')
  return { version: version.replace(/\.+$/, ''), exact: isPinned && parts.length === 1 && !version.endsWith('.') }
}
