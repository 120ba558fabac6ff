import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fedoraBodhi } from '../../../src/advisories/feeds/fedora-bodhi/index.ts'
import type { OsvRecord } from '../../../src/advisories/types.ts'
import { recordsOf } from './answers.ts'
import { type FeedPlace, packageFacts, severityWord } from './facts.ts'

const FOLDERS: Readonly<Record<string, string>> = { default: 'input', merge: 'merge-input' }

export const fedora: FeedPlace = {
  feed: 'fedora',
  async open(folder) {
    const records = new Map<string, readonly OsvRecord[]>()
    for (const [group, name] of Object.entries(FOLDERS)) {
      const files = readdirSync(join(folder, name)).map((file) => ({ path: file, file: join(folder, name, file) }))
      records.set(group, await recordsOf(fedoraBodhi, files))
    }
    return {
      // The cases are about a weakness in a release: what all updates of the release say about it.
      facts(of) {
        const [set, release] = of.group.split('/')
        const ecosystem = `Fedora:${release.slice('fedora:'.length)}`
        const about = (records.get(set) ?? []).filter(
          (record) =>
            record.upstream.includes(of.id) && record.affected.some((one) => one.package?.ecosystem === ecosystem),
        )
        const [first] = about
        if (first === undefined) return undefined
        const packages = about.flatMap((record) =>
          record.affected.filter((one) => one.package?.ecosystem === ecosystem).map(packageFacts),
        )
        return { group: of.group, id: of.id, severity: severityWord(first), cves: [of.id], packages }
      },
    }
  },
}
