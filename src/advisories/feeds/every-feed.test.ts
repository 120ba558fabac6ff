import { hash } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { FACT_FEED_SAMPLES } from '../../../test/support/fact-feed-samples.ts'
import { FEED_SAMPLES, type FeedSample } from '../../../test/support/feed-samples.ts'
import { type HttpClient, httpClient } from '../../lib/http.ts'
import { schemeFor } from '../../versions/index.ts'
import { knownEcosystems } from '../ecosystems.ts'
import { publisherOf } from '../publisher.ts'
import { narrowRecord } from '../record.ts'
import { type FeedReport, feedStorePath, fetchFeed } from './fetch.ts'
import { FEEDS } from './index.ts'
import { openFeedStore } from './store.ts'
import type { Feed } from './types.ts'

type Files = FeedSample['files']

let folder: string
let server: Server
let client: HttpClient
let files: Files
let broken: 'html' | 'cut' | 500 | undefined
let conditional: number

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bulwark-feed-'))
  ;[files, broken, conditional] = [{}, undefined, 0]
  client = httpClient({ env: {}, attempts: 1, backoffMs: 1 })
  server = createServer((request, response) => {
    const [, name, ...rest] = (request.url ?? '').split('/')
    const content = files[name]?.[rest.join('/')]
    if (content === undefined) return response.writeHead(404).end()
    if (broken === 500) return response.writeHead(500).end('<html>')
    const given =
      broken === 'html'
        ? '<html><body>Sorry</body></html>'
        : broken === 'cut'
          ? content.slice(0, content.length / 2)
          : content
    const etag = `"${hash('sha256', given)}"`
    if (request.headers['if-none-match'] === etag) {
      conditional++
      return response.writeHead(304).end()
    }
    return response.writeHead(200, { etag }).end(given)
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
})
afterEach(async () => {
  await client.close()
  server.closeAllConnections()
  await new Promise((done) => server.close(done))
  await rm(folder, { recursive: true, force: true })
})

const address = () => `http://127.0.0.1:${(server.address() as AddressInfo).port}`
const update = (feed: Feed, force = false): Promise<FeedReport> =>
  fetchFeed(feed, {
    folder,
    client,
    mirror: Object.fromEntries(Object.keys(feed.addresses).map((name) => [name, `${address()}/${name}`])),
    now: () => new Date('2026-11-01T00:00:00Z'),
    force,
  })
const held = (feed: Feed) => {
  const store = openFeedStore(feedStorePath(folder, feed))
  try {
    return [...store.records()]
  } finally {
    store.close()
  }
}
const heldFacts = (feed: Feed) => {
  const store = openFeedStore(feedStorePath(folder, feed))
  try {
    return [...store.facts()]
  } finally {
    store.close()
  }
}
/** What names each thing that a feed brought: records' ids, or the weaknesses of facts. */
const heldNames = (feed: Feed) =>
  feed.facts ? heldFacts(feed).map(({ cve }) => cve) : held(feed).map((record) => record.id)
const heldAll = (feed: Feed) => (feed.facts ? heldFacts(feed) : held(feed))
const merged = (sample: FeedSample): Files =>
  Object.fromEntries(
    [...new Set([...Object.keys(sample.files), ...Object.keys(sample.later)])].map((name) => [
      name,
      { ...sample.files[name], ...sample.later[name] },
    ]),
  )

describe.each(FEEDS)('$id', (feed) => {
  const sample = FEED_SAMPLES[feed.id] ?? FACT_FEED_SAMPLES[feed.id]

  it('says what it is', () => {
    expect(sample, 'a sample in test/support/feed-samples.ts').toBeDefined()
    // What is fetched on request only may speak about more than packages.
    for (const name of feed.optIn === undefined ? feed.ecosystems : []) {
      expect(knownEcosystems).toContain(name)
      expect(schemeFor(name), `an order of the versions of ${name}`).toBeDefined()
    }
    for (const one of Object.values(feed.addresses)) expect(new URL(one).protocol).toBe('https:')
  })

  it('is fetched first, asked again under a condition, taken when it changed, kept when it breaks, and comes back', async () => {
    files = sample.files
    const first = await update(feed)
    expect(first.warnings).toEqual([])
    expect(first.outcome).toBe('taken')
    expect(heldNames(feed)).toEqual(sample.ids)
    const again = await update(feed)
    expect(again).toMatchObject({ outcome: 'unchanged', added: 0, changed: 0, removed: 0, warnings: [] })
    if (sample.asksByTime === undefined) expect(conditional).toBeGreaterThan(0)

    files = merged(sample)
    const later = await update(feed, true)
    expect(later.outcome).toBe('changed')
    expect(heldNames(feed)).toEqual(expect.arrayContaining([...sample.added]))
    const good = heldAll(feed)
    for (const way of ['html', 'cut', 500] as const) {
      broken = way
      const report = await update(feed)
      expect(report.outcome, way.toString()).toMatch(/^(?:kept|partly)$/)
      expect(report.warnings.join()).not.toBe('')
      expect(report.state?.failing).toBeDefined()
      expect(heldAll(feed)).toEqual(good)
    }
    broken = undefined
    const back = await update(feed)
    expect(back.state?.failing).toBeUndefined()
    expect(heldAll(feed)).toEqual(good)
  })

  it('makes records that are OSV records of its own ecosystems, by a publisher that matching knows', async () => {
    files = sample.files
    await update(feed)
    for (const record of held(feed)) {
      expect(narrowRecord(JSON.parse(JSON.stringify(record)), record.id)).toMatchObject({ ok: true })
      if (feed.optIn === undefined) expect(publisherOf(record.id).kind, record.id).not.toBe('general')
      for (const { package: of, ecosystem_specific: specific } of record.affected) {
        expect(feed.ecosystems).toContain(of?.ecosystem.split(':')[0])
        expect(specific).toHaveProperty('status')
      }
    }
  })
})
