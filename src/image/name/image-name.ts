import { Failure } from '../../lib/failure.ts'
import type { Digest } from '../../model/digest.ts'
import type { ImageName } from '../types.ts'

/** An image reference taken apart by its grammar alone (github.com/distribution/reference, regexp.go), nothing filled in. */
export interface RawReference {
  readonly domain?: string
  readonly path: string
  readonly tag?: string
  readonly digest?: string
}

/** Docker's own registry, where a name without one is looked for, and the folder of its official images. */
const DEFAULT_DOMAIN = 'docker.io'
const OLD_DEFAULT_DOMAIN = 'index.docker.io'
const OFFICIAL = 'library/'
/** Longest path of a repository. */
const MAX_PATH = 255
/** No reference is longer: what goes to the regular expressions is bounded. */
const MAX_REFERENCE = 1024

const LABEL = '(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])'
const DOMAIN = `(?:${LABEL}(?:\\.${LABEL})*|\\[(?:[a-fA-F0-9:]+)\\])(?::[0-9]+)?`
const COMPONENT = '[a-z0-9]+(?:(?:[._]|__|[-]+)[a-z0-9]+)*'
const PATH = `${COMPONENT}(?:/${COMPONENT})*`
const TAG = '[\\w][\\w.-]{0,127}'
const DIGEST = '[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}'
const REFERENCE = new RegExp(`^(?:(${DOMAIN})/)?(${PATH})(?::(${TAG}))?(?:@(${DIGEST}))?$`)
/** Algorithms that OCI registers (image-spec, descriptor.md), and how many digits their digests have. */
const DIGEST_LENGTHS: ReadonlyMap<string, number> = new Map([
  ['sha256', 64],
  ['sha512', 128],
])

/**
 * Takes a reference apart: `[DOMAIN/]PATH[:TAG][@DIGEST]`. Which digest algorithms there are is the caller's choice, as in the
 * grammar's own implementation; without one, those of OCI.
 * @throws Failure `reference-invalid`, kind usage, that says what is wrong.
 */
export function parseReference(
  text: string,
  digestLengths: ReadonlyMap<string, number> = DIGEST_LENGTHS,
): RawReference {
  const refuse = (why: string): Failure =>
    new Failure('reference-invalid', why, { kind: 'usage', input: text.slice(0, 300) })
  if (text === '') throw refuse('it is empty')
  if (text.length > MAX_REFERENCE) throw refuse(`it is longer than ${MAX_REFERENCE} characters`)
  const match = REFERENCE.exec(text)
  if (match === null) {
    const lower = text.toLowerCase()
    throw refuse(
      lower !== text && REFERENCE.test(lower) ? 'a repository is written in lower case' : 'it is no image reference',
    )
  }
  const [, domain, path, tag, digest] = match
  if (path.length > MAX_PATH) throw refuse(`the repository's name is longer than ${MAX_PATH} characters`)
  if (digest !== undefined) {
    const [algorithm, hex] = digest.split(':')
    if (digestLengths.get(algorithm) !== hex.length || hex !== hex.toLowerCase())
      throw refuse(`${digest.slice(0, 100)} is no digest that is known`)
  }
  return { ...(domain && { domain }), path, ...(tag && { tag }), ...(digest && { digest }) }
}

/**
 * An image's name as users type it, normalised as Docker does: `alpine` is `docker.io/library/alpine:latest`. The part before the
 * first slash is a registry when it has a dot, a colon or a capital, or is `localhost`.
 * @throws Failure `reference-invalid`, kind usage.
 */
export function parseImageName(text: string): ImageName {
  if (/^[0-9a-f]{64}$/.test(text))
    throw new Failure('reference-invalid', 'it is an ID, not a name', {
      kind: 'usage',
      input: text,
      hints: [`a digest is written NAME@sha256:${text.slice(0, 12)}…`],
    })
  const { domain, rest } = splitDomain(text)
  const raw = parseReference(`${domain}/${rest}`)
  if (raw.domain !== domain)
    throw new Failure('reference-invalid', 'it is no image reference', { kind: 'usage', input: text })
  const tag = raw.tag ?? (raw.digest === undefined ? 'latest' : undefined)
  return {
    text,
    domain,
    path: raw.path,
    ...(tag === undefined ? {} : { tag }),
    ...(raw.digest === undefined ? {} : { digest: raw.digest as Digest }),
  }
}

function splitDomain(text: string): { readonly domain: string; readonly rest: string } {
  const slash = text.indexOf('/')
  const first = slash < 0 ? '' : text.slice(0, slash)
  const isDomain = slash >= 0 && (/[.:]/.test(first) || first === 'localhost' || first !== first.toLowerCase())
  const domain = !isDomain || first === OLD_DEFAULT_DOMAIN ? DEFAULT_DOMAIN : first
  const rest = isDomain ? text.slice(slash + 1) : text
  const repository = rest.split(/[:@]/, 1)[0]
  return { domain, rest: domain === DEFAULT_DOMAIN && !repository.includes('/') ? `${OFFICIAL}${rest}` : rest }
}

/** The name with everything in it: `docker.io/library/alpine:3.20@sha256:…`. */
export function fullName({ domain, path, tag, digest }: ImageName): string {
  return `${domain}/${path}${tag === undefined ? '' : `:${tag}`}${digest === undefined ? '' : `@${digest}`}`
}

/** The repository as Docker shows it: without its own registry's name, and `library/` for official images. */
export function familiarRepository({ domain, path }: Pick<ImageName, 'domain' | 'path'>): string {
  if (domain !== DEFAULT_DOMAIN) return `${domain}/${path}`
  const bare = path.startsWith(OFFICIAL) ? path.slice(OFFICIAL.length) : path
  return bare.includes('/') || bare === '' ? path : bare
}
