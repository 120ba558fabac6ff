import { Buffer } from 'node:buffer'
import * as z from 'zod/mini'
import { Failure } from '../../lib/failure.ts'
import type { ImageName, OpenContext } from '../types.ts'
import type { Asked, RegistryClient, Wish } from './client.ts'
import { fromEndpoints, pullScope, type Repository, repositoryOf, wholeBody } from './manifests.ts'
import type { Endpoint } from './types.ts'

const PAGE = 1000
/** A list that is longer is refused: who means so many images names fewer. */
const MAX_NAMES = 200_000
const MAX_PAGES = 2000

const tagsShape = z.object({ tags: z.nullish(z.array(z.string())) })
const catalogShape = z.object({ repositories: z.nullish(z.array(z.string())) })

/**
 * The tags of a repository, as the registry orders them (distribution-spec, "Listing Tags"), all pages.
 * @throws Failure naming the repository: `registry-not-found`, `registry-list-too-long`, `registry-list-invalid`; as `ask` does.
 */
export async function tagsOf(
  name: ImageName,
  client: RegistryClient,
  context: OpenContext,
): Promise<readonly string[]> {
  const repository = repositoryOf(name, name.text, client, context)
  return await fromEndpoints(repository, 'tags', (endpoint) =>
    pagesOf(repository, endpoint, `${endpoint.repository}/tags/list`, pullScope(endpoint), (json) => {
      const parsed = tagsShape.safeParse(json)
      return parsed.success ? (parsed.data.tags ?? []) : undefined
    }),
  )
}

/**
 * The repositories of a registry (distribution, api.md, "Listing Repositories"), all pages. Mirrors are not asked. Many registries do not
 * offer this, or only to administrators.
 * @throws Failure naming the registry, as `tagsOf`.
 */
export async function repositoriesOf(
  domain: string,
  client: RegistryClient,
  context: OpenContext,
): Promise<readonly string[]> {
  const repository = repositoryOf({ text: domain, domain, path: '' }, domain, client, context)
  const own = { ...repository, endpoints: repository.endpoints.filter(({ isMirror }) => !isMirror) }
  return await fromEndpoints(own, 'tags', (endpoint) =>
    pagesOf(own, endpoint, '_catalog', 'registry:catalog:*', (json) => {
      const parsed = catalogShape.safeParse(json)
      return parsed.success ? (parsed.data.repositories ?? []) : undefined
    }),
  )
}

async function pagesOf(
  repository: Repository,
  endpoint: Endpoint,
  path: string,
  scope: string,
  namesIn: (json: unknown) => readonly string[] | undefined,
): Promise<readonly string[]> {
  const { reference, context } = repository
  const names = new Set<string>()
  const asked = new Set<string>()
  let next: string | undefined = `${path}?n=${PAGE}`
  while (next !== undefined && !asked.has(next)) {
    asked.add(next)
    const wish: Wish = { method: 'GET', path: next, scope, input: reference, signal: context.signal }
    const { bytes, asked: answer } = await wholeBody(repository, endpoint, wish, path)
    const page = namesIn(parsedJson(bytes))
    if (page === undefined)
      throw new Failure('registry-list-invalid', `${endpoint.origin}: ${path} is no list of names`, {
        input: reference,
      })
    const before = names.size
    for (const name of page) names.add(name)
    if (names.size > MAX_NAMES || asked.size > MAX_PAGES)
      throw new Failure('registry-list-too-long', `${endpoint.origin}: ${path} has more than ${MAX_NAMES} names`, {
        input: reference,
        hints: ['name the images that are meant, one a line, with --images-from FILE'],
      })
    // A page that brings nothing new leads nowhere.
    next = names.size > before ? nextPage(answer, endpoint, path, page) : undefined
  }
  return [...names]
}

function parsedJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString('utf8'))
  } catch {
    return undefined
  }
}

/** The page that `Link` names (RFC 8288), on this registry only, or the names after the last where a full page came without one. */
function nextPage(answer: Asked, endpoint: Endpoint, path: string, page: readonly string[]): string | undefined {
  const linked = linkedPage(answer, endpoint, path)
  if (linked !== undefined) return linked
  const last = page.at(-1)
  return page.length === PAGE && last !== undefined ? `${path}?n=${PAGE}&last=${encodeURIComponent(last)}` : undefined
}

/** The query of the next page for the same path; undefined where none is named. */
export function linkedPage(answer: Asked, endpoint: Endpoint, path: string): string | undefined {
  const target = /<([^<>]{1,4096})>\s*;[^,]{0,200}\brel\s*=\s*"?next"?/i.exec(answer.headers.get('link') ?? '')?.[1]
  if (target === undefined) return undefined
  const url = URL.parse(target, new URL(`${endpoint.origin}${endpoint.apiPath}/${path}`))
  return url === null || url.search === '' ? undefined : `${path}${url.search}`
}
