import { parse } from 'yaml'
import * as z from 'zod'
import { Failure } from '../../lib/failure.ts'
import type { Feed } from './types.ts'

/** What a user says about one feed. */
export interface FeedSetting {
  /** Whether it is fetched; undefined: when its advisories are needed and nobody else publishes them. */
  readonly fetch?: boolean
  /** Addresses or folders in place of the feed's own, by their names. */
  readonly mirror?: Readonly<Record<string, string>>
  /** Environment variable that holds a key, and the header that it is sent in. */
  readonly key?: { readonly variable: string; readonly header: string }
}

/** What a user says about feeds. */
export interface FeedSettings {
  /** A mirror of all of them: `<base>/<feed>/<name of the address>`. */
  readonly base?: string
  readonly feeds: ReadonlyMap<string, FeedSetting>
}

export const NO_FEED_SETTINGS: FeedSettings = { feeds: new Map() }

const addressShape = z.string().min(1).max(2_000)
const feedShape = z.union([
  z.boolean(),
  z.strictObject({
    fetch: z.boolean().optional(),
    from: z.union([addressShape, z.record(z.string().max(64), addressShape)]).optional(),
    key: z
      .strictObject({
        variable: z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/),
        header: z.string().regex(/^[A-Za-z0-9-]+$/),
      })
      .optional(),
  }),
])
const settingsShape = z.strictObject({
  mirror: addressShape.optional(),
  feeds: z.record(z.string().max(64), feedShape).optional(),
})

/**
 * The file that says where feeds come from, YAML or JSON:
 *
 *     mirror: https://mirror.example.com/feeds     # <mirror>/<feed>/<address> in place of every publisher
 *     feeds:
 *       debian-tracker: true                       # fetched, from the publisher or the mirror
 *       oracle-oval: { from: /srv/oracle }         # `from` in place of `main`, or of each address by name
 *       photon: false
 *       nvd: { fetch: true, key: { variable: NVD_API_KEY, header: apiKey } }
 *
 * Throws `Failure` of kind `usage` that names `input` for anything else, and for a feed that there is not.
 */
export function parseFeedSettings(text: string, input: string, known: readonly Feed[]): FeedSettings {
  const wrong = (why: string, cause?: unknown) =>
    new Failure('feed-settings', `${input}: ${why}`, {
      kind: 'usage',
      input,
      hints: [`feeds are: ${known.map((feed) => feed.id).join(', ')}`],
      cause,
    })
  let found: z.infer<typeof settingsShape>
  try {
    found = settingsShape.parse(parse(text, { maxAliasCount: 20 }) ?? {})
  } catch (cause) {
    if (cause instanceof z.ZodError) {
      const [issue] = cause.issues
      throw wrong(`${issue.path.join('.') || 'the file'}: ${issue.message}`, cause)
    }
    throw wrong((cause as Error).message.split('\n')[0], cause)
  }
  const feeds = new Map<string, FeedSetting>()
  for (const [id, said] of Object.entries(found.feeds ?? {})) {
    const feed = known.find((one) => one.id === id)
    if (feed === undefined) throw wrong(`there is no feed ${JSON.stringify(id)}`)
    if (typeof said === 'boolean') {
      feeds.set(id, { fetch: said })
      continue
    }
    const mirror = typeof said.from === 'string' ? { main: said.from } : said.from
    const strange = Object.keys(mirror ?? {}).find((name) => !Object.hasOwn(feed.addresses, name))
    if (strange !== undefined)
      throw wrong(`${id} has no address ${JSON.stringify(strange)}: ${Object.keys(feed.addresses).join(', ')}`)
    feeds.set(id, {
      fetch: said.fetch ?? true,
      ...(mirror === undefined ? {} : { mirror }),
      ...(said.key === undefined ? {} : { key: said.key }),
    })
  }
  return { ...(found.mirror === undefined ? {} : { base: found.mirror }), feeds }
}

/** What decides which feeds an update fetches. */
export interface FeedChoice {
  readonly settings: FeedSettings
  /** Names that were asked for, or `all`; undefined leaves it to the settings and the need. */
  readonly asked?: readonly string[]
  /** Ecosystems, without release, whose advisories are wanted. */
  readonly wanted: ReadonlySet<string>
  /** Ecosystems, without release, that the bucket has. */
  readonly published: ReadonlySet<string>
  /** Whether publishers may be asked who were not named: not by somebody who updates from a mirror. */
  readonly open: boolean
}

/**
 * The feeds that an update fetches: those that were asked for by name; else those that the settings name; else those that are the only
 * ones to speak about an ecosystem that is wanted. A feed that is fetched on request only is never among `all`.
 */
export function chooseFeeds(known: readonly Feed[], choice: FeedChoice): readonly Feed[] {
  const { asked, settings } = choice
  if (asked !== undefined) {
    for (const name of asked)
      if (name !== 'all' && name !== 'none' && !known.some((feed) => feed.id === name))
        throw new Failure('feed-unknown', `there is no feed ${JSON.stringify(name)}`, {
          kind: 'usage',
          input: name,
          hints: [`feeds are: ${known.map((feed) => feed.id).join(', ')}`],
        })
    if (asked.includes('none')) return []
  }
  return known.filter((feed) => {
    if (asked?.includes(feed.id)) return true
    const said = settings.feeds.get(feed.id)?.fetch
    if (said !== undefined) return said
    if (feed.optIn !== undefined) return false
    if (asked?.includes('all')) return true
    const needed = feed.facts || feed.ecosystems.some((name) => choice.wanted.has(name) && !choice.published.has(name))
    return asked === undefined && needed && (choice.open || settings.base !== undefined)
  })
}

/** Addresses that stand in for a feed's own, and the headers that go with its requests. */
export function feedAccess(
  feed: Feed,
  settings: FeedSettings,
  env: Readonly<Record<string, string | undefined>>,
): { readonly mirror: Readonly<Record<string, string>>; readonly headers: Readonly<Record<string, string>> } {
  const said = settings.feeds.get(feed.id)
  const based =
    settings.base === undefined
      ? {}
      : Object.fromEntries(
          Object.keys(feed.addresses).map((name) => [name, `${settings.base?.replace(/\/+$/, '')}/${feed.id}/${name}`]),
        )
  const value = said?.key === undefined ? undefined : env[said.key.variable]
  return {
    mirror: { ...based, ...said?.mirror },
    headers: said?.key === undefined || value === undefined ? {} : { [said.key.header]: value },
  }
}
