import { isRecordId } from '../../ecosystems.ts'
import type { OsvRecord } from '../../types.ts'
import { type OvalDefinition, type OvalTest, readOval } from '../oval/read.ts'
import { type StatedPackage, statedAffected } from '../stated-status.ts'
import type { FeedItem, FeedReader } from '../types.ts'
import { childOf } from '../xml-elements.ts'

/** Oracle Linux's definitions of all advisories (https://linux.oracle.com/security/oval/com.oracle.elsa-all.xml.bz2). */
export const oracleReader: FeedReader = {
  documents: async () => [{ path: 'com.oracle.elsa-all.xml.bz2', maxBytes: 8 * 1024 ** 3 }],
  async *read(document): AsyncGenerator<FeedItem> {
    for (const definition of await readOval(document)) {
      if ('wrong' in definition) {
        yield definition
        continue
      }
      const record = recordOf(definition, document.at)
      if (record === undefined) yield { wrong: definition.id, reason: 'names no advisory, no release or no fix' }
      else yield { record }
    }
  },
}

function recordOf(definition: OvalDefinition, at: string): OsvRecord | undefined {
  const own = definition.references.find(({ source }) => source.toLowerCase() === 'elsa')
  const affected = packagesOf(definition)
  if (own === undefined || !isRecordId(own.id) || affected.length === 0) return undefined
  const advisory = childOf(definition.metadata, 'advisory')
  const severity = advisory === undefined ? undefined : childOf(advisory, 'severity')?.text
  const issued = advisory === undefined ? undefined : childOf(advisory, 'issued')?.attributes.get('date')
  const published =
    issued !== undefined && !Number.isNaN(Date.parse(issued)) ? new Date(issued).toISOString() : undefined
  return {
    id: own.id,
    modified: published ?? at,
    ...(published === undefined ? {} : { published }),
    aliases: [],
    upstream: definition.references.flatMap(({ source, id }) => (source === 'CVE' && isRecordId(id) ? [id] : [])),
    related: [],
    summary: definition.title.replace(/^[A-Z]+-\d{4}-\d+:\s*/, '').replace(/\s*\([A-Z]+\)$/, ''),
    details: definition.description,
    severity: severity === undefined || severity === 'N/A' ? [] : [{ type: 'Oracle', score: severity }],
    affected: affected.map(statedAffected),
    references: [{ type: 'ADVISORY', url: own.url }],
  }
}

/** Each package once for a fix, with the architectures for which it is said; builds for Ksplice are a stream of their own. */
function packagesOf({ ways, platforms }: OvalDefinition): readonly StatedPackage[] {
  const found = new Map<string, StatedPackage & { architectures?: readonly string[] }>()
  for (const way of ways) {
    const fix = fixOf(way)
    const release = releaseOf(way, platforms)
    if (fix === undefined || release === undefined) continue
    const module = moduleOf(way)
    const live = /ksplice/.test(fix.fixed) || way.some((test) => /ksplice/.test(test.release?.value ?? test.comment))
    const ecosystem = `Oracle Linux:${release}${live ? ':ksplice' : ''}`
    const key = [ecosystem, fix.name, fix.fixed, module].join(' ')
    const architectures = [...new Set([...(found.get(key)?.architectures ?? []), ...architecturesOf(way)])]
    found.set(key, {
      ecosystem,
      ...fix,
      status: 'fixed',
      ...(module === undefined ? {} : { module }),
      ...(architectures.length === 0 ? {} : { architectures }),
    })
  }
  return [...found.values()]
}

/** A definition may be about several releases: each way says which it is for, and the platforms where there is one. */
function releaseOf(way: readonly OvalTest[], platforms: readonly string[]): string | undefined {
  for (const { comment } of way) {
    const release = /^Oracle Linux (\d{1,2}) is installed$/.exec(comment)?.[1]
    if (release !== undefined) return release
  }
  const named = new Set(platforms.flatMap((platform) => /Oracle Linux (\d{1,2})\b/.exec(platform)?.[1] ?? []))
  return named.size === 1 ? [...named][0] : undefined
}

/** The package of a way and its fix; from the comment where the document lacks the test, the object or the state. */
function fixOf(way: readonly OvalTest[]): { readonly name: string; readonly fixed: string } | undefined {
  for (const { name, evr, comment } of way) {
    if (name !== undefined && evr?.operation === 'less than') return { name, fixed: evr.value }
    const said = /^(\S+) is earlier than (\S+)$/.exec(comment)
    if (said !== null) return { name: said[1], fixed: said[2] }
  }
  return undefined
}

/** `Module nodejs:12 is enabled`: a test of a file, of which only the comment is read. */
function moduleOf(way: readonly OvalTest[]): string | undefined {
  for (const { comment } of way) {
    const module = /^Module ([\w.+-]+:[\w.+-]+) is enabled$/.exec(comment)?.[1]
    if (module !== undefined) return module
  }
  return undefined
}

function architecturesOf(way: readonly OvalTest[]): readonly string[] {
  return way.flatMap(({ arch, comment }) => {
    const stated = arch?.value ?? /^Oracle Linux arch is (\w+)$/.exec(comment)?.[1] ?? ''
    return stated.split('|').filter((one) => /^\w+$/.test(one))
  })
}
