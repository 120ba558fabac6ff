import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { nvd as feed } from '../../../src/advisories/feeds/nvd/index.ts'
import type { OsvRecord } from '../../../src/advisories/types.ts'
import { recordsOf } from './answers.ts'
import type { FeedPlace } from './facts.ts'

export const nvd: FeedPlace = {
  feed: 'nvd',
  async open(folder) {
    const files = ['full-page', 'single-entry'].map((name) => ({ path: name, file: join(folder, `${name}.json`) }))
    const records = await recordsOf(
      feed,
      files.filter(({ file }) => existsSync(file)),
    )
    return {
      record({ record = {} }) {
        const cve = record.cve as Cve
        const found = records.find(({ id }) => id === cve.id)
        return { expected: stated(cve), actual: found && kept(found) }
      },
    }
  },
}

interface Match {
  readonly vulnerable: boolean
  readonly criteria: string
  readonly versionStartIncluding?: string
  readonly versionStartExcluding?: string
  readonly versionEndIncluding?: string
  readonly versionEndExcluding?: string
}

interface Cve {
  readonly id: string
  readonly published: string
  readonly lastModified: string
  readonly vulnStatus: string
  readonly descriptions: readonly { readonly lang: string; readonly value: string }[]
  readonly metrics: Readonly<
    Record<string, readonly { readonly source: string; readonly cvssData: { readonly vectorString: string } }[]>
  >
  readonly weaknesses?: readonly { readonly description: readonly { readonly value: string }[] }[]
  readonly configurations?: readonly { readonly nodes: readonly { readonly cpeMatch: readonly Match[] }[] }[]
  readonly references?: readonly { readonly url: string }[]
}

/** What of the publisher's record Bulwark keeps, straight from its JSON. */
function stated(cve: Cve): unknown {
  const matches = (cve.configurations ?? []).flatMap(({ nodes }) => nodes.flatMap(({ cpeMatch }) => cpeMatch))
  return {
    id: cve.id,
    published: `${cve.published}Z`,
    modified: `${cve.lastModified}Z`,
    status: cve.vulnStatus,
    description: cve.descriptions.find(({ lang }) => lang === 'en')?.value,
    metrics: Object.values(cve.metrics)
      .flat()
      .map(({ source, cvssData }) => `${source} ${cvssData.vectorString}`)
      .sort(),
    cwes: [
      ...new Set((cve.weaknesses ?? []).flatMap(({ description }) => description.map(({ value }) => value))),
    ].sort(),
    products: matches
      .filter(({ vulnerable }) => vulnerable)
      .map((one) => {
        const from = one.versionStartIncluding ?? ''
        const [after, to] = [one.versionStartExcluding ?? '', one.versionEndIncluding ?? '']
        return [one.criteria, from, after, to, one.versionEndExcluding ?? ''].join(' ')
      })
      .sort(),
    references: (cve.references ?? []).map(({ url }) => url),
  }
}

function kept(record: OsvRecord): unknown {
  const specific = record.database_specific as {
    status: string
    cwes: string[]
    metrics: { source: string; vector: string }[]
  }
  return {
    id: record.id,
    published: record.published,
    modified: record.modified,
    status: specific.status,
    description: record.details,
    metrics: specific.metrics.map(({ source, vector }) => `${source} ${vector}`).sort(),
    cwes: [...specific.cwes].sort(),
    products: record.affected
      .map((one) => {
        const events = one.ranges?.flatMap((range) => range.events) ?? []
        const after = String(one.ecosystem_specific?.introduced_after ?? '')
        const introduced = events.find((event) => event.introduced !== undefined)?.introduced ?? '0'
        const from = introduced === '0' || after !== '' ? '' : introduced
        const last = events.find((event) => event.last_affected !== undefined)?.last_affected ?? ''
        const fixed = events.find((event) => event.fixed !== undefined)?.fixed ?? ''
        return [one.ecosystem_specific?.cpe, from, after, last, fixed].join(' ')
      })
      .sort(),
    references: record.references.map(({ url }) => url),
  }
}
