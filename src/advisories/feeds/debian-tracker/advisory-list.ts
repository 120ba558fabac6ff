import { Failure } from '../../../lib/failure.ts'
import { isRecordId } from '../../ecosystems.ts'
import type { OsvAffected } from '../../types.ts'
import { documentText } from '../document-text.ts'
import { statedAffected } from '../stated-status.ts'
import type { FeedItem, OpenDocument } from '../types.ts'
import { debianEcosystem } from './releases.ts'

const MAX_BYTES = 64 * 1024 ** 2
const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']

interface Entry {
  readonly id: string
  readonly date: string
  readonly summary: string
  readonly cves: string[]
  readonly affected: OsvAffected[]
}

/**
 * The list of Debian's security advisories (https://salsa.debian.org/security-tracker-team/security-tracker/-/blob/master/data/DSA/list):
 *
 *     [31 Jul 2025] DSA-5970-1 sope - security update
 *             {CVE-2025-53603}
 *             [bookworm] - sope 5.8.0-1+deb12u1
 */
export async function* readAdvisoryList(document: OpenDocument): AsyncGenerator<FeedItem> {
  const { input } = document
  let entry: Entry | undefined
  let entries = 0
  const text = await documentText(document, MAX_BYTES)
  // Half a line would be half a version.
  if (!text.endsWith('\n')) throw new Failure('feed-form', `${input} is cut short`, { input })
  for (const line of text.split('\n')) {
    if (line.length > 20_000)
      throw new Failure('feed-form', `${input} has a line of ${line.length} characters`, { input })
    if (line.startsWith('[')) {
      if (entry !== undefined) yield recordOf(entry)
      entry = headOf(line)
      entries++
      if (entry === undefined) yield { wrong: line.slice(0, 100), reason: 'no date and number of an advisory' }
    } else if (entry !== undefined) takeLine(entry, line.trim())
  }
  if (entry !== undefined) yield recordOf(entry)
  if (entries === 0) throw new Failure('feed-form', `${input} is no list of advisories`, { input })
}

function headOf(line: string): Entry | undefined {
  const parts = /^\[(\d{1,2}) ([A-Za-z]{3}) (\d{4})\] (D[LST]+A-[\d-]+)\s?(.*)$/.exec(line)
  const month = MONTHS.indexOf(parts?.[2].toLowerCase() ?? '') + 1
  if (parts === null || month === 0) return undefined
  const date = `${parts[3]}-${String(month).padStart(2, '0')}-${parts[1].padStart(2, '0')}T00:00:00Z`
  if (Number.isNaN(Date.parse(date)) || !isRecordId(parts[4])) return undefined
  return { id: parts[4], date, summary: parts[5].trim(), cves: [], affected: [] }
}

function takeLine(entry: Entry, line: string): void {
  if (line.startsWith('{')) {
    entry.cves.push(
      ...line
        .slice(1)
        .replace('}', '')
        .split(/\s+/)
        .filter((name) => name !== '' && isRecordId(name)),
    )
    return
  }
  const [, codeName, name, fixed] = /^\[([a-z]+)\] - (\S+) (\S+)/.exec(line) ?? []
  const ecosystem = debianEcosystem(codeName ?? '')
  if (ecosystem === undefined || name === undefined || fixed.startsWith('<')) return
  entry.affected.push(statedAffected({ ecosystem, name, status: 'fixed', fixed, fixedOn: entry.date.slice(0, 10) }))
}

function recordOf({ id, date, summary, cves, affected }: Entry): FeedItem {
  return {
    record: {
      id,
      modified: date,
      published: date,
      aliases: [],
      upstream: cves,
      related: [],
      summary,
      severity: [],
      affected,
      references: [{ type: 'ADVISORY', url: `https://security-tracker.debian.org/tracker/${id}` }],
    },
  }
}
