import { Failure } from '../../../lib/failure.ts'
import type { OsvRecord } from '../../types.ts'
import { type OvalDefinition, type OvalTest, readOval } from '../oval/read.ts'
import { type StatedPackage, statedAffected } from '../stated-status.ts'
import type { FeedDocument, FeedItem, FeedReader } from '../types.ts'
import { childOf } from '../xml-elements.ts'

const MAX_BYTES = 8 * 1024 ** 3
const MAX_INDEX = 16 * 1024 ** 2

/** Servers and Leap, each with what is installed beside it: the desktop and the editions have the same packages. */
const FILE =
  /href="((?:suse\.linux\.enterprise\.(?:server|micro)|opensuse\.leap)\.\d{1,2}(?:\.\d)?(?:-sp\d)?\.xml(?:\.gz)?)"/g
/** Products that a server or Leap is made of, and the servers that are supported longer. */
const PRODUCT = /^(?:SUSE Linux Enterprise (?:Server \d|Module for |Micro )|openSUSE (?:Leap|Tumbleweed))/

/** One definition a weakness (https://ftp.suse.com/pub/projects/security/oval/): which builds of which products mend it, and what is not affected. */
export const suseReader: FeedReader = {
  async documents(io): Promise<readonly FeedDocument[]> {
    const index = new TextDecoder().decode((await io.bytes('', MAX_INDEX)) ?? (await io.bytes('index.html', MAX_INDEX)))
    const names = [...new Set([...index.matchAll(FILE)].map((match) => match[1]))].sort()
    if (names.length === 0)
      throw new Failure('feed-index', 'the list of OVAL files names none', { input: 'index.html' })
    // Packed where there is a packed one.
    const packed = new Set(names.filter((name) => name.endsWith('.gz')))
    return names
      .filter((name) => name.endsWith('.gz') || !packed.has(`${name}.gz`))
      .map((path) => ({ path, maxBytes: MAX_BYTES }))
  },
  async *read(document): AsyncGenerator<FeedItem> {
    for (const definition of await readOval(document)) {
      if ('wrong' in definition) {
        yield definition
        continue
      }
      const name = /^CVE-\d{4}-\d{4,12}$/.exec(definition.title)?.[0]
      const record = name === undefined ? undefined : recordOf(name, definition, document.at)
      if (name === undefined) yield { wrong: definition.id, reason: 'is about no weakness' }
      else if (record !== undefined) yield { record }
    }
  },
}

/** Undefined where the definition is about other products alone. */
function recordOf(name: string, definition: OvalDefinition, at: string): OsvRecord | undefined {
  const affected = packagesOf(definition)
  if (affected.length === 0) return undefined
  const advisory = childOf(definition.metadata, 'advisory')
  const date = (of: string) => {
    const time = Date.parse((advisory && childOf(advisory, of)?.attributes.get('date')) ?? '')
    return Number.isNaN(time) ? undefined : new Date(time).toISOString()
  }
  const [issued, updated] = [date('issued'), date('updated')]
  const severity = (advisory && childOf(advisory, 'severity')?.text) ?? ''
  return {
    id: `SUSE-${name}`,
    modified: updated ?? issued ?? at,
    ...(issued === undefined ? {} : { published: issued }),
    aliases: [],
    upstream: [name],
    related: [],
    details: definition.description,
    severity: severity === '' ? [] : [{ type: 'SUSE', score: severity }],
    affected: affected.map(statedAffected),
    references: [{ type: 'ADVISORY', url: `https://www.suse.com/security/cve/${name}` }],
  }
}

function packagesOf({ ways }: OvalDefinition): readonly StatedPackage[] {
  const found = new Map<string, StatedPackage>()
  for (const way of ways) {
    const ecosystem = productOf(way)
    const stated = ecosystem === undefined ? undefined : statedOf(way, ecosystem)
    if (stated !== undefined) found.set([stated.ecosystem, stated.name, stated.status, stated.fixed].join(' '), stated)
  }
  return [...found.values()]
}

/** `SUSE Linux Enterprise Server 15 SP1-LTSS is installed` gives OSV's `SUSE:Linux Enterprise Server 15 SP1-LTSS`. */
function productOf(way: readonly OvalTest[]): string | undefined {
  for (const { comment } of way) {
    const product = /^(.{1,200}) is installed$/.exec(comment)?.[1]
    if (product === undefined || !PRODUCT.test(product)) continue
    return product.startsWith('openSUSE ')
      ? `openSUSE:${product.slice('openSUSE '.length)}`
      : `SUSE:${product.slice('SUSE '.length)}`
  }
  return undefined
}

/** The package of a way: a build that mends it, or one that is not affected; by the comment where the test is missing. */
function statedOf(way: readonly OvalTest[], ecosystem: string): StatedPackage | undefined {
  for (const { comment, name, evr } of way) {
    const clear = /^(\S+) is not affected$/.exec(comment)?.[1]
    if (clear !== undefined) return { ecosystem, name: clear, status: 'not-affected' }
    if (name !== undefined && evr?.operation === 'less than')
      return { ecosystem, name, status: 'fixed', fixed: evr.value }
    const open = /^(\S+) is affected$/.exec(comment)?.[1]
    if (open !== undefined) return { ecosystem, name: open, status: 'affected' }
    const [, of, fixed] = PRODUCT.test(comment) ? [] : (/^(\S+)-([^-\s]+-[^-\s]+) is installed$/.exec(comment) ?? [])
    if (of !== undefined) return { ecosystem, name: of, status: 'fixed', fixed }
  }
  return undefined
}
