import { Failure } from '../../../lib/failure.ts'
import { isRecordId } from '../../ecosystems.ts'
import { statedAffected } from '../stated-status.ts'
import type { FeedDocument, FeedIo, FeedItem, FeedReader } from '../types.ts'
import { readUpdates, type Update } from '../updateinfo/read.ts'
import { childOf, xmlElements } from '../xml-elements.ts'

const MAX_INDEX = 4 * 1024 ** 2
const MAX_BYTES = 2 * 1024 ** 3

/** Lists that say where a repository is now; its first address is Amazon's own (https://docs.aws.amazon.com/linux/al2023/ug/repository-list.html). */
const LISTS = ['2/core/latest/x86_64/mirror.list', 'al2023/core/mirrors/latest/x86_64/mirror.list']
const HOST = /^https?:\/\/[^/\s]+\/(\S*)$/

/** `updateinfo.xml` of the repositories of Amazon Linux 2 and 2023: advisories with every package that they replace. */
export const amazonReader: FeedReader = {
  documents: (io) => Promise.all(LISTS.map((list) => documentOf(io, list))),
  async *read(document): AsyncGenerator<FeedItem> {
    const release = /^(?:al)?(\d{1,4})\//.exec(document.path)?.[1]
    if (release === undefined)
      throw new Failure('feed-form', `${document.input} does not say which release it is about`, {
        input: document.input,
      })
    let updates = 0
    for await (const update of readUpdates(document)) {
      updates++
      const cves = update.references.flatMap(({ type, id }) => (type === 'cve' && isRecordId(id) ? [id] : []))
      if (!isRecordId(update.id) || update.packages.length === 0)
        yield { wrong: update.id || `update ${updates}`, reason: 'no ID, or no packages' }
      else if (cves.length > 0) yield { record: recordOf(update, cves, `Amazon Linux:${release}`, document.at) }
    }
    if (updates === 0) throw new Failure('feed-form', `${document.input} holds no updates`, { input: document.input })
  },
}

async function documentOf(io: FeedIo, list: string): Promise<FeedDocument> {
  const wrong = (what: string) => new Failure('feed-index', `${list} ${what}`, { input: list })
  const [first = ''] = new TextDecoder()
    .decode(await io.bytes(list, MAX_INDEX))
    .trim()
    .split('\n')
  const base = HOST.exec(first.trim())?.[1]?.replace(/\/*$/, '/')
  if (base === undefined) throw wrong('names no repository')
  const index = await io.bytes(`${base}repodata/repomd.xml`, MAX_INDEX)
  if (index === undefined) throw wrong('names a repository that is not there')
  const chunks = (async function* () {
    yield index
  })()
  for await (const data of xmlElements(chunks, `${base}repodata/repomd.xml`, {
    root: ['repomd'],
    wanted: new Set(['data']),
  })) {
    const path = childOf(data, 'location')?.attributes.get('href')
    if (data.attributes.get('type') !== 'updateinfo' || path === undefined) continue
    const marker = childOf(data, 'checksum')?.text
    // Each repository has a folder of its own for every state: held under a name that stays.
    return { path: `${base}${path}`, maxBytes: MAX_BYTES, ...(marker === undefined ? {} : { marker }) }
  }
  throw wrong('leads to a repository without updates')
}

function recordOf(update: Update, cves: readonly string[], ecosystem: string, at: string) {
  const { id, issued, updated, severity, title, description, references } = update
  const builds = new Map(update.packages.map((one) => [`${one.name} ${one.evr}`, one]))
  return {
    id,
    modified: updated ?? issued ?? at,
    ...(issued === undefined ? {} : { published: issued }),
    aliases: [],
    upstream: cves,
    related: [],
    summary: title,
    details: description,
    severity: severity === '' ? [] : [{ type: 'Amazon', score: severity }],
    affected: [...builds.values()].map(({ name, evr }) =>
      statedAffected({ ecosystem, name, status: 'fixed', fixed: evr }),
    ),
    references: references.flatMap(({ url }) => (/^https?:\/\//.test(url) ? [{ type: 'ADVISORY', url }] : [])),
  }
}
