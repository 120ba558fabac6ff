/** One requirement of a project, as it is written in lists, manifests and metadata. */
export interface Requirement {
  /** As written. */
  readonly name: string
  /** The one version that fits, the least that a range allows, or the greatest where it has no least; undefined where any will do. */
  readonly version?: string
  /** Whether other versions fit too. */
  readonly ranged: boolean
  /** The condition it holds under (`python_version < "3.8"`), without the semicolon. */
  readonly marker?: string
}

/** Longer ones are none that anybody wrote. */
const MAX_CHARACTERS = 8192
/** In the order in which they are tried: longer ones first. */
const OPERATORS = ['===', '==', '~=', '>=', '<=', '!=', '>', '<'] as const

/** What a version may consist of, with the star of a series; a variable that a template or shell fills in is none. */
const VERSION = /^[A-Za-z0-9][A-Za-z0-9.!+_*-]*$/

/**
 * The requirement that a text states by the grammar of https://packaging.python.org/en/latest/specifications/dependency-specifiers/
 * (`name[extra] (>=1,<2); marker`, `name @ address`). Undefined where it is none: a folder, an address without name. It is taken
 * apart step by step, for every line of a file may be hostile.
 */
export function parseRequirement(text: string): Requirement | undefined {
  if (text.length > MAX_CHARACTERS) return undefined
  const stated = text.trim()
  const name = nameAtStart(stated)
  if (name === undefined) return undefined
  let rest = stated.slice(name.length).trimStart()
  if (rest.startsWith('[')) {
    const close = rest.indexOf(']')
    if (close < 0) return undefined
    rest = rest.slice(close + 1).trimStart()
  }
  if (rest.startsWith('@')) return addressed(name, rest.slice(1))
  const semicolon = rest.indexOf(';')
  const marker = semicolon < 0 ? '' : rest.slice(semicolon + 1).trim()
  const range = rangeIn(semicolon < 0 ? rest : rest.slice(0, semicolon))
  if (range === undefined) return undefined
  return { name, ...leastOf(range), ...(marker !== '' && { marker }) }
}

/** The name of a distribution that a text begins with: letters, digits, `.`, `_`, `-`, the first and the last a letter or digit. */
export function nameAtStart(text: string): string | undefined {
  const name = /^[A-Za-z0-9._-]+/.exec(text)?.[0]
  return name !== undefined && /^[A-Za-z0-9]/.test(name) && /[A-Za-z0-9]$/.test(name) ? name : undefined
}

/** Without the brackets that older metadata puts it in; undefined where something else follows the name. */
function rangeIn(text: string): string | undefined {
  const range = text.trim()
  if (range.startsWith('(')) return range.endsWith(')') ? range.slice(1, -1) : undefined
  return range === '' || OPERATORS.some((operator) => range.startsWith(operator)) ? range : undefined
}

/** The version that a range of https://packaging.python.org/en/latest/specifications/version-specifiers/ comes down to. */
function leastOf(range: string): { readonly version?: string; readonly ranged: boolean } {
  const clauses = range.split(',').flatMap((part) => {
    const clause = part.trim()
    const operator = OPERATORS.find((one) => clause.startsWith(one))
    const version = operator === undefined ? '' : clause.slice(operator.length).trim()
    return VERSION.test(version) ? [{ operator, version }] : []
  })
  const exact = clauses.find(({ operator }) => operator === '==' || operator === '===')?.version
  if (exact !== undefined && !exact.includes('*')) return { version: exact, ranged: false }
  const series = exact?.slice(0, exact.indexOf('*')).replace(/\.$/, '')
  const of = (...operators: readonly string[]) => clauses.find(({ operator }) => operators.includes(operator ?? ''))
  // Without a least, the greatest that is named is what an installer takes.
  const least = series || (of('>=', '~=') ?? of('<='))?.version
  return { ...(least && { version: least }), ranged: true }
}

/** A wheel's name says its version (https://packaging.python.org/en/latest/specifications/binary-distribution-format/); other addresses do not. */
function addressed(name: string, address: string): Requirement {
  const file =
    address
      .trim()
      .split(/[\s#?]/, 1)[0]
      ?.split('/')
      .at(-1) ?? ''
  const version = file.endsWith('.whl') ? (file.split('-')[1] ?? '').replace('%2B', '+') : ''
  return { name, ...(VERSION.test(version) && { version }), ranged: false }
}
