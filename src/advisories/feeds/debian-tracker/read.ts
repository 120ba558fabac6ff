import { Failure } from '../../../lib/failure.ts'
import type { FeedItem, FeedReader, OpenDocument } from '../types.ts'
import { readAdvisoryList } from './advisory-list.ts'
import { readTracker } from './tracker.ts'

const MAX_BYTES = 2 * 1024 ** 3

/** The tracker's whole state as JSON, and the lists of security advisories, which say when a fix could be had. */
export const debianReader: FeedReader = {
  documents: async () => [
    { path: 'json', maxBytes: MAX_BYTES },
    { path: 'DSA/list', from: 'lists', maxBytes: MAX_BYTES, optional: true },
    { path: 'DLA/list', from: 'lists', maxBytes: MAX_BYTES, optional: true },
  ],
  read(document: OpenDocument): AsyncIterable<FeedItem> {
    const [kind] = /D[LS]A(?=\/list$|$)/.exec(document.path) ?? []
    if (kind !== undefined) return readAdvisoryList(document)
    if (!/json$/.test(document.path))
      throw new Failure('feed-form', `${document.input} is no document of the tracker`, { input: document.input })
    return readTracker(document)
  },
}
