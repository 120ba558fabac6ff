import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ecosystemFiles, osvRecord } from '../../test/mirror-server.ts'
import { outcomeOf, updateScene } from '../../test/support/update-scene.ts'
import { Failure } from '../lib/failure.ts'
import { jsonMembers } from './feeds/json-members.ts'
import { parseFeedSettings } from './feeds/settings.ts'
import type { Feed, FeedItem } from './feeds/types.ts'
import { packAdvisories } from './pack.ts'
import type { OsvRecord } from './types.ts'

const scene = updateScene()

const feed = (id: string, ecosystems: readonly string[]): Feed => ({
  id,
  title: `Feed of ${id}`,
  publisher: id,
  licence: 'CC0-1.0',
  documentation: 'https://example.org/',
  ecosystems,
  addresses: { main: 'https://example.org/' },
  load: async () => ({
    documents: async () => [{ path: 'all.json', maxBytes: 1_000_000 }],
    async *read({ chunks, input }): AsyncGenerator<FeedItem> {
      for await (const { value } of jsonMembers(chunks, input)) yield { record: value as OsvRecord }
    },
  }),
})

const KNOWN = [feed('tracker', ['Debian']), feed('alas', ['Amazon Linux'])]

const about = (id: string, ecosystem: string, fixed: string | undefined, more: Partial<OsvRecord> = {}) =>
  osvRecord(id, {
    affected: [
      {
        package: { ecosystem, name: 'openssl' },
        ranges: [{ type: 'ECOSYSTEM', events: [{ introduced: '0' }, ...(fixed === undefined ? [] : [{ fixed }])] }],
      },
    ],
    ...more,
  })

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bulwark-feeds-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const publish = async (id: string, records: unknown) => {
  await mkdir(join(folder, id, 'main'), { recursive: true })
  await writeFile(join(folder, id, 'main', 'all.json'), typeof records === 'string' ? records : JSON.stringify(records))
}
const settings = () => parseFeedSettings(JSON.stringify({ mirror: folder }), 'feeds', KNOWN)
const update = (asked?: readonly string[], more = {}) =>
  scene.update({ feeds: { known: KNOWN, settings: settings(), ...(asked && { asked }) }, ...more })
const fixes = (name = 'Debian') =>
  scene.look((database) =>
    database.affected(name, 'openssl').map((one) => `${one.recordId} ${JSON.stringify(one.ranges[0].events.at(-1))}`),
  )

describe('feeds in the database', () => {
  it("file an ecosystem that the bucket lacks, and decide over the bucket's record of the same ID", async () => {
    await publish('tracker', [
      about('DEBIAN-CVE-2026-0001', 'Debian:12', '3.0.2-1'),
      about('DEBIAN-CVE-2026-0002', 'Debian:12', undefined),
    ])
    await publish('alas', [about('ALAS-2026-1', 'Amazon Linux:2023', '3.0.8')])
    const report = await update(['all'])
    expect(report.feeds.map((one) => [one.feed, one.outcome])).toEqual([
      ['alas', 'taken'],
      ['tracker', 'taken'],
    ])
    expect(outcomeOf(report, 'Amazon Linux')).toMatchObject({ outcome: 'taken', records: 1 })
    expect(fixes()).toEqual(['DEBIAN-CVE-2026-0001 {"fixed":"3.0.2-1"}', 'DEBIAN-CVE-2026-0002 {"introduced":"0"}'])
    expect(fixes('Amazon Linux')).toEqual(['ALAS-2026-1 {"fixed":"3.0.8"}'])
    scene.look((database) => {
      expect(database.origin('DEBIAN-CVE-2026-0001')?.source).toBe('tracker')
      expect(database.origin('NPM-1000')?.source).toBe('osv')
      expect(database.status().feeds?.map((one) => [one.id, one.records, one.licence])).toEqual([
        ['tracker', 2, 'CC0-1.0'],
        ['alas', 1, 'CC0-1.0'],
      ])
    })
  })

  it('stay when they break, change alone, and go when they are turned off', async () => {
    await publish('tracker', [about('DEBIAN-CVE-2026-0001', 'Debian:12', '3.0.2-1')])
    await update(['tracker'])
    await publish('tracker', '<html>')
    const broken = await update(['tracker'])
    expect(broken.complete).toBe(false)
    expect(broken.warnings.join()).toContain('Feed of tracker')
    expect(fixes()).toEqual(['DEBIAN-CVE-2026-0001 {"fixed":"3.0.2-1"}'])
    await publish('tracker', [about('DEBIAN-CVE-2026-0001', 'Debian:12', '3.0.3-1')])
    expect(outcomeOf(await update(['tracker']), 'Debian')).toMatchObject({ outcome: 'changed' })
    expect(fixes()).toEqual(['DEBIAN-CVE-2026-0001 {"fixed":"3.0.3-1"}'])
    // An update that asks no feed leaves what they said.
    await scene.update({ feeds: { known: KNOWN } })
    expect(fixes()).toEqual(['DEBIAN-CVE-2026-0001 {"fixed":"3.0.3-1"}'])
    const off = parseFeedSettings('feeds: { tracker: false }', 'feeds', KNOWN)
    await scene.update({ feeds: { known: KNOWN, settings: off } })
    expect(fixes()).toEqual(['DEBIAN-CVE-2026-0001 {"fixed":"3.0.1-1"}'])
  })

  it("leave OSV's counting of its own records alone", async () => {
    await publish(
      'tracker',
      Array.from({ length: 50 }, (_, index) => about(`DEBIAN-CVE-2026-1${index}00`, 'Debian:12', '1')),
    )
    await update(['tracker'])
    const again = await update(['tracker'])
    expect(outcomeOf(again, 'Debian')).toMatchObject({ outcome: 'unchanged', records: 51 })
    ecosystemFiles(scene.server.files, 'Debian', [
      about('DEBIAN-CVE-2026-0001', 'Debian:12', '3.0.9-1', { modified: '2026-02-01T00:00:00Z' }),
    ])
    expect(outcomeOf(await update(['tracker']), 'Debian')).toMatchObject({
      outcome: 'changed',
      records: 51,
      changed: 1,
    })
    expect(fixes()).toContain('DEBIAN-CVE-2026-0001 {"fixed":"3.0.9-1"}')
  })

  it('are fetched unnamed for what scans have met and nobody else publishes', async () => {
    await publish('alas', [about('ALAS-2026-1', 'Amazon Linux:2023', '3.0.8')])
    const report = await update(undefined, { ecosystems: ['amazon linux:2023'] })
    expect(report.feeds.map((one) => one.feed)).toEqual(['alas'])
    expect(fixes('Amazon Linux')).toHaveLength(1)
  })

  it('travel in a packed database', async () => {
    await publish('alas', [about('ALAS-2026-1', 'Amazon Linux:2023', '3.0.8')])
    await update(['alas'])
    const file = join(folder, 'packed')
    packAdvisories(scene.cacheDir, file)
    await rm(join(scene.cacheDir, 'advisories'), { recursive: true })
    await scene.update({ from: file })
    expect(fixes('Amazon Linux')).toEqual(['ALAS-2026-1 {"fixed":"3.0.8"}'])
    await scene.update({ ecosystems: ['npm'] })
    expect(fixes('Amazon Linux')).toEqual(['ALAS-2026-1 {"fixed":"3.0.8"}'])
  })

  it('are refused by a name that there is not', async () => {
    await expect(update(['nonsense'])).rejects.toThrow(Failure)
  })
})
