import { parse } from 'yaml'
import * as z from 'zod/mini'
import { Failure } from '../../../lib/failure.ts'
import { apk } from '../../../versions/index.ts'
import { isRecordId } from '../../ecosystems.ts'
import type { OsvAffected } from '../../types.ts'
import { documentText } from '../document-text.ts'
import { statedAffected } from '../stated-status.ts'
import type { FeedDocument, FeedItem, FeedReader, OpenDocument } from '../types.ts'

/** What differs between the distributions that publish a security database of apk packages. */
export interface SecdbForm {
  readonly ecosystem: string
  /** In front of the weakness's name in an ID: `ALPINE-CVE-2022-1271`, as OSV writes it. */
  readonly prefix: string
  /** Releases stand in folders of their own (Alpine); else all is one document. */
  readonly releases?: boolean
  readonly document?: string
}

const MAX_BYTES = 64 * 1024 ** 2
const MAX_INDEX = 4 * 1024 ** 2

const shape = z.object({
  distroversion: z.optional(z.string()),
  reponame: z.optional(z.string()),
  packages: z.array(z.object({ pkg: z.object({ name: z.string(), secfixes: z.unknown() }) })),
})

/**
 * A security database of apk packages (https://gitlab.alpinelinux.org/alpine/infra/docker/secdb; Wolfi's and Chainguard's have its form):
 * for each package the versions that fix weaknesses, where the version `0` says that the package was never affected. JSON, and YAML as older
 * mirrors have it. It states neither dates nor severities: a record is as old as the document's last change.
 */
export function secdbReader(form: SecdbForm): FeedReader {
  return {
    async documents(io): Promise<readonly FeedDocument[]> {
      if (!form.releases) return [{ path: form.document ?? 'security.json', maxBytes: MAX_BYTES }]
      const index = await io.bytes('', MAX_INDEX).catch(() => undefined)
      const text = new TextDecoder().decode(index ?? (await io.bytes('index.html', MAX_INDEX)))
      const releases = new Set([...text.matchAll(/href="(v\d{1,3}\.\d{1,3}|edge)\/?"/g)].map((match) => match[1]))
      if (releases.size === 0)
        throw new Failure('feed-index', 'the list of releases names none', { input: 'index.html' })
      return [...releases].sort().flatMap((release) => [
        { path: `${release}/main.json`, maxBytes: MAX_BYTES },
        { path: `${release}/community.json`, maxBytes: MAX_BYTES, optional: true },
      ])
    },
    read: (document) => readSecdb(document, form),
  }
}

async function* readSecdb(document: OpenDocument, form: SecdbForm): AsyncGenerator<FeedItem> {
  const found = parsed(await documentText(document, MAX_BYTES), document)
  const release = form.releases ? releaseOf(found.distroversion, document) : ''
  const ecosystem = release === '' ? form.ecosystem : `${form.ecosystem}:${release}`
  const fixes = new Map<string, { cve: string; fixes: Map<string, string> }>()
  for (const { pkg } of found.packages) {
    for (const { name, version, problem } of fixesOf(pkg.secfixes)) {
      if (problem !== undefined) {
        yield { wrong: `${pkg.name} ${name}`, reason: problem }
        continue
      }
      const id = `${form.prefix}-${name}`
      const entry = fixes.get(id) ?? { cve: name, fixes: new Map<string, string>() }
      fixes.set(id, entry)
      entry.fixes.set(pkg.name, later(entry.fixes.get(pkg.name), version))
    }
  }
  for (const [id, { cve, fixes: versions }] of fixes) {
    const affected: OsvAffected[] = [...versions].map(([name, fixed]) =>
      statedAffected({ ecosystem, name, ...(fixed === '0' ? { status: 'not-affected' } : { status: 'fixed', fixed }) }),
    )
    yield {
      record: {
        id,
        modified: document.at,
        aliases: [],
        upstream: [cve],
        related: [],
        severity: [],
        affected,
        references:
          form.ecosystem === 'Alpine'
            ? [{ type: 'ADVISORY', url: `https://security.alpinelinux.org/vuln/${cve}` }]
            : [],
      },
    }
  }
}

function parsed(text: string, { input }: OpenDocument): z.infer<typeof shape> {
  let value: unknown
  try {
    value = text.trimStart().startsWith('{') ? JSON.parse(text) : parse(text, { maxAliasCount: 0 })
  } catch (cause) {
    throw new Failure('feed-form', `${input} is neither JSON nor YAML: ${(cause as Error).message.split('\n')[0]}`, {
      input,
      cause,
    })
  }
  const result = shape.safeParse(value)
  if (result.success) return result.data
  throw new Failure('feed-form', `${input} is no security database`, { input, cause: result.error })
}

function releaseOf(stated: string | undefined, { path, input }: OpenDocument): string {
  const release = /^(?:v\d{1,3}\.\d{1,3}|edge)$/.exec(stated ?? path.split('/').at(-2) ?? '')?.[0]
  if (release === undefined)
    throw new Failure('feed-form', `${input} does not say which release it is about`, { input })
  return release
}

interface Fix {
  readonly name: string
  readonly version: string
  readonly problem?: string
}

/** `{ "1.2.12-r0": ["CVE-2018-25032"], "0": ["CVE-2019-1 CVE-2019-2"] }`; null where a package has none. */
function* fixesOf(secfixes: unknown): Generator<Fix> {
  if (secfixes === null || secfixes === undefined || Array.isArray(secfixes) || typeof secfixes !== 'object') return
  for (const [version, names] of Object.entries(secfixes as Record<string, unknown>)) {
    for (const one of Array.isArray(names) ? names : []) {
      // Several names of one weakness stand in one text; a remark may follow in parentheses.
      for (const name of String(one).split(/[\s,()]+/)) {
        if (name === '' || !/[A-Z]-?\d/i.test(name)) continue
        yield isRecordId(name) ? { name, version } : { name, version, problem: 'a name that cannot be an ID' }
      }
    }
  }
}

/** A weakness that a package names under two versions was fixed by the later one only. Versions that apk cannot order: the last that is said. */
function later(before: string | undefined, version: string): string {
  if (before === undefined || before === '0') return version
  if (version === '0') return before
  try {
    return apk.compare(apk.parse(before), apk.parse(version)) > 0 ? before : version
  } catch {
    return version
  }
}
