import { Failure } from '../../../lib/failure.ts'
import { isRecordId } from '../../ecosystems.ts'
import type { OsvRecord } from '../../types.ts'
import { type OvalDefinition, readOval } from '../oval/read.ts'
import { type StatedPackage, statedAffected } from '../stated-status.ts'
import type { FeedItem, FeedReader } from '../types.ts'
import { childOf } from '../xml-elements.ts'

const MAX_BYTES = 2 * 1024 ** 3

/** One definition a weakness and source package (https://github.com/microsoft/AzureLinuxVulnerabilityData). */
export const azureReader: FeedReader = {
  documents: async () => [
    { path: 'azurelinux-3.0-oval.xml', maxBytes: MAX_BYTES },
    { path: 'cbl-mariner-2.0-oval.xml', maxBytes: MAX_BYTES },
  ],
  async *read(document): AsyncGenerator<FeedItem> {
    const release = /-(\d{1,2})\.\d{1,2}-oval\.xml$/.exec(document.path)?.[1]
    if (release === undefined)
      throw new Failure('feed-form', `${document.input} does not say which release it is about`, {
        input: document.input,
      })
    for (const definition of await readOval(document)) {
      if ('wrong' in definition) {
        yield definition
        continue
      }
      const record = recordOf(definition, `Azure Linux:${release}`, document.at)
      if (record === undefined) yield { wrong: definition.id, reason: 'names no weakness or no package' }
      else yield { record }
    }
  },
}

function recordOf(definition: OvalDefinition, ecosystem: string, at: string): OsvRecord | undefined {
  const { metadata, references, title, description } = definition
  const number = /:def:(\d{1,12})$/.exec(definition.id)?.[1]
  const cves = references.flatMap(({ source, id }) => (source === 'CVE' && isRecordId(id) ? [id] : []))
  const stated = packageOf(definition, ecosystem)
  if (number === undefined || cves.length === 0 || stated === undefined) return undefined
  const date = Date.parse(childOf(metadata, 'advisory_date')?.text ?? '')
  const time = Number.isNaN(date) ? undefined : new Date(date).toISOString()
  const severity = childOf(metadata, 'severity')?.text ?? ''
  return {
    id: `AZL-${number}`,
    modified: time ?? at,
    ...(time === undefined ? {} : { published: time }),
    aliases: [],
    upstream: cves,
    related: [],
    summary: title,
    details: description,
    severity: severity === '' ? [] : [{ type: 'Microsoft', score: severity }],
    affected: [statedAffected(stated)],
    references: references.map(({ url }) => ({ type: 'ADVISORY', url })),
  }
}

/** The bounds of the one way that a definition has; `Not Applicable`: it was never affected, or is no more. */
function packageOf({ metadata, ways }: OvalDefinition, ecosystem: string): StatedPackage | undefined {
  const tests = ways.flat().filter(({ name, evr }) => name !== undefined && evr !== undefined)
  const name = tests[0]?.name
  if (name === undefined) return undefined
  if (/^not applicable$/i.test(childOf(metadata, 'patchable')?.text ?? ''))
    return { ecosystem, name, status: 'not-affected', reason: 'Not Applicable' }
  const bound = (operation: string) => tests.find(({ evr }) => evr?.operation === operation)?.evr?.value
  const [fixed, last] = [bound('less than'), bound('less than or equal')]
  const [after, from] = [bound('greater than'), bound('greater than or equal')]
  return {
    ecosystem,
    name,
    status: fixed === undefined ? 'affected' : 'fixed',
    ...(fixed === undefined ? {} : { fixed }),
    ...(last === undefined ? {} : { lastAffected: last }),
    ...(from === undefined ? {} : { introduced: from }),
    ...(after === undefined ? {} : { introducedAfter: after }),
  }
}
