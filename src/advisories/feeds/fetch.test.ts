import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { tarball } from '../../../test/support/tar-writer.ts'
import { Failure } from '../../lib/failure.ts'
import { type HttpClient, httpClient } from '../../lib/http.ts'
import type { OsvRecord } from '../types.ts'
import { type FeedFetch, feedStorePath, fetchFeed } from './fetch.ts'
import { jsonMembers } from './json-members.ts'
import { isDocumentPath } from './place.ts'
import { openFeedStore } from './store.ts'
import type { Feed, FeedDocument } from './types.ts'

const osv = (id: string, modified = '2026-01-01T00:00:00Z', name = 'curl'): OsvRecord => ({
  id,
  modified,
  aliases: [],
  upstream: [],
  related: [],
  severity: [],
  affected: [{ package: { ecosystem: 'Test:1', name }, ranges: [] }],
  references: [],
})

/** A feed whose index names its documents, each a list of records. */
const feed: Feed = {
  id: 'test',
  title: 'Test',
  publisher: 'Tests',
  licence: 'CC0-1.0',
  documentation: 'https://example.org/',
  ecosystems: ['Test'],
  addresses: { main: 'https://example.org/feed' },
  load: async () => ({
    async documents(io) {
      const bytes = await io.bytes('index.json', 1_000_000)
      if (bytes === undefined) throw new Failure('feed-index', 'no index')
      try {
        return JSON.parse(Buffer.from(bytes).toString()) as FeedDocument[]
      } catch {
        throw new Failure('feed-index', 'index.json is not JSON')
      }
    },
    async *read({ chunks, input }) {
      for await (const { value } of jsonMembers(chunks, input)) {
        if (typeof value === 'string') yield { wrong: value, reason: 'text' }
        else yield { record: value as OsvRecord }
      }
    },
  }),
}

const document = (path: string, more: Partial<FeedDocument> = {}): FeedDocument => ({
  path,
  maxBytes: 1_000_000,
  ...more,
})

let folder: string
let server: Server
let client: HttpClient
let files: Record<string, string | Uint8Array | number>
let requests: { path: string; conditional: boolean }[]
let etags: boolean

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bulwark-feed-'))
  ;[files, requests, etags] = [{}, [], true]
  client = httpClient({ env: {}, attempts: 2, backoffMs: 1 })
  server = createServer((request: IncomingMessage, response) => {
    const path = (request.url ?? '').slice(1)
    const content = files[path]
    requests.push({ path, conditional: request.headers['if-none-match'] !== undefined })
    if (content === undefined || typeof content === 'number') {
      response.writeHead(content ?? 404).end('<html>no</html>')
      return
    }
    const etag = `"${Buffer.from(content).toString('base64url').slice(-40)}${content.length}"`
    if (etags && request.headers['if-none-match'] === etag) response.writeHead(304).end()
    else response.writeHead(200, etags ? { etag } : {}).end(content)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
})

afterEach(async () => {
  await client.close()
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
  await rm(folder, { recursive: true, force: true })
})

const update = (more: Partial<FeedFetch> = {}) =>
  fetchFeed(feed, {
    folder,
    client,
    mirror: { main: `http://127.0.0.1:${(server.address() as AddressInfo).port}` },
    now: () => new Date('2026-03-01T00:00:00Z'),
    ...more,
  })

const held = (): string[] => {
  const store = openFeedStore(feedStorePath(folder, feed))
  try {
    return [...store.records()].map((record) => `${record.id} ${record.affected.map((one) => one.package?.name)}`)
  } finally {
    store.close()
  }
}

const publish = (documents: Record<string, unknown>, more: Record<string, Partial<FeedDocument>> = {}) => {
  files = { 'index.json': JSON.stringify(Object.keys(documents).map((path) => document(path, more[path]))) }
  for (const [path, content] of Object.entries(documents))
    files[path] = typeof content === 'string' || content instanceof Uint8Array ? content : JSON.stringify(content)
}

describe('a feed', () => {
  it('is fetched, asked again under a condition, changes, breaks and comes back', async () => {
    publish({ 'a.json': [osv('T-1'), osv('T-2')], 'b.json': gzipSync(JSON.stringify([osv('T-3'), 'nonsense'])) })
    expect(await update()).toMatchObject({
      outcome: 'taken',
      added: 3,
      state: { records: 3, skipped: 1, newestRecordAt: '2026-01-01T00:00:00Z', checkedAt: '2026-03-01T00:00:00.000Z' },
      warnings: ['Test: 1 records are wrong and left out'],
    })
    requests = []
    expect(await update()).toMatchObject({ outcome: 'unchanged', added: 0, changed: 0, removed: 0 })
    expect(requests.filter((one) => one.conditional).map((one) => one.path)).toEqual(['a.json', 'b.json'])

    publish({ 'a.json': [osv('T-1', '2026-02-01T00:00:00Z'), osv('T-2'), osv('T-4')], 'b.json': [osv('T-3')] })
    expect(await update()).toMatchObject({ outcome: 'changed', added: 1, changed: 1, removed: 0 })

    files['a.json'] = '<html>sorry</html>'
    const partly = await update({ now: () => new Date('2026-03-02T00:00:00Z') })
    expect(partly).toMatchObject({
      outcome: 'partly',
      state: { records: 4, failing: { since: '2026-03-02T00:00:00.000Z' } },
    })
    expect(partly.warnings.join()).toContain('a.json is not a JSON list or object; what it said on 2026-03-01')
    files['index.json'] = 503
    const broken = await update({ now: () => new Date('2026-03-03T00:00:00Z') })
    expect(broken).toMatchObject({ outcome: 'kept', state: { checkedAt: '2026-03-02T00:00:00.000Z' } })
    expect(broken.state?.failing).toMatchObject({
      since: '2026-03-02T00:00:00.000Z',
      why: expect.stringContaining('503'),
    })
    expect(held()).toEqual(['T-1 curl', 'T-2 curl', 'T-3 curl', 'T-4 curl'])

    publish({ 'a.json': [osv('T-1'), osv('T-2'), osv('T-4'), osv('T-5')], 'b.json': [osv('T-3')] })
    const back = await update()
    expect(back).toMatchObject({ outcome: 'changed', added: 1 })
    expect(back.state?.failing).toBeUndefined()
  })

  it('is not asked for what its index says is the same', async () => {
    publish({ 'a.json': [osv('T-1')] }, { 'a.json': { marker: 'one' } })
    await update()
    requests = []
    await update()
    expect(requests.map((one) => one.path)).toEqual(['index.json'])
  })

  it('is the same when its bytes are, although the server knows no conditions', async () => {
    etags = false
    publish({ 'a.json': [osv('T-1')] })
    await update()
    expect(await update()).toMatchObject({ outcome: 'unchanged' })
  })

  it('joins what two documents say under one id, and forgets a document that is gone', async () => {
    publish({ 'a.json': [osv('T-1'), osv('T-1', undefined, 'wget')], 'b.json': [osv('T-1', undefined, 'git')] })
    await update()
    expect(held()).toEqual(['T-1 curl,wget,git'])
    publish({ 'a.json': [osv('T-1')] })
    expect(await update()).toMatchObject({ outcome: 'changed' })
    expect(held()).toEqual(['T-1 curl'])
  })

  it('is not believed when it loses more than a tenth, unless it is forced', async () => {
    const many = Array.from({ length: 20 }, (_, index) => osv(`T-${index}`))
    publish({ 'a.json': many })
    await update()
    publish({ 'a.json': many.slice(0, 10) })
    const shrunk = await update()
    expect(shrunk).toMatchObject({ outcome: 'kept' })
    expect(shrunk.warnings.join()).toContain('has lost 10 of its 20 records')
    expect(held()).toHaveLength(20)
    expect(await update({ force: true })).toMatchObject({ outcome: 'changed', removed: 10 })
    publish({ 'a.json': [] })
    expect((await update({ force: true })).warnings.join()).toContain('says nothing any more')
  })

  it('adds increments to what it has', async () => {
    publish({ 'page-1.json': [osv('T-1'), osv('T-2')] }, { 'page-1.json': { kind: 'increment' } })
    await update()
    publish({ 'page-2.json': [osv('T-2', '2026-02-01T00:00:00Z', 'wget')] }, { 'page-2.json': { kind: 'increment' } })
    expect(await update()).toMatchObject({ outcome: 'changed', changed: 1, removed: 0 })
    expect(held()).toEqual(['T-1 curl', 'T-2 wget'])
  })

  it('reads every file of an archive as a document, and takes back what is gone', async () => {
    const tar = tarball([
      { name: '2026/a.json', body: JSON.stringify([osv('T-1')]) },
      { name: '2026/b.json', body: JSON.stringify([osv('T-2')]) },
      { name: '2026/c.json', body: '<html>' },
    ])
    publish({ 'all.tar.gz': gzipSync(tar) }, { 'all.tar.gz': { kind: 'archive' } })
    expect(await update()).toMatchObject({ outcome: 'taken', state: { records: 2, skipped: 1 } })
    files['index.json'] = JSON.stringify([
      document('all.tar.gz', { kind: 'archive' }),
      document('2026/b.json', { kind: 'gone' }),
    ])
    expect(await update({ force: true })).toMatchObject({ removed: 1 })
    expect(held()).toEqual(['T-1 curl'])
    files['all.tar.gz'] = gzipSync(tar.subarray(0, 1_300))
    expect(await update()).toMatchObject({ outcome: 'kept' })
    expect(held()).toEqual(['T-1 curl'])
  })

  it.each(['../../etc/passwd', '/etc/passwd', 'https://elsewhere.example/x', 'a\\b', 'a/%2e%2e/b', '', 'a b'])(
    'whose index names %j is refused',
    async (path) => {
      expect(isDocumentPath(path)).toBe(false)
      files['index.json'] = JSON.stringify([document(path)])
      const report = await update()
      expect(report).toMatchObject({ outcome: 'missing' })
      expect(report.warnings.join()).toContain('no path below its address')
      expect(requests.map((one) => one.path)).toEqual(['index.json'])
    },
  )

  it('is read from a folder as from a server, also with a date in the future', async () => {
    const mirror = join(folder, 'mirror')
    await mkdir(mirror)
    await writeFile(
      join(mirror, 'index.json'),
      JSON.stringify([document('a.json'), document('none', { optional: true })]),
    )
    await writeFile(join(mirror, 'a.json'), JSON.stringify([osv('T-1'), osv('T-2', '2999-01-01T00:00:00Z')]))
    const report = await update({ mirror: { main: mirror } })
    expect(report).toMatchObject({
      outcome: 'taken',
      state: { origin: mirror, newestRecordAt: '2026-01-01T00:00:00Z' },
    })
    expect(await update({ mirror: { main: mirror } })).toMatchObject({ outcome: 'unchanged' })
  })

  it('leaves what was there when it is interrupted', async () => {
    publish({ 'a.json': [osv('T-1')] })
    await update()
    const stop = new AbortController()
    publish({ 'a.json': [osv('T-1'), osv('T-2')] })
    await expect(update({ signal: stop.signal, progress: () => stop.abort() })).rejects.toThrow()
    expect(held()).toEqual(['T-1 curl'])
  })
})
