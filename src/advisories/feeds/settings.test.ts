import { describe, expect, it } from 'vitest'
import { chooseFeeds, feedAccess, NO_FEED_SETTINGS, parseFeedSettings } from './settings.ts'
import type { Feed } from './types.ts'

const feed = (id: string, ecosystem: string, more: Partial<Feed> = {}): Feed => ({
  id,
  title: id,
  publisher: id,
  licence: 'CC0-1.0',
  documentation: 'https://example.org/',
  ecosystems: [ecosystem],
  addresses: { main: `https://${id}.example.org`, index: `https://index.example.org/${id}` },
  load: async () => ({ documents: async () => [], read: async function* () {} }),
  ...more,
})
const FEEDS = [feed('alas', 'Amazon Linux'), feed('tracker', 'Debian'), feed('nvd', 'CPE', { optIn: 'large' })]
const choose = (more: Partial<Parameters<typeof chooseFeeds>[1]>) =>
  chooseFeeds(FEEDS, {
    settings: NO_FEED_SETTINGS,
    wanted: new Set(['Amazon Linux', 'Debian', 'CPE']),
    published: new Set(['Debian']),
    open: true,
    ...more,
  }).map((one) => one.id)

describe('which feeds are fetched', () => {
  it('those that alone speak about what is wanted, those that are named, never those that must be asked for', () => {
    expect(choose({})).toEqual(['alas'])
    expect(choose({ open: false })).toEqual([])
    expect(choose({ asked: ['all'] })).toEqual(['alas', 'tracker'])
    expect(choose({ asked: ['nvd'] })).toEqual(['nvd'])
    expect(choose({ asked: ['none', 'nvd'] })).toEqual([])
    expect(() => choose({ asked: ['nonsense'] })).toThrow('no feed "nonsense"')
    const settings = parseFeedSettings('feeds: { tracker: true, alas: false, nvd: { from: /srv/nvd } }', 'f', FEEDS)
    expect(choose({ settings })).toEqual(['tracker', 'nvd'])
  })
})

describe('the file of feeds', () => {
  it('names mirrors of all or of one, by address, and keys', () => {
    const text = `
mirror: https://mirror.example.com/feeds/
feeds:
  alas: { from: { index: /srv/index } }
  nvd: { fetch: true, key: { variable: NVD_API_KEY, header: apiKey } }
`
    const settings = parseFeedSettings(text, 'feeds.yaml', FEEDS)
    expect(feedAccess(FEEDS[0], settings, {})).toEqual({
      mirror: { main: 'https://mirror.example.com/feeds/alas/main', index: '/srv/index' },
      headers: {},
    })
    expect(feedAccess(FEEDS[2], settings, { NVD_API_KEY: 'k' }).headers).toEqual({ apiKey: 'k' })
    expect(feedAccess(FEEDS[2], settings, {}).headers).toEqual({})
    expect(parseFeedSettings('', 'feeds.yaml', FEEDS).feeds.size).toBe(0)
  })

  it.each([
    ['feeds: { nonsense: true }', 'no feed "nonsense"'],
    ['feeds: { alas: { from: { other: x } } }', 'no address "other"'],
    ['feeds: { alas: { form: x } }', 'feeds.alas'],
    ['- a', 'the file'],
    ['a: [', 'feeds.yaml'],
    ['feeds: { nvd: { key: { variable: "a b", header: x } } }', 'feeds.nvd'],
  ])('is refused for %j', (text, why) => {
    expect(() => parseFeedSettings(text, 'feeds.yaml', FEEDS)).toThrow(why)
  })
})
