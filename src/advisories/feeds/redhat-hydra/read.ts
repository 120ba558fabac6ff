import * as z from 'zod/mini'
import { Failure } from '../../../lib/failure.ts'
import type { VendorStatus } from '../../../model/finding.ts'
import { isRecordId } from '../../ecosystems.ts'
import type { OsvRecord } from '../../types.ts'
import { documentText } from '../document-text.ts'
import { type StatedPackage, statedAffected } from '../stated-status.ts'
import type { FeedDocument, FeedItem, FeedReader } from '../types.ts'

const ROWS = 1_000
const MAX_PAGES = 1_000
const MAX_BYTES = 64 * 1024 ** 2

const listShape = z.array(z.object({ CVE: z.string().check(z.regex(/^CVE-\d{4}-\d{4,12}$/)) }))
const text = z.optional(z.nullable(z.string()))
const score = z.optional(z.object({ cvss3_scoring_vector: text, cvss_scoring_vector: text }))
const shape = z.object({
  name: z.string().check(z.regex(/^CVE-\d{4}-\d{4,12}$/)),
  threat_severity: text,
  public_date: text,
  bugzilla: z.optional(z.object({ description: text, url: text })),
  cvss: score,
  cvss3: score,
  details: z.optional(z.array(z.string())),
  statement: text,
  affected_release: z.optional(
    z.array(z.object({ product_name: text, release_date: text, advisory: text, cpe: z.string(), package: text })),
  ),
  package_state: z.optional(
    z.array(z.object({ product_name: text, fix_state: z.string(), package_name: z.string(), cpe: z.string() })),
  ),
  references: z.optional(z.array(z.string())),
})

type Weakness = z.infer<typeof shape>

/** Red Hat's words (https://access.redhat.com/articles/red_hat_vulnerability_tutorial, "Package State"). */
const STATES: ReadonlyMap<string, VendorStatus> = new Map([
  ['affected', 'affected'],
  ['fix deferred', 'deferred'],
  ['will not fix', 'will-not-fix'],
  ['out of support scope', 'end-of-life'],
  ['new', 'under-investigation'],
  ['under investigation', 'under-investigation'],
  ['not affected', 'not-affected'],
])

/**
 * One document a weakness (https://access.redhat.com/hydra/rest/securitydata/cve/CVE-2017-3509.json): the packages that advisories fixed in each
 * product, and the state of those that none did. Records are `REDHAT-CVE-…`, beside Red Hat's advisories `RHSA-…`.
 */
export const hydraReader: FeedReader = {
  async documents(io): Promise<readonly FeedDocument[]> {
    const documents: FeedDocument[] = []
    for (let page = 1; page <= MAX_PAGES; page++) {
      const bytes = await io.bytes(`cve.json?per_page=${ROWS}&page=${page}`, MAX_BYTES)
      let list: z.infer<typeof listShape>
      try {
        list = listShape.parse(JSON.parse(new TextDecoder().decode(bytes)))
      } catch (cause) {
        throw new Failure('feed-index', `page ${page} of cve.json is no list of weaknesses`, {
          input: 'cve.json',
          cause,
        })
      }
      for (const { CVE } of list) documents.push({ path: `cve/${CVE}.json`, maxBytes: MAX_BYTES })
      if (list.length < ROWS) return documents
    }
    throw new Failure('feed-index', `cve.json has more than ${MAX_PAGES} pages`, { input: 'cve.json' })
  },
  async *read(document): AsyncGenerator<FeedItem> {
    let value: unknown
    try {
      value = JSON.parse(await documentText(document, MAX_BYTES))
    } catch (cause) {
      if (cause instanceof Failure) throw cause
      throw new Failure('feed-json', `${document.input} is not JSON`, { input: document.input, cause })
    }
    const parsed = shape.safeParse(value)
    if (!parsed.success)
      throw new Failure('feed-form', `${document.input} is no weakness: ${parsed.error.issues[0]?.path.join('.')}`, {
        input: document.input,
      })
    yield { record: recordOf(parsed.data, document.at) }
  },
}

function recordOf(of: Weakness, at: string): OsvRecord {
  const published = of.public_date && !Number.isNaN(Date.parse(of.public_date)) ? of.public_date : undefined
  const vector = of.cvss3?.cvss3_scoring_vector ?? undefined
  const older = of.cvss?.cvss_scoring_vector ?? undefined
  const advisories = new Set(
    (of.affected_release ?? []).flatMap(({ advisory }) => (advisory && isRecordId(advisory) ? [advisory] : [])),
  )
  return {
    id: `REDHAT-${of.name}`,
    modified: at,
    ...(published === undefined ? {} : { published }),
    aliases: [],
    upstream: [of.name],
    related: [...advisories].sort(),
    ...(of.bugzilla?.description ? { summary: of.bugzilla.description.trim() } : {}),
    details: (of.details ?? []).join('\n\n'),
    severity: [
      ...(of.threat_severity ? [{ type: 'Red Hat', score: of.threat_severity }] : []),
      ...(vector === undefined ? [] : [{ type: 'CVSS_V3', score: vector }]),
      ...(older === undefined ? [] : [{ type: 'CVSS_V2', score: older }]),
    ],
    affected: [...distinct(statedOf(of))].map(statedAffected),
    references: [
      { type: 'ADVISORY', url: `https://access.redhat.com/security/cve/${of.name}` },
      ...(of.references ?? [])
        .flatMap((lines) => lines.split('\n'))
        .flatMap((url) => (/^https?:\/\/\S+$/.test(url) ? [{ type: 'WEB', url }] : [])),
    ],
  }
}

function* statedOf({
  affected_release: releases = [],
  package_state: states = [],
}: Weakness): Generator<StatedPackage> {
  for (const { cpe, package: build, release_date: date } of releases) {
    const ecosystem = ecosystemOf(cpe)
    const fix = build ? buildOf(build) : undefined
    if (ecosystem === undefined || fix === undefined) continue
    yield { ecosystem, ...fix, status: 'fixed', ...(date ? { fixedOn: date.slice(0, 10) } : {}), cpes: [cpe] }
  }
  for (const { cpe, package_name: name, fix_state: state } of states) {
    const ecosystem = ecosystemOf(cpe)
    if (ecosystem === undefined) continue
    // `python38:3.8/python-lxml`: of a module.
    const slash = name.indexOf('/')
    const module = slash > 0 && name.slice(0, slash).includes(':') ? name.slice(0, slash) : undefined
    // What is built into a Flatpak is no package of the system: a product of its own.
    const flatpak = module?.endsWith(':flatpak') === true
    yield {
      ecosystem: flatpak ? ecosystem.replace('Red Hat:', 'Red Hat:flatpak:') : ecosystem,
      name: module === undefined ? name : name.slice(slash + 1),
      status: STATES.get(state.toLowerCase()) ?? 'affected',
      reason: state,
      ...(module === undefined ? {} : { module }),
      cpes: [cpe],
    }
  }
}

function distinct(packages: Iterable<StatedPackage>): Iterable<StatedPackage> {
  return new Map(
    Array.from(
      packages,
      (one) => [[one.ecosystem, one.name, one.module, one.status, one.fixed].join(' '), one] as const,
    ),
  ).values()
}

/** `cpe:/o:redhat:enterprise_linux:6` gives `Red Hat:enterprise_linux:6`, as OSV writes it. */
function ecosystemOf(cpe: string): string | undefined {
  const product = /^cpe:\/[ao]:redhat:([\w.:~-]{1,100})$/.exec(cpe)?.[1]
  return product === undefined ? undefined : `Red Hat:${product}`
}

/** `java-1.8.0-openjdk-1:1.8.0.131-0.b11.el6_9`; what names a module or a container has no version that a package has. */
function buildOf(build: string): { readonly name: string; readonly fixed: string } | undefined {
  const release = build.lastIndexOf('-')
  const version = build.lastIndexOf('-', release - 1)
  if (version <= 0 || /[/@]/.test(build) || build.slice(0, version).includes(':')) return undefined
  return { name: build.slice(0, version), fixed: build.slice(version + 1) }
}
