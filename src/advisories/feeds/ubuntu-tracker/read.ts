import { Failure } from '../../../lib/failure.ts'
import { documentText } from '../document-text.ts'
import type { FeedItem, FeedReader } from '../types.ts'
import { type TrackedIssue, type TrackedPatch, trackedRecord } from './issue.ts'

const MAX_BYTES = 4 * 1024 ** 2
const MAX_LINES = 100_000

/**
 * The files of Ubuntu's CVE tracker (https://git.launchpad.net/ubuntu-cve-tracker/tree/README): `active/CVE-2026-0001` and `retired/…`, headers
 * with continued lines, then `RELEASE_PACKAGE: STATUS (NOTE)`.
 */
export const ubuntuTrackerReader: FeedReader = {
  documents: async () => [{ path: 'ubuntu-cve-tracker-master.tar.gz', maxBytes: 16 * 1024 ** 3, kind: 'archive' }],
  async *read(document): AsyncGenerator<FeedItem> {
    const name = /(?:^|\/)(?:active|retired)\/(CVE-\d{4}-\d{4,12})$/.exec(document.path)?.[1]
    // The repository holds much else: scripts, templates, weaknesses that nobody has looked at.
    if (name === undefined) return
    const issue = issueOf(await documentText(document, MAX_BYTES), name, document.input)
    const record = trackedRecord(issue, document.at)
    if (record !== undefined) yield { record }
  },
}

function issueOf(text: string, name: string, input: string): TrackedIssue {
  const lines = text.split('\n')
  if (lines.length > MAX_LINES) throw new Failure('feed-form', `${input} has more than ${MAX_LINES} lines`, { input })
  const headers = new Map<string, string>()
  const patches: TrackedPatch[] = []
  let last = ''
  for (const line of lines) {
    if (/^\s/.test(line)) {
      if (last !== '') headers.set(last, `${headers.get(last)}\n${line.trim()}`)
      continue
    }
    const colon = line.indexOf(':')
    if (colon <= 0 || line.startsWith('#')) continue
    const [key, value] = [line.slice(0, colon), line.slice(colon + 1).trim()]
    const patch = patchOf(key, value)
    if (patch !== undefined) patches.push(patch)
    last = patch === undefined ? key : ''
    if (patch === undefined) headers.set(key, value)
  }
  if (headers.get('Candidate') !== name) throw new Failure('feed-form', `${input} is not about ${name}`, { input })
  const priority = headers.get('Priority')?.split('\n', 1)[0]
  const date = Date.parse(headers.get('PublicDate') ?? '')
  const description = headers.get('Description')?.trim()
  return {
    name,
    ...(priority === undefined ? {} : { priority }),
    ...(Number.isNaN(date) ? {} : { published: new Date(date).toISOString() }),
    ...(description ? { description } : {}),
    references: (headers.get('References') ?? '').split('\n').filter((one) => /^https?:\/\//.test(one)),
    patches,
  }
}

/** `jammy_curl: released (7.81.0-1ubuntu1.10)`, `esm-infra/xenial_curl: needed`. */
function patchOf(key: string, value: string): TrackedPatch | undefined {
  const under = key.indexOf('_')
  const distribution = key.slice(0, under)
  if (under <= 0 || !/^[a-z][a-z0-9./-]*$/.test(distribution)) return undefined
  const [, status, note] = /^([A-Za-z-]+)(?:\s+\((.*)\))?/.exec(value) ?? []
  if (status === undefined) return undefined
  return {
    distro: distribution,
    package: key.slice(under + 1),
    status,
    ...(note === undefined ? {} : { version: note }),
  }
}
