import type { FileBytes, PlacedRow, ReadResult } from '../../reading/index.ts'
import { asObject, member, parseJsonObject, textMember } from '../json-document.ts'
import { libraryComponent } from '../library-component.ts'
import { packageUrl } from '../package-url.ts'
import { refuseIdentity, shownText } from '../recorded-text.ts'
import type { AssembleContext, Assembled } from '../types.ts'

/** An installed extension. */
export interface ChromeExtension {
  /** Thirty-two letters from a to p: the folder that it lies in. */
  readonly id: string
  readonly version: string
  readonly author?: string
}

/** `Extensions/ID/VERSION_0/manifest.json`: Chrome's own folders, which say what the manifest does not: the id. */
const PLACE = /(?:^|\/)Extensions\/([a-z0-9]{32})\/[^/]+\/manifest\.json$/

/**
 * The extension that a manifest (https://developer.chrome.com/docs/extensions/reference/manifest) lies in the folder of; a
 * `manifest.json` that lies deeper is something else.
 */
export function readChromeManifest(file: FileBytes): ReadResult<ChromeExtension> {
  const id = PLACE.exec(file.path)?.[1]
  if (id === undefined) return { facts: [], diagnostics: [] }
  const parsed = parseJsonObject(file.bytes)
  if ('problem' in parsed) return refused(file.path, parsed.problem)
  const version = textMember(parsed.object, 'version') ?? ''
  const problem = refuseIdentity(id, version)
  if (problem !== undefined) return refused(file.path, `it ${problem}`)
  const stated = member(parsed.object, 'author')
  const author = typeof stated === 'string' ? stated : textMember(asObject(stated) ?? {}, 'email')
  return { facts: [{ id, version, ...(author && { author: author.slice(0, 500) }) }], diagnostics: [] }
}

function refused(path: string, problem: string): ReadResult<ChromeExtension> {
  const message = `the manifest of an extension of Chrome could not be read: ${problem}`
  return { facts: [], diagnostics: [{ code: 'chrome-manifest-unreadable', message, path, effect: 'partial' }] }
}

/** One component for each version that lies in a profile; named by its id, as no two extensions have the same. */
export function assembleChromeExtensions(
  rows: readonly PlacedRow<ChromeExtension>[],
  context: AssembleContext,
): Assembled {
  const components = rows.flatMap((row) =>
    (row.wins ? row.facts : []).map(({ id, version, author }) =>
      libraryComponent(
        {
          purl: packageUrl({ type: 'chrome-extension', name: id, version }),
          name: id,
          version,
          ecosystem: 'chrome-extension',
          presence: 'installed',
          direct: true,
          scope: 'runtime',
          ...(author && { supplier: shownText(author) }),
        },
        row,
        context,
      ),
    ),
  )
  return { components, relations: [], diagnostics: [] }
}
