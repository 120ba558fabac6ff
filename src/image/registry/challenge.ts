/** One way to prove who asks that a server offers (RFC 9110 section 11.6.1). */
export interface Challenge {
  /** Lower case. */
  readonly scheme: string
  /** Names in lower case. */
  readonly parameters: ReadonlyMap<string, string>
}

const TOKEN = "[!#$%&'*+.^_`|~0-9A-Za-z-]+"
/** No header is read further. */
const MAX_HEADER = 16 * 1024
const MAX_CHALLENGES = 20

/**
 * The challenges of a `WWW-Authenticate` header, in order; several headers come joined with commas. What does not fit the grammar ends
 * the list: what stood before holds.
 */
export function parseChallenges(header: string): readonly Challenge[] {
  const text = header.slice(0, MAX_HEADER)
  const challenges: { scheme: string; parameters: Map<string, string> }[] = []
  const separator = /[\s,]*/y
  const parameter = new RegExp(`(${TOKEN})[ \\t]*=[ \\t]*(?:"((?:[^"\\\\]|\\\\.)*)"|(${TOKEN}))`, 'y')
  const scheme = new RegExp(`(${TOKEN})(?:[ \\t]+(?=[^\\s,])|[ \\t]*(?=,|$))`, 'y')
  const credentials = /[A-Za-z0-9._~+/-]+=*[ \t]*(?=,|$)/y
  const take = (pattern: RegExp, at: number): RegExpExecArray | null => {
    pattern.lastIndex = at
    return pattern.exec(text)
  }
  for (let at = 0; at < text.length; ) {
    at += take(separator, at)?.[0].length ?? 0
    if (at >= text.length) break
    const current = challenges.at(-1)
    const pair = current === undefined ? null : take(parameter, at)
    if (pair !== null && current !== undefined) {
      const [whole, name, quoted, plain] = pair
      if (!current.parameters.has(name.toLowerCase()))
        current.parameters.set(name.toLowerCase(), quoted === undefined ? plain : quoted.replace(/\\(.)/gs, '$1'))
      at += whole.length
      continue
    }
    const begun = take(scheme, at)
    if (begun === null || challenges.length >= MAX_CHALLENGES) break
    challenges.push({ scheme: begun[1].toLowerCase(), parameters: new Map() })
    at += begun[0].length
    // `Negotiate TOKEN68`: nothing that is used here, and no list of parameters.
    if (take(parameter, at) === null) at += take(credentials, at)?.[0].length ?? 0
  }
  return challenges
}
