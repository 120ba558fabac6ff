import { Failure } from '../lib/failure.ts'

/** What a registry lists. */
export interface RegistryLists {
  /** Repositories of a registry. */
  repositories(domain: string): Promise<readonly string[]>
  /** Tags of `domain/path`. */
  tags(domain: string, path: string): Promise<readonly string[]>
}

/** Most characters and stars of one pattern: what is matched is the registry's, and may be chosen to be slow. */
const LONGEST_PATTERN = 512
const MOST_STARS = 16
const DEFAULT_TAG = 'latest'

/** A pattern taken apart. */
interface Pattern {
  readonly domain: string
  readonly path: string
  readonly tag: string | undefined
}

/**
 * The references of a registry that a pattern means: `registry.example/team/*` every repository there, `registry.example/app:1.*` every
 * such tag. A star stands for part of one name, two for any number of them. Without a tag it is `latest`, where there is one.
 * @throws Failure `pattern-invalid`, kind usage.
 */
export async function* listMatching(text: string, lists: RegistryLists): AsyncGenerator<string> {
  const { domain, path, tag } = parsePattern(text)
  const wantedPath = matcher(path)
  const wantedTag = matcher(tag ?? DEFAULT_TAG)
  const repositories = path.includes('*') ? await lists.repositories(domain) : [path]
  for (const repository of repositories) {
    if (!wantedPath(repository)) continue
    if (tag !== undefined && !tag.includes('*')) {
      yield `registry:${domain}/${repository}:${tag}`
      continue
    }
    for (const one of await lists.tags(domain, repository)) {
      if (wantedTag(one)) yield `registry:${domain}/${repository}:${one}`
    }
  }
}

function parsePattern(text: string): Pattern {
  const refuse = (why: string): Failure =>
    new Failure('pattern-invalid', why, {
      kind: 'usage',
      input: text.slice(0, 200),
      hints: ['name the registry: registry.example/team/*, registry.example/app:1.*'],
    })
  if (text.length > LONGEST_PATTERN || text.split('*').length - 1 > MOST_STARS)
    throw refuse(`it is longer than ${LONGEST_PATTERN} characters or has more than ${MOST_STARS} stars`)
  if (text.includes('@')) throw refuse('a digest names one image: a pattern has none')
  const slash = text.indexOf('/')
  const domain = text.slice(0, Math.max(0, slash))
  if (!/[.:]|^localhost$/.test(domain) || domain.includes('*')) throw refuse('a pattern begins with its registry')
  const rest = text.slice(slash + 1)
  const colon = rest.lastIndexOf(':')
  const [path, tag] = colon > rest.lastIndexOf('/') ? [rest.slice(0, colon), rest.slice(colon + 1)] : [rest, undefined]
  if (path === '' || tag === '') throw refuse('a part of it is empty')
  return { domain, path, tag }
}

/** Whether a name fits: pieces between stars are looked for from left to right, so that the time is bounded by the product of lengths. */
function matcher(pattern: string): (name: string) => boolean {
  const tokens = pattern.split(/(\*{1,16})/).filter((token) => token !== '')
  return (name) => matches(tokens, name)
}

function matches(tokens: readonly string[], name: string): boolean {
  // Positions in the name up to which the tokens so far can fit: a set instead of backtracking.
  let at = new Set([0])
  if (name.length > LONGEST_PATTERN) return false
  for (const token of tokens) {
    const next = new Set<number>()
    for (const from of at) {
      if (!token.startsWith('*')) {
        if (name.startsWith(token, from)) next.add(from + token.length)
        continue
      }
      for (let to = from; to <= name.length; to++) {
        // Another start of this star has been here, and gone on from here.
        if (next.has(to)) break
        next.add(to)
        if (token === '*' && name[to] === '/') break
      }
    }
    at = next
  }
  return at.has(name.length)
}
