import * as z from 'zod/mini'
import { Failure } from '../../../lib/failure.ts'
import { isRecordId } from '../../ecosystems.ts'
import type { OsvRecord } from '../../types.ts'
import { documentText } from '../document-text.ts'
import { statedAffected } from '../stated-status.ts'
import type { FeedDocument, FeedIo, FeedItem, FeedReader } from '../types.ts'

const ROWS = 100
const MAX_PAGE_BYTES = 256 * 1024 ** 2
const MAX_PAGES = 2_000

const releasesShape = z.object({
  releases: z.array(z.object({ name: z.string().check(z.regex(/^[A-Z0-9-]{1,20}$/)), id_prefix: z.string() })),
})
const countShape = z.object({ pages: z.number().check(z.int(), z.minimum(0)) })
const updateShape = z.object({
  alias: z.string().check(z.refine(isRecordId)),
  title: z.optional(z.string()),
  display_name: z.optional(z.nullable(z.string())),
  notes: z.optional(z.nullable(z.string())),
  severity: z.optional(z.nullable(z.string())),
  status: z.string(),
  date_submitted: z.optional(z.nullable(z.string())),
  date_modified: z.optional(z.nullable(z.string())),
  date_stable: z.optional(z.nullable(z.string())),
  release: z.object({ version: z.string().check(z.regex(/^[A-Za-z0-9.]{1,20}$/)), id_prefix: z.string() }),
  bugs: z.optional(z.array(z.object({ bug_id: z.number(), title: z.optional(z.nullable(z.string())) }))),
  builds: z.array(
    z.object({ nvr: z.string(), type: z.optional(z.string()), epoch: z.optional(z.nullable(z.number())) }),
  ),
})

type Update = z.infer<typeof updateShape>

/**
 * Bodhi's stable security updates (https://bodhi.fedoraproject.org/docs/server_api/rest/updates.html): every page of each current release at
 * first, then what was modified since.
 */
export const bodhiReader: FeedReader = {
  async documents(io): Promise<readonly FeedDocument[]> {
    const releases = await releasesOf(io)
    const held = [...io.held].map(
      ([path, marker]): FeedDocument => ({ path, marker, maxBytes: MAX_PAGE_BYTES, kind: 'increment' }),
    )
    const times = [...io.held.values()].map((marker) => Date.parse(marker)).filter((time) => !Number.isNaN(time))
    const since =
      times.length === 0
        ? ''
        : `&modified_since=${encodeURIComponent(new Date(Math.max(...times)).toISOString().slice(0, 19))}`
    const fresh: FeedDocument[] = []
    for (const release of releases) {
      const query = `updates/?type=security&status=stable&releases=${release}&rows_per_page=${ROWS}${since}`
      const pages = countShape.safeParse(await json(io, `${query}&page=1`)).data?.pages
      if (pages === undefined || pages > MAX_PAGES)
        throw new Failure('feed-index', `Bodhi does not say how many updates ${release} has`, { input: 'updates' })
      for (let page = 1; page <= pages; page++)
        fresh.push({ path: `${query}&page=${page}`, marker: io.at, maxBytes: MAX_PAGE_BYTES, kind: 'increment' })
    }
    return [...new Map([...held, ...fresh].map((document) => [document.path, document])).values()]
  },
  async *read(document): AsyncGenerator<FeedItem> {
    let updates: readonly unknown[]
    try {
      const value: unknown = JSON.parse(await documentText(document, MAX_PAGE_BYTES))
      // A page of updates, or one update as its own address gives it.
      updates = Array.isArray(Object(value).updates)
        ? (value as { updates: unknown[] }).updates
        : [Object(value).update ?? value]
    } catch (cause) {
      throw new Failure('feed-json', `${document.input} is not JSON`, { input: document.input, cause })
    }
    for (const [index, value] of updates.entries()) {
      const parsed = updateShape.safeParse(value)
      const record = parsed.data && recordOf(parsed.data, document.at)
      if (record !== undefined) yield { record }
      else if (!parsed.success)
        yield {
          wrong: `update ${index}`,
          reason: `${parsed.error.issues[0]?.path.join('.')}: ${parsed.error.issues[0]?.message}`,
        }
    }
  },
}

async function releasesOf(io: FeedIo): Promise<readonly string[]> {
  const parsed = releasesShape.safeParse(await json(io, `releases/?state=current&rows_per_page=${ROWS}`))
  const names = parsed.data?.releases
    .filter(({ id_prefix: prefix }) => ecosystemName(prefix) !== undefined)
    .map(({ name }) => name)
  if (names === undefined || names.length === 0)
    throw new Failure('feed-index', 'Bodhi names no releases', { input: 'releases' })
  return names.sort()
}

async function json(io: FeedIo, path: string): Promise<unknown> {
  try {
    return JSON.parse(new TextDecoder().decode(await io.bytes(path, MAX_PAGE_BYTES)))
  } catch (cause) {
    if (cause instanceof Failure) throw cause
    return undefined
  }
}

function ecosystemName(prefix: string): string | undefined {
  return prefix === 'FEDORA' ? 'Fedora' : prefix === 'FEDORA-EPEL' ? 'EPEL' : undefined
}

/** Undefined for updates of what holds no RPMs (containers, Flatpaks), and for one that names no weakness. */
function recordOf(update: Update, at: string): OsvRecord | undefined {
  const name = ecosystemName(update.release.id_prefix)
  const texts = [
    ...(update.bugs ?? []).map(({ title }) => title ?? ''),
    update.notes ?? '',
    update.title ?? '',
    update.display_name ?? '',
  ]
  const cves = [...new Set(texts.join('\n').match(/CVE-\d{4}-\d{4,12}/g) ?? [])].sort()
  const builds = update.builds.flatMap((build) => fixOf(build) ?? [])
  if (name === undefined || cves.length === 0 || builds.length === 0) return undefined
  const ecosystem = `${name}:${update.release.version}`
  const published = utc(update.date_stable ?? update.date_submitted)
  const word = update.severity ?? ''
  return {
    id: update.alias,
    modified: utc(update.date_modified) ?? published ?? at,
    ...(published === undefined ? {} : { published }),
    aliases: [],
    upstream: cves,
    related: [],
    ...(update.title === undefined ? {} : { summary: update.title }),
    ...(update.notes ? { details: update.notes } : {}),
    severity: word === '' || word === 'unspecified' || word === 'none' ? [] : [{ type: 'Fedora', score: word }],
    affected: builds.map((build) => statedAffected({ ecosystem, status: 'fixed', ...build })),
    references: [{ type: 'ADVISORY', url: `https://bodhi.fedoraproject.org/updates/${update.alias}` }],
  }
}

/** `java-17-openjdk-17.0.14.0.7-1.fc40` of epoch 1: the source package and the version of its build. */
function fixOf({
  nvr,
  type,
  epoch,
}: Update['builds'][number]): { readonly name: string; readonly fixed: string } | undefined {
  const release = nvr.lastIndexOf('-')
  const version = nvr.lastIndexOf('-', release - 1)
  if ((type !== undefined && type !== 'rpm') || version <= 0 || release === nvr.length - 1) return undefined
  return { name: nvr.slice(0, version), fixed: `${epoch ? `${epoch}:` : ''}${nvr.slice(version + 1)}` }
}

/** Bodhi writes UTC without saying so: `2025-01-15 12:00:00`. */
function utc(time: string | null | undefined): string | undefined {
  const parsed = Date.parse(`${(time ?? '').replace(' ', 'T')}Z`)
  return Number.isNaN(parsed) ? undefined : new Date(parsed).toISOString()
}
