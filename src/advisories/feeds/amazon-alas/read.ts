import { Failure } from '../../../lib/failure.ts'
import { isRecordId } from '../../ecosystems.ts'
import type { OsvAffected } from '../../types.ts'
import { documentText } from '../document-text.ts'
import { statedAffected } from '../stated-status.ts'
import type { FeedDocument, FeedIo, FeedItem, FeedReader } from '../types.ts'
import { childOf, xmlElements } from '../xml-elements.ts'

const MAX_INDEX = 64 * 1024 ** 2
const MAX_PAGE = 16 * 1024 ** 2

/** The lists of bulletins by release: RSS, with a page for each (https://alas.aws.amazon.com). */
const LISTS: readonly { readonly path: string; readonly folder: string }[] = [
  { path: 'alas.rss', folder: '' },
  { path: 'AL2/alas.rss', folder: 'AL2/' },
  { path: 'AL2023/alas.rss', folder: 'AL2023/' },
]
const RELEASES: ReadonlyMap<string, { readonly release: string; readonly prefix: string }> = new Map([
  ['', { release: '1', prefix: 'ALAS' }],
  ['AL2', { release: '2', prefix: 'ALAS2' }],
  ['AL2022', { release: '2022', prefix: 'ALAS2022' }],
  ['AL2023', { release: '2023', prefix: 'ALAS2023' }],
])
/** A line of the packages: name, version, release and architecture. */
const BUILD = /^([\w.+-]+)-([^-\s]+)-([^-\s]+)\.(?:x86_64|aarch64|i[3-6]86|noarch|src)$/

/** Bulletins of Amazon Linux, from their pages: what is new, with the packages that replace the old. */
export const alasReader: FeedReader = {
  async documents(io): Promise<readonly FeedDocument[]> {
    const lists = await Promise.all(LISTS.map((list) => bulletinsOf(io, list)))
    return lists.flat()
  },
  async *read(document): AsyncGenerator<FeedItem> {
    const { path, input, at } = document
    const [, folder = '', name] = /^(?:(AL\d+)\/)?(ALAS[\w-]*-\d{4}-\d+)\.html$/.exec(path) ?? []
    const release = RELEASES.get(folder)
    if (name === undefined || release === undefined)
      throw new Failure('feed-form', `${input} is no bulletin`, { input })
    const page = await documentText(document, MAX_PAGE)
    const affected = packagesOf(sectionOf(page, 'new_packages'), `Amazon Linux:${release.release}`)
    const cves = [...new Set(sectionOf(page, 'references').match(/CVE-\d{4}-\d{4,12}/g) ?? [])].sort()
    if (affected.length === 0 || !page.includes('</html>'))
      throw new Failure('feed-form', `${input} names no packages, or is cut short`, { input })
    const [issued, updated] = [dateOf(page, 'Advisory Release Date'), dateOf(page, 'Advisory Updated Date')]
    const severity = textOf(sectionOf(page, 'severity'))
      .replace(/^Severity:\s*/, '')
      .trim()
    const id = name.replace(/^ALAS\d*-?/, `${release.prefix}-`)
    if (!isRecordId(id)) throw new Failure('feed-form', `${input} has no number`, { input })
    yield {
      record: {
        id,
        modified: updated ?? issued ?? at,
        ...(issued === undefined ? {} : { published: issued }),
        aliases: [],
        upstream: cves,
        related: [],
        details: textOf(sectionOf(page, 'issue_overview')).replace(/^Issue Overview:\s*/, ''),
        severity: /^[A-Za-z]{3,20}$/.test(severity) ? [{ type: 'Amazon', score: severity }] : [],
        affected,
        references: [{ type: 'ADVISORY', url: `https://alas.aws.amazon.com/${path}` }],
      },
    }
  },
}

async function bulletinsOf(io: FeedIo, { path, folder }: (typeof LISTS)[number]): Promise<readonly FeedDocument[]> {
  const bytes = await io.bytes(path, MAX_INDEX)
  if (bytes === undefined) return []
  const chunks = (async function* () {
    yield bytes
  })()
  const documents: FeedDocument[] = []
  for await (const item of xmlElements(chunks, path, { root: ['rss'], wanted: new Set(['item']) })) {
    const page = (childOf(item, 'link')?.text ?? '').split('/').at(-1) ?? ''
    const marker = childOf(item, 'lastBuildDate')?.text ?? childOf(item, 'pubDate')?.text
    if (!/^ALAS[\w-]*\.html$/.test(page))
      throw new Failure('feed-index', `${path} lists ${page.slice(0, 100)}, which is no bulletin`, { input: path })
    documents.push({ path: `${folder}${page}`, maxBytes: MAX_PAGE, ...(marker === undefined ? {} : { marker }) })
  }
  return documents
}

/** What stands in the element of this ID, up to the next element with one. */
function sectionOf(page: string, id: string): string {
  const start = page.search(new RegExp(`<div id=['"]${id}['"]`))
  if (start < 0) return ''
  const rest = page.slice(start + 8)
  const end = rest.search(/<(?:div|h\d|hr)[ >]/)
  return end < 0 ? rest : rest.slice(0, end)
}

function textOf(html: string): string {
  return html
    .replaceAll(/<br\s*\/?>/g, '\n')
    .replaceAll(/<[^<>]{0,2000}>/g, ' ')
    .replace(/^[^<>]*>/, '')
    .replaceAll('&nbsp;', ' ')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&amp;', '&')
    .trim()
}

function packagesOf(section: string, ecosystem: string): readonly OsvAffected[] {
  const builds = new Map<string, OsvAffected>()
  for (const line of textOf(section).split('\n')) {
    const [, name, version, release] = BUILD.exec(line.trim().slice(0, 500)) ?? []
    if (name === undefined) continue
    const fixed = `${version}-${release}`
    builds.set(`${name} ${fixed}`, statedAffected({ ecosystem, name, status: 'fixed', fixed }))
  }
  return [...builds.values()]
}

/** `2023-03-07 00:29 Pacific`: the day counts. */
function dateOf(page: string, label: string): string | undefined {
  const day = new RegExp(`${label}:</b>\\s*(\\d{4}-\\d\\d-\\d\\d)`).exec(page)?.[1]
  return day === undefined || Number.isNaN(Date.parse(day)) ? undefined : `${day}T00:00:00Z`
}
