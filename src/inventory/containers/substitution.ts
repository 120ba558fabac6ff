/** Longest text that comes out: an argument that doubles itself over and over ends here. */
const MAX_LENGTH = 4096
const MAX_DEPTH = 8

/**
 * A word with its quotes taken away and its variables replaced (docs.docker.com/reference/dockerfile, "Environment replacement"): `$NAME`,
 * `${NAME}`, and with `:-` `-` `:+` `+` a text for when it is, or is not, set. Undefined when a variable has no value, or is written in
 * another way.
 */
export function substituted(word: string, values: ReadonlyMap<string, string>): string | undefined {
  return expand(word, values, 0)
}

function expand(word: string, values: ReadonlyMap<string, string>, depth: number): string | undefined {
  if (depth > MAX_DEPTH) return undefined
  let text = ''
  let quote = ''
  for (let i = 0; i < word.length; i++) {
    const char = word[i]
    if (quote !== "'" && (char === '\\' || char === '`') && i + 1 < word.length) text += word[++i]
    else if (quote === '' && (char === '"' || char === "'")) quote = char
    else if (quote !== '' && char === quote) quote = ''
    else if (char === '$' && quote !== "'") {
      const variable = variableAt(word, i)
      const value = variable === undefined ? undefined : valueFor(variable, values, depth)
      if (variable === undefined || value === undefined) return undefined
      text += value
      i = variable.end - 1
    } else text += char
    if (text.length > MAX_LENGTH) return undefined
  }
  return text
}

interface Variable {
  readonly name: string
  /** `:-`, `-`, `:+`, `+`, or nothing. */
  readonly operator: string
  readonly other: string
  readonly end: number
}

function variableAt(word: string, dollar: number): Variable | undefined {
  const plain = /^\$([A-Za-z_]\w*)/.exec(word.slice(dollar, dollar + MAX_LENGTH))
  if (plain !== null) return { name: plain[1], operator: '', other: '', end: dollar + plain[0].length }
  if (word[dollar + 1] !== '{') return undefined
  const end = closingBrace(word, dollar + 2)
  const braced = end < 0 ? null : /^([A-Za-z_]\w*)(?:(:?[-+])([\s\S]*))?$/.exec(word.slice(dollar + 2, end))
  if (braced === null) return undefined
  return { name: braced[1], operator: braced[2] ?? '', other: braced[3] ?? '', end: end + 1 }
}

function closingBrace(word: string, from: number): number {
  let open = 1
  for (let i = from; i < word.length; i++) {
    if (word[i] === '{') open++
    else if (word[i] === '}' && --open === 0) return i
  }
  return -1
}

function valueFor({ name, operator, other }: Variable, values: ReadonlyMap<string, string>, depth: number) {
  const value = values.get(name)
  const isSet = operator.startsWith(':') ? value !== undefined && value !== '' : value !== undefined
  if (operator.endsWith('-')) return isSet ? value : expand(other, values, depth + 1)
  if (operator.endsWith('+')) return isSet ? expand(other, values, depth + 1) : ''
  return value
}
